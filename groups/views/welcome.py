"""The first visit of an invited person: a mailed link, a name, a password (AU-9)."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from groups import throttles
from groups.passwords import PasswordPolicy
from groups.services import invitations
from groups.services.invitations import Welcome
from groups.throttle_rules import wait_words
from vio.common.errors import BadInputError, RateLimitedError
from vio.common.http import PageRequest, address_of, needs
from vio.common.permissions import Permission

INVITATION = "vio_invitation"  # the id in the login, after the link was opened


class WelcomeForm(forms.Form):
    """Name and password."""

    first_name = forms.CharField(
        label="First name", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label="Last name",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    password = forms.CharField(
        label="Choose a password",
        strip=False,
        max_length=512,
        help_text=PasswordPolicy().get_help_text(),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@require_GET
@needs(Permission.PUBLIC)
def open_link(request: PageRequest, token: str) -> HttpResponseBase:
    """Takes the token out of the address at once: it is in no page's address and in no referrer."""
    key = throttles.address_key(address_of(request))
    if waited := throttles.begin_try(key, now=timezone.now()):
        raise RateLimitedError(wait_words(waited))
    found = invitations.open_invitation(token, now=timezone.now())
    if found is None:
        return _gone(request)
    throttles.take_back(key)
    request.session.cycle_key()
    request.session[INVITATION] = str(found.pk)
    return redirect("account_welcome")


@require_http_methods(["GET", "POST"])
@needs(Permission.PUBLIC)
def welcome(request: PageRequest) -> HttpResponseBase:
    """Asks for name and password, then signs in."""
    invitation_id = request.session.get(INVITATION)
    found = invitations.open_invitation_by_id(invitation_id, now=timezone.now()) if invitation_id else None
    if found is None:
        return _gone(request)
    known = {"first_name": found.person.first_name, "last_name": found.person.last_name}
    form = WelcomeForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        answer = Welcome(**form.cleaned_data)
        try:
            person = invitations.accept_invitation(
                invitation=found, welcome=answer, now=timezone.now(), source=address_of(request)
            )
        except BadInputError as error:
            for name, message in error.fields.items():
                form.add_error(name, message)
        else:
            request.session.flush()
            response: HttpResponseBase = perform_password_login(request, {}, Login(user=person))
            return response
    return render(request, "account/welcome.html", {"form": form}, status=422 if form.errors else 200)


def _gone(request: PageRequest) -> HttpResponseBase:
    # One answer for a link that never was, was used or is too old (AU-4).
    return render(request, "account/welcome_gone.html", status=404)
