"""A person at a browser, signing in the way people do: by the pages."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from groups.factors import code_at
from groups.models import Person

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of tests/factories.add_second_factor
EVENING = datetime(2026, 4, 13, 21, 0, tzinfo=UTC)


class Visitor(Browser):
    """A browser with the acts of signing in."""

    def password_step(self, email: str, password: str = PASSWORD, **headers: str) -> HttpResponse:
        """Sends name and password."""
        return self.post(reverse("account_login"), {"login": email, "password": password}, **headers)

    def code_step(self, code: str) -> HttpResponse:
        """Sends the code of the second step."""
        return self.post(reverse("mfa_authenticate"), {"code": code})

    def sign_in(self, person: Person, *, password: str = PASSWORD) -> HttpResponse:
        """Password, and the code of the app where one is set up."""
        answer = self.password_step(person.email, password)
        if answer.status_code == 302 and answer["Location"] == reverse("mfa_authenticate"):
            answer = self.code_step(code_now())
        return answer

    def confirm(self, password: str = PASSWORD) -> HttpResponse:
        """Confirms that it is still the same person."""
        return self.post(reverse("account_reauthenticate"), {"password": password})

    @property
    def is_signed_in(self) -> bool:
        """Whether the pages know this browser."""
        return self.get(reverse("mfa_index")).status_code == 200

    @property
    def key(self) -> str:
        """The login's key."""
        return str(self.session.session_key)


def code_now() -> str:
    """What the app of everybody in the tests shows now."""
    return code_at(SECRET, timezone.now())
