"""Forms that carry a passkey's answer: whatever a browser sends, nonsense is a refusal and never an error of ours (P10)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm as LibraryAddForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm as LibraryAuthenticateForm
from allauth.mfa.webauthn.forms import LoginWebAuthnForm as LibraryLoginForm
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm as LibraryReauthenticateForm
from django import forms
from django.core.exceptions import ValidationError

# What the parser raises over a forged answer.
_UNREADABLE = (AttributeError, TypeError, ValueError, LookupError, struct.error, AssertionError)
REFUSED = "This passkey was not accepted. Please try again, or use another way."


def _refusing(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except _UNREADABLE as error:
        raise ValidationError(REFUSED, code="incorrect_code") from error


class _Checked:
    """Turns what the parser stumbles over into a refusal."""

    def clean_credential(self) -> Any:
        """The passkey that answered; raises ValidationError."""
        return _refusing(super().clean_credential)  # type: ignore[misc]  # of the library's form beside it


class LoginPasskeyForm(_Checked, LibraryLoginForm):  # type: ignore[misc]  # allauth ships no types
    """Signing in by passkey."""


class AuthenticatePasskeyForm(_Checked, LibraryAuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """A passkey as the second step."""


class ReauthenticatePasskeyForm(_Checked, LibraryReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """Confirming by passkey."""


class AddPasskeyForm(LibraryAddForm):  # type: ignore[misc]  # allauth ships no types
    """A new passkey."""

    name = forms.CharField(required=False, max_length=60)

    def clean(self) -> dict[str, Any]:
        """Name and answer; raises ValidationError."""
        cleaned: dict[str, Any] = _refusing(super().clean)
        return cleaned
