"""Sealed text: authenticated encryption of free text in the database (DP-1, DP-2).

A sealed value is tink AES-256-GCM; its first five bytes carry the id of the key. The associated data binds it to
its table, column and row, so a value moved to another row or field does not open. '' stays ''.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import tink
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from tink import aead, secret_key_access

aead.register()


@functools.cache
def _keyset(raw: str) -> tuple[aead.Aead, int]:
    if not raw:
        raise ImproperlyConfigured("VIO_FIELD_KEYS is missing: a tink keyset as JSON")
    try:
        handle = tink.json_proto_keyset_format.parse(raw, secret_key_access.TOKEN)
    except Exception as error:  # tink raises several kinds for one fault; none may show the key
        raise ImproperlyConfigured("VIO_FIELD_KEYS is not a tink keyset") from error
    return handle.primitive(aead.Aead), int(handle.keyset_info().primary_key_id)


def primary_key_id() -> int:
    """The id of the key that new values are sealed with."""
    return _keyset(settings.FIELD_KEYS)[1]


def key_id_of(sealed: bytes) -> int:
    """The id of the key a sealed value was made with (0 for an empty value)."""
    return int.from_bytes(sealed[1:5], "big") if sealed else 0


def seal(plain: str, *, place: str) -> bytes:
    """Seals text for one place ("table.column:row"); '' gives b''."""
    if plain == "":
        return b""
    return cast("bytes", _keyset(settings.FIELD_KEYS)[0].encrypt(plain.encode(), place.encode()))


def unseal(sealed: bytes, *, place: str) -> str:
    """Opens a sealed value; raises tink.TinkError if it was changed, moved or its key is gone."""
    if not sealed:
        return ""
    return cast("bytes", _keyset(settings.FIELD_KEYS)[0].decrypt(sealed, place.encode())).decode()


class _SealedAttribute:
    """Opens the stored bytes the first time the attribute is read, when the row's key is known."""

    def __init__(self, field: SealedTextField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, bytes | memoryview):
            value = unseal(bytes(value), place=self.field.place(instance.pk))
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = value


if TYPE_CHECKING:
    _TextField = models.Field[str, str]
else:
    _TextField = models.Field


class SealedTextField(_TextField):
    """A text column stored sealed. The model's primary key must be made by the application (a UUID)."""

    empty_values = ["", b"", None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        """bytea in the database."""
        return "BinaryField"

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        """Puts the opening attribute on the model."""
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _SealedAttribute(self))

    def place(self, key: UUID | int | None) -> str:
        """The associated data: table, column and row."""
        return f"{self.model._meta.db_table}.{self.column}:{key}"

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes:
        """Seals what is plain; leaves untouched what was never opened."""
        value = model_instance.__dict__.get(self.attname, "")
        if isinstance(value, bytes | memoryview):
            return bytes(value)
        return seal(value, place=self.place(cast("UUID", model_instance.pk)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Refuses plain text, so that update() and filter() cannot store it by mistake."""
        if isinstance(value, str):
            if value:
                raise TypeError(
                    f"{self.name} is sealed: save the object instead of updating or filtering by text"
                )
            value = b""
        return None if value is None else connection.Database.Binary(bytes(value))
