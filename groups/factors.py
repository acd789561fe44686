"""The second factor (AU-2): codes of an app that work once, recovery codes that are stored hashed and work once.

The library keeps the rows (`allauth.mfa.Authenticator`) and the passkeys. What it does with codes is replaced here: its
memory of used codes lives in the cache and is shorter than a code's life, and its recovery codes can be read from the
database.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime
from hmac import compare_digest
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.db import transaction

from groups.models import Person
from vio.common import sealed

PERIOD = 30  # seconds
SEALED_PLACE = "mfa_authenticator.data"
RECOVERY_COUNT = 10
RECOVERY_LENGTH = 16  # of base32: 80 bits
TYPE = Authenticator.Type
FACTORS = (TYPE.TOTP, TYPE.WEBAUTHN)


def second_factor_missing(person: Person) -> bool:
    """Whether this person has neither an authenticator app nor a passkey."""
    return not Authenticator.objects.filter(user_id=person.pk, type__in=FACTORS).exists()


def is_last_factor(authenticator: Any) -> bool:
    """Whether this is the only app or passkey its person has."""
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
    return not others.exclude(pk=authenticator.pk).exists()


def seal_secret(secret: str) -> str:
    """The secret of an app as it is stored: sealed with the field keys (DP-1)."""
    return base64.b64encode(sealed.seal(secret, place=SEALED_PLACE)).decode()


def unseal_secret(stored: str) -> str:
    """The secret of an app from what is stored; raises tink.TinkError if it was changed."""
    return sealed.unseal(base64.b64decode(stored), place=SEALED_PLACE)


def code_at(secret: str, now: datetime) -> str:
    """The six digits an app shows at an instant."""
    return str(format_hotp_value(hotp_value(secret, int(now.timestamp()) // PERIOD)))


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The step of 30 s whose code this is, at most one away from now; None when it is none of them."""
    typed = "".join(code.split())
    step = int(now.timestamp()) // PERIOD
    tolerance = settings.MFA_TOTP_TOLERANCE
    found = None
    for candidate in range(step - tolerance, step + tolerance + 1):
        if compare_digest(typed.encode(), format_hotp_value(hotp_value(secret, candidate)).encode()):
            found = candidate
    return found


@transaction.atomic
def use_code(person: Person, code: str, *, now: datetime) -> Any | None:
    """The authenticator whose code this is, with the code used up; None when it is wrong or was used before.

    Codes of an app and recovery codes are both taken. The row is locked: of two at the same moment one is refused.
    """
    rows = (
        Authenticator.objects.select_for_update(no_key=True)
        .filter(user_id=person.pk)
        .exclude(type=TYPE.WEBAUTHN)
    )
    for row in rows.order_by("type"):
        used = _use_app_code if row.type == TYPE.TOTP else _use_recovery_code
        if used(row, code, now):
            row.last_used_at = now
            row.save(update_fields=["data", "last_used_at"])
            return row
    return None


def _use_app_code(row: Any, code: str, now: datetime) -> bool:
    step = matching_step(unseal_secret(row.data["secret"]), code, now)
    # Not only this code is used up but every earlier one as well.
    if step is None or step <= row.data.get("last_step", -1):
        return False
    row.data["last_step"] = step
    return True


def _use_recovery_code(row: Any, code: str, now: datetime) -> bool:
    hashed = _hash(code)
    if hashed not in row.data.get("hashes", []):
        return False
    row.data["hashes"].remove(hashed)
    return True


def _hash(code: str) -> str:
    plain = "".join(c for c in code.upper() if c.isalnum())
    return hashlib.sha256(f"recovery:{plain}".encode()).hexdigest()


@transaction.atomic
def make_recovery_codes(person: Person) -> list[str]:
    """Ten new codes, to be shown once; the old ones end. Only hashes are kept."""
    raw = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_COUNT)]
    Authenticator.objects.filter(user_id=person.pk, type=TYPE.RECOVERY_CODES).delete()
    Authenticator.objects.create(
        user=person, type=TYPE.RECOVERY_CODES, data={"hashes": [_hash(code) for code in raw]}
    )
    return ["-".join(code[i : i + 4] for i in range(0, RECOVERY_LENGTH, 4)) for code in raw]


def recovery_codes_left(person: Person) -> int:
    """How many recovery codes still work."""
    row = Authenticator.objects.filter(user_id=person.pk, type=TYPE.RECOVERY_CODES).first()
    return len(row.data.get("hashes", [])) if row else 0
