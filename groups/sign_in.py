"""How the sign-in library behaves here: its adapters and what we do when somebody signs in or changes a factor."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa import signals as factor_signals
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from groups import factors, logins, throttles
from groups.models import Person
from groups.services import accounts
from groups.throttle_rules import wait_words
from vio.common import audit
from vio.common.actors import Actor
from vio.common.http import address_of
from vio.common.mailing import send_soon

WRONG_PASSWORD = "This e-mail address and password do not go together."  # noqa: S105  # a sentence
WRONG_CODE = "This code is not right, or it was used before. Please take the newest one."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by invitation; tries are counted in the database; words are plain."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": WRONG_PASSWORD,
        "incorrect_password": "This is not your password.",
        "invalid_login": WRONG_PASSWORD,
        "invalid_password_reset": "This link does not work any more. Please ask for a new one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No: people are invited by their program."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address as the server saw it."""
        return address_of(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts the try before the password is looked at; refuses while somebody must wait (AU-3)."""
        keys = self._keys(request, credentials)
        waited = throttles.begin_try(*keys, now=timezone.now())
        if waited:
            raise self.validation_error_of("too_many_login_attempts", wait_words(waited))

    def validation_error_of(self, code: str, words: str) -> Exception:
        """A ValidationError with our words."""
        from django.core.exceptions import ValidationError

        return ValidationError(words, code=code)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The person whose password this is; a right password ends the count of failures."""
        person = super().authenticate(request, **credentials)
        if person is not None:
            throttles.succeeded(*self._keys(request, credentials))
        return person

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """One entry in the audit trail, without the name that was typed."""
        audit.record(
            actor=_nobody(request),
            action="login.refused",
            program_id=None,
            result="refused",
            reason="password",
        )

    def _keys(self, request: HttpRequest, credentials: dict[str, Any]) -> tuple[throttles.Key, throttles.Key]:
        name = throttles.name_key(str(credentials.get("email", "")))
        return name, throttles.address_key(address_of(request))

    def _rollback_login_failed_rl_usage(self) -> None:
        """Our own count is taken back in `authenticate`."""

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A new password ends the count of failures, also the long one."""
        throttles.forgive(throttles.name_key(str(credentials.get("email", ""))))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Only when the sign-in is older than five minutes (AU-8); a fresh sign-in may add a factor at once."""
        return not logins.is_fresh(context.request, now=timezone.now())

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """The link in a neutral mail (DP-4), sent behind the answer (AU-4)."""
        text = (
            "Hello,\n\nsomebody asked for a new password for this address. If it was you, open this link within "
            f"30 minutes. It works once:\n\n{context['password_reset_url']}\n\n"
            "If it was not you, there is nothing to do.\n"
        )
        send_soon(to=email, subject="A new password", text=text)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The library's own messages are not shown: our pages say what happened."""


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Words and storage of the second factor."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": "Staff need a second step. Add another one first, then remove this.",
    }

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """The passkey's relying party."""
        entity: dict[str, Any] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "vio"}

    def encrypt(self, text: str) -> str:
        """Seals the secret of an app."""
        return factors.seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Opens the secret of an app."""
        return factors.unseal_secret(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Not the last one of somebody who works here (AU-2)."""
        return not (factors.is_last_factor(authenticator) and logins.holds_staff_role(authenticator.user))

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  # the library's name
        """What a passkey is called until its owner says otherwise."""
        return "My passkey"


def _nobody(request: HttpRequest) -> Actor:
    return Actor(
        person_id=None, source=address_of(request), request_id=str(getattr(request, "request_id", ""))
    )


def _actor(request: HttpRequest | None, person: Person) -> Actor:
    base = _nobody(request) if request is not None else Actor(person_id=None)
    return Actor(person_id=person.pk, source=base.source, request_id=base.request_id)


# --- news from the library ---------------------------------------------------------------------------------


def on_login(sender: object, request: HttpRequest | None, user: Any, **kwargs: object) -> None:
    """A login began: its clock starts, the audit trail says so."""
    if request is not None and isinstance(user, Person):
        logins.begin(request, user, timezone.now())
        audit.record(actor=_actor(request, user), action="login.began", program_id=None, subject=user)


def on_logout(sender: object, request: HttpRequest | None, user: Any, **kwargs: object) -> None:
    """A login ended: its sockets are closed."""
    if isinstance(user, Person):
        audit.record(actor=_actor(request, user), action="login.ended", program_id=None, subject=user)
        logins.ring_revoked(user.pk)


def on_change(what: str) -> Any:
    """A receiver for a changed password or factor: every other login of the person ends (AU-5, AU-7)."""

    def receive(sender: object, request: HttpRequest, user: Any, **kwargs: object) -> None:
        end_other_logins(request, user, reason=what)

    return receive


def end_other_logins(request: HttpRequest, person: Person, *, reason: str) -> None:
    """Ends every login of a person; the one that asked goes on under a new key, if it is theirs."""
    accounts.end_logins(person=person, actor=_actor(request, person), now=timezone.now(), reason=reason)
    if request.user.is_authenticated and request.user.pk == person.pk:
        person.refresh_from_db()
        update_session_auth_hash(request, person)


_receivers = {
    "password.changed": (account_signals.password_changed, account_signals.password_set),
    "password.reset": (account_signals.password_reset,),
    "factor.added": (factor_signals.authenticator_added,),
    "factor.removed": (factor_signals.authenticator_removed,),
}


def connect() -> None:
    """Called once when Django starts."""
    user_logged_in.connect(on_login, dispatch_uid="vio.login")
    user_logged_out.connect(on_logout, dispatch_uid="vio.logout")
    for what, signals in _receivers.items():
        for number, signal in enumerate(signals):
            signal.connect(on_change(what), weak=False, dispatch_uid=f"vio.{what}.{number}")
