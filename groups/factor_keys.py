"""Key rotation for the secrets of authenticator apps: they are sealed inside a table of the sign-in library."""

from __future__ import annotations

import base64
from collections import Counter

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from groups.factors import seal_secret, unseal_secret
from vio.common import key_rotation, sealed


def _apps() -> QuerySet[Authenticator]:
    apps: QuerySet[Authenticator] = Authenticator.objects.filter(type=Authenticator.Type.TOTP)
    return apps


def _key_of(stored: str) -> int:
    return sealed.key_id_of(base64.b64decode(stored))


def keys() -> Counter[int]:
    """How many secrets each key has sealed."""
    return Counter(_key_of(data["secret"]) for data in _apps().values_list("data", flat=True))


@transaction.atomic
def reseal(size: int) -> int:
    """Seals up to `size` secrets of older keys again; returns how many. One that does not open stops the run loudly."""
    primary = sealed.primary_key_id()
    outdated = [pk for pk, data in _apps().values_list("pk", "data") if _key_of(data["secret"]) != primary]
    for row in _apps().select_for_update(no_key=True).filter(pk__in=outdated[:size]).order_by("pk"):
        row.data["secret"] = seal_secret(unseal_secret(row.data["secret"]))
        row.save(update_fields=["data"])
    return len(outdated[:size])


def connect() -> None:
    """Called once when Django starts."""
    key_rotation.register(key_rotation.Elsewhere("mfa.authenticator", keys, reseal))
