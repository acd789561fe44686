"""Forms of signing in: the library's, with our words and our way of checking codes (AU-2, AU-3)."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm as LibraryChangePasswordForm
from allauth.account.forms import LoginForm as LibraryLoginForm
from allauth.account.forms import ReauthenticateForm as LibraryReauthenticateForm
from allauth.account.forms import ResetPasswordForm as LibraryResetPasswordForm
from allauth.account.forms import ResetPasswordKeyForm as LibraryResetPasswordKeyForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm as LibraryAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as LibraryReauthenticateCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm as LibraryActivateForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from groups import factors, throttles
from groups.models import Person
from groups.passwords import PasswordPolicy
from groups.sign_in import WRONG_CODE
from groups.throttle_rules import wait_words
from vio.common import audit
from vio.common.actors import Actor
from vio.common.http import address_of

CODE_INPUT = forms.TextInput(
    attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
)


def _plain(form: forms.Form, **labels: str) -> None:
    """Our labels, and no placeholders: they vanish when one types and are hard to read."""
    for name, label in labels.items():
        form.fields[name].label = label
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class LoginForm(LibraryLoginForm):  # type: ignore[misc]  # allauth ships no types
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login="E-mail", password="Password")  # noqa: S106  # a label
        self.fields["password"].help_text = ""


class CheckedCode:
    """Checks the code of an app or a recovery code once, and counts wrong ones."""

    user: Person
    cleaned_data: dict[str, Any]
    authenticator: Any

    def clean_code(self) -> str:
        """The code, used up; raises ValidationError."""
        code, now = str(self.cleaned_data["code"]), timezone.now()
        keys = (throttles.factor_key(self.user.pk), throttles.address_key(address_of(context.request)))
        if waited := throttles.begin_try(*keys, now=now):
            raise ValidationError(wait_words(waited), code="too_many_login_attempts")
        self.authenticator = factors.use_code(self.user, code, now=now)
        if self.authenticator is None:
            actor = Actor(person_id=self.user.pk, source=address_of(context.request))
            audit.record(
                actor=actor, action="login.refused", program_id=None, result="refused", reason="factor"
            )
            raise ValidationError(WRONG_CODE, code="incorrect_code")
        self.authenticator.user = self.user
        throttles.succeeded(*keys)
        return code


class AuthenticateForm(CheckedCode, LibraryAuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The second step of signing in."""

    code = forms.CharField(
        label="Code",
        help_text="From your app, or one of your recovery codes.",
        widget=CODE_INPUT,
        max_length=64,
    )


class ReauthenticateCodeForm(CheckedCode, LibraryReauthenticateCodeForm):  # type: ignore[misc]  # allauth ships no types
    """Confirming that it is still the same person, by code."""

    code = forms.CharField(
        label="Code",
        help_text="From your app, or one of your recovery codes.",
        widget=CODE_INPUT,
        max_length=64,
    )


class ReauthenticateForm(LibraryReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """Confirming that it is still the same person, by password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password="Password")  # noqa: S106  # a label
        self.fields["password"].help_text = ""


class ActivateAppForm(LibraryActivateForm):  # type: ignore[misc]  # allauth ships no types
    """The first code of a new app proves that it was set up right."""

    code = forms.CharField(
        label="The six digits your app shows",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        max_length=16,
    )

    def clean_code(self) -> str:
        """The code; remembers its step so that the same code cannot sign in afterwards."""
        now = timezone.now()
        key = throttles.factor_key(self.user.pk)
        if waited := throttles.begin_try(key, now=now):
            raise ValidationError(wait_words(waited), code="too_many_login_attempts")
        self.step = factors.matching_step(self.secret, str(self.cleaned_data["code"]), now)
        if self.step is None:
            raise ValidationError(WRONG_CODE, code="incorrect_code")
        throttles.succeeded(key)
        return str(self.cleaned_data["code"])


class ChangePasswordForm(LibraryChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    """A new password for somebody who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self, oldpassword="Your password now", password1="New password", password2="New password again"
        )  # labels
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].help_text = PasswordPolicy().get_help_text()


class ResetPasswordForm(LibraryResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """Asking for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, email="E-mail")


class ResetPasswordKeyForm(LibraryResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    """A new password by the mailed link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1="New password", password2="New password again")  # labels
        self.fields["password1"].help_text = PasswordPolicy().get_help_text()
