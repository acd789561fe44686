"""Changing the key of the sealed fields while everything stays readable (DP-2).

Four steps, each safe to stop and repeat: **add** a key that seals nothing yet and restart every process, so that all can
open what it will seal; **promote** it and restart, so that new values use it; **re-seal** what older keys sealed, in
batches; **retire** keys that no row uses any more. At every moment every row opens.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pgtrigger
import tink
from django.db import connection, models, transaction
from django.db.models.functions import Substr
from tink import aead, secret_key_access

from vio.common import sealed
from vio.common.walls import own_models

BATCH = 500
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Sealed:
    """The sealed columns of one model. A model with sealed bytes of its own names them in `sealed_columns` and says
    in `sealed_place(column)` what each is bound to."""

    model: type[models.Model]
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        """app.model."""
        return self.model._meta.label_lower

    def place(self, row: models.Model, column: str) -> str:
        """What the value of a row is bound to."""
        field = self.model._meta.get_field(column)
        if isinstance(field, sealed.SealedTextField):
            return field.place(row.pk)
        return cast("str", cast("Any", row).sealed_place(column))


@dataclass(frozen=True)
class Elsewhere:
    """Sealed values outside the columns above, in a table of a library. Whoever seals them registers how to re-seal them.

    `keys` counts values by key id; `reseal` seals up to `size` outdated values again and answers how many it did.
    """

    label: str
    keys: Callable[[], Counter[int]]
    reseal: Callable[[int], int]

    def outdated(self) -> int:
        """How many values an older key has sealed."""
        primary = sealed.primary_key_id()
        return sum(count for key, count in self.keys().items() if key != primary)


_elsewhere: dict[str, Elsewhere] = {}


def register(one: Elsewhere) -> None:
    """Called once per place when Django starts."""
    _elsewhere[one.label] = one


def sealed_models() -> list[Sealed]:
    """Every model of ours with sealed columns."""
    found = []
    for model in own_models():
        own = [f.attname for f in model._meta.concrete_fields if isinstance(f, sealed.SealedTextField)]
        columns = (*own, *getattr(model, "sealed_columns", ()))
        if columns:
            found.append(Sealed(model, columns))
    return found


@contextmanager
def as_owner() -> Iterator[None]:
    """One transaction with the rights of the login that owns the tables: signed and append-only rows are re-sealed too.

    What a row says does not change, only the key it is sealed with; so the triggers that freeze rows stand aside.
    """
    with transaction.atomic(), pgtrigger.ignore():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            role = cursor.fetchone()[0]
            cursor.execute("SET LOCAL ROLE NONE")
        yield
        with connection.cursor() as cursor:
            # A transaction around this one goes on as it was.
            cursor.execute("SELECT set_config('role', %s, true)", [role])


@dataclass
class Resealed:
    """What a run did: rows sealed again, and rows ("model id") that no key we hold can open."""

    rows: dict[str, int]
    unreadable: list[str]


def reseal_all(progress: Progress | None = None, *, batch: int = BATCH) -> Resealed:
    """Seals everything under an older key again with the primary one. Killed, the next run goes on where it was."""
    report = Resealed({}, [])
    for one in sealed_models():
        after: Any = None
        while (after := _reseal_batch(one, after, batch, report)) is not None:
            if progress is not None:
                progress(one.label, report.rows.get(one.label, 0))
    for other in _elsewhere.values():
        while done := other.reseal(batch):
            report.rows[other.label] = report.rows.get(other.label, 0) + done
            if progress is not None:
                progress(other.label, report.rows[other.label])
    return report


def _reseal_batch(one: Sealed, after: object, size: int, report: Resealed) -> object:
    """One transaction: up to `size` rows after a key; the last key looked at, or None when nothing is left."""
    with as_owner():
        rows = _outdated(one) if after is None else _outdated(one).filter(pk__gt=after)
        found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk")[:size])
        for row in found:
            try:
                values = {column: _again(one, row, column) for column in one.columns}
            except tink.TinkError:
                report.unreadable.append(f"{one.label} {row.pk}")
                continue
            one.model._base_manager.filter(pk=row.pk).update(**values)
            report.rows[one.label] = report.rows.get(one.label, 0) + 1
    return found[-1].pk if found else None


def outdated() -> dict[str, int]:
    """{model: rows} still sealed with an older key."""
    counts = {one.label: _outdated(one).count() for one in sealed_models()}
    counts |= {other.label: other.outdated() for other in _elsewhere.values()}
    return {label: count for label, count in counts.items() if count}


def keys_in_use() -> Counter[int]:
    """How many sealed values each key id has sealed."""
    found: Counter[int] = Counter()
    for one in sealed_models():
        for column in one.columns:
            rows = one.model._base_manager.exclude(**{column: b""}).annotate(key=_key_of(column))
            counted = rows.order_by().values_list("key").annotate(rows=models.Count("pk"))
            for key, count in counted:
                found[int.from_bytes(bytes(key), "big")] += count
    for other in _elsewhere.values():
        found += other.keys()
    return found


def _key_of(column: str) -> Substr:
    """The four bytes of the key's id in a sealed value."""
    return Substr(column, 2, 4, output_field=models.BinaryField())


def _outdated(one: Sealed) -> models.QuerySet[models.Model]:
    primary = sealed.primary_key_id().to_bytes(4, "big")
    old = models.Q(pk__in=[])
    rows = one.model._base_manager.all()
    for column in one.columns:
        rows = rows.annotate(**{f"{column}_key": _key_of(column)})
        old |= ~models.Q(**{column: b""}) & ~models.Q(**{f"{column}_key": primary})
    return rows.filter(old)


def _again(one: Sealed, row: models.Model, column: str) -> bytes:
    stored = bytes(row.__dict__[column])
    if not stored or sealed.key_id_of(stored) == sealed.primary_key_id():
        return stored
    place = one.place(row, column)
    return sealed.seal(sealed.unseal(stored, place=place), place=place)


# --- the keyset itself, as the JSON that VIO_FIELD_KEYS holds ---------------------------------------------------


def with_new_key(keyset: str) -> str:
    """The keyset with one more key that seals nothing yet."""
    aead.register()
    fresh = json.loads(
        tink.json_proto_keyset_format.serialize(
            tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM), secret_key_access.TOKEN
        )
    )
    known = json.loads(keyset)
    return json.dumps({**known, "key": [*known["key"], *fresh["key"]]})


def promoted(keyset: str) -> str:
    """The keyset with its newest key as the one that seals."""
    known = json.loads(keyset)
    return json.dumps({**known, "primaryKeyId": known["key"][-1]["keyId"]})


def retired(keyset: str, in_use: Counter[int]) -> str:
    """The keyset without the keys that sealed nothing; the primary one stays."""
    known = json.loads(keyset)
    kept = [key for key in known["key"] if key["keyId"] == known["primaryKeyId"] or in_use[key["keyId"]]]
    return json.dumps({**known, "key": kept})
