"""Addresses of signing in: the library's views that we expose, each with its permission, and our own.

What is not listed here does not exist: nobody signs up alone, and the address of a person is changed by their program.
"""

from __future__ import annotations

from allauth.account import views as library
from allauth.mfa.base import views as second_step
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from groups.views import account, calendar_feed, factors, tokens, welcome
from vio.common.http import needs
from vio.common.permissions import Permission

public = needs(Permission.PUBLIC)
signed_in = needs(Permission.SIGNED_IN)
confirmed = needs(Permission.SIGNED_IN, fresh=True)
to_overview = signed_in(RedirectView.as_view(pattern_name="mfa_index"))

sign_in: list[URLPattern | URLResolver] = [
    path("login/", public(library.login), name="account_login"),
    path("logout/", public(library.logout), name="account_logout"),
    path("inactive/", public(library.account_inactive), name="account_inactive"),
    path("step/", public(second_step.authenticate), name="mfa_authenticate"),
    path("passkeys/login/", public(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("welcome/", welcome.welcome, name="account_welcome"),
    path("welcome/<str:token>/", welcome.open_link, name="account_welcome_link"),
]

confirm: list[URLPattern | URLResolver] = [
    path("confirm/", signed_in(library.reauthenticate), name="account_reauthenticate"),
    path("confirm/code/", signed_in(second_step.reauthenticate), name="mfa_reauthenticate"),
    path("confirm/passkey/", signed_in(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
]

password: list[URLPattern | URLResolver] = [
    path("password/", confirmed(library.password_change), name="account_change_password"),
    path("password/reset/", public(library.password_reset), name="account_reset_password"),
    path("password/reset/sent/", public(library.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        public(library.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        public(library.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]

second_factor: list[URLPattern | URLResolver] = [
    path("second-step/", account.second_factor, name="second_factor"),
    path("app/", confirmed(factors.ActivateAppView.as_view()), name="mfa_activate_totp"),
    path("app/remove/", confirmed(app.deactivate_totp), name="mfa_deactivate_totp"),
    path("recovery-codes/", account.recovery_codes, name="recovery_codes"),
    # The library returns here after a change; all factors are on one page of ours.
    path("passkeys/", to_overview, name="mfa_list_webauthn"),
    path("passkeys/add/", confirmed(factors.AddPasskeyView.as_view()), name="mfa_add_webauthn"),
    path(
        "passkeys/<int:pk>/remove/",
        confirmed(factors.RemovePasskeyView.as_view()),
        name="mfa_remove_webauthn",
    ),
    path("passkeys/<int:pk>/edit/", confirmed(factors.EditPasskeyView.as_view()), name="mfa_edit_webauthn"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *sign_in,
    *confirm,
    *password,
    *second_factor,
    path("calendar/", calendar_feed.calendar, name="calendar"),
    path("calendar/end/", calendar_feed.calendar_end, name="calendar_end"),
    path("tokens/", tokens.token_list, name="api_tokens"),
    path("tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="api_token_revoke"),
    path("everywhere/", account.sign_out_everywhere, name="sign_out_everywhere"),
    path("timezone/", account.set_timezone, name="account_timezone"),
    path("", account.overview, name="mfa_index"),
]
