"""Strict reading of what a case gives: what is not understood is an error, never skipped or guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from vio.common.localtime import as_utc, to_instant, zone

Json: TypeAlias = object
_T = TypeVar("_T")
_Default = TypeVar("_Default")

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")


class VectorError(ValueError):
    """A file that cannot be read or a case that cannot be evaluated; the message is one line."""


class Given:
    """The `given` of a case, read key by key; `finish` fails on any key that nobody asked for."""

    def __init__(self, fields: dict[str, Json]) -> None:
        self._fields = fields
        self._asked: set[str] = set()

    def get(self, key: str, read: Callable[[Json, str], _T]) -> _T:
        """A key that must be there."""
        self._asked.add(key)
        if self._fields.get(key) is None:
            raise VectorError(f"given.{key} is missing")
        return read(self._fields[key], f"given.{key}")

    def optional(self, key: str, read: Callable[[Json, str], _T], default: _Default) -> _T | _Default:
        """A key that may be missing or null; then the default."""
        self._asked.add(key)
        value = self._fields.get(key)
        return default if value is None else read(value, f"given.{key}")

    def has(self, key: str) -> bool:
        """Is the key there and not null?"""
        return self._fields.get(key) is not None

    def finish(self) -> None:
        """VectorError for a key that this case's calculation does not know."""
        if unknown := sorted(self._fields.keys() - self._asked):
            raise VectorError(f"given.{unknown[0]} is not known to this calculation")


def as_text(value: Json, where: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise VectorError(f"{where}: expected a text")
    return value


def as_bool(value: Json, where: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise VectorError(f"{where}: expected true or false")
    return value


def as_number(value: Json, where: str) -> Decimal:
    """Any number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise VectorError(f"{where}: expected a number")
    return Decimal(value)


def as_whole(value: Json, where: str) -> int:
    """A whole number from 0 up, 167.0 as good as 167."""
    number = as_number(value, where)
    if number < 0 or number != number.to_integral_value():
        raise VectorError(f"{where}: expected a whole number from 0 up")
    return int(number)


def as_list(value: Json, where: str) -> list[Json]:
    """An array."""
    if not isinstance(value, list):
        raise VectorError(f"{where}: expected a list")
    return value


def as_object(value: Json, where: str) -> dict[str, Json]:
    """An object."""
    if not isinstance(value, dict):
        raise VectorError(f"{where}: expected an object")
    return value


def as_date(value: Json, where: str) -> date:
    """A date like 2026-04-13."""
    text = as_text(value, where)
    if not _DATE.fullmatch(text):
        raise VectorError(f"{where}: expected a date like 2026-04-13, found {text!r}")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise VectorError(f"{where}: {text!r} is no date: {error}") from error


def as_datetime(value: Json, where: str) -> datetime:
    """A time as written, with or without an offset."""
    text = as_text(value, where)
    if not _TIME.fullmatch(text):
        raise VectorError(f"{where}: expected a time like 2026-04-13T17:30:00, found {text!r}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise VectorError(f"{where}: {text!r} is no time: {error}") from error


def as_zone(value: Json, where: str) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return zone(as_text(value, where))
    except VectorError:
        raise
    except ValueError as error:
        raise VectorError(f"{where}: {error}") from error


def instant_in(tz: ZoneInfo) -> Callable[[Json, str], datetime]:
    """Read a local wall time of `tz`, or a time with its own offset, as an instant."""

    def read(value: Json, where: str) -> datetime:
        written = as_datetime(value, where)
        return to_instant(written, tz) if written.tzinfo is None else as_utc(written)

    return read


def list_of(read: Callable[[Json, str], _T]) -> Callable[[Json, str], list[_T]]:
    """Read an array of one kind of thing."""

    def read_all(value: Json, where: str) -> list[_T]:
        return [read(item, f"{where}[{place}]") for place, item in enumerate(as_list(value, where))]

    return read_all


def one_of(names: Iterable[_T]) -> Callable[[Json, str], _T]:
    """Read one of the names of an enumeration."""
    known = {str(name): name for name in names}

    def read(value: Json, where: str) -> _T:
        if not isinstance(value, str) or value not in known:
            raise VectorError(f"{where}: expected one of {', '.join(known)}")
        return known[value]

    return read
