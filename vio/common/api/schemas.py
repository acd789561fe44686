"""The types of what comes in and goes out.

What comes in is strict: a field we do not know, or one that only the server may set, is refused (AZ-3), a number is a
number and a date has a sane year. Instants go out in UTC with a Z; dates are dates of the program's own calendar.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from vio.common.localtime import as_utc

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", re.ASCII)


class Input(BaseModel):
    """A body or a query: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(BaseModel):
    """RFC 9457 problem+json. `code` is stable, for programs; `title` is for people; `fields` names inputs at fault."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    fields: dict[str, str] = Field(default_factory=dict)


def _written(value: object) -> object:
    # Numbers are dates for pydantic (seconds since 1970): here only what is written as a date is one.
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("Write a date such as 2026-04-13.")
    return value


def _sane(value: date) -> date:
    if not EARLIEST <= value <= LATEST:
        raise ValueError("Choose a date between 2000 and 2100.")
    return value


def _moment(value: object) -> object:
    if not isinstance(value, str) or not _MOMENT.match(value):
        raise ValueError("Write an instant such as 2026-04-13T21:30:00Z.")
    return value


def _sane_moment(value: datetime) -> datetime:
    if value.tzinfo is None or not EARLIEST.year < value.year < LATEST.year:
        raise ValueError("Write an instant with its offset, between 2000 and 2100.")
    return as_utc(value)


def _clock(value: object) -> object:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError("Write a local time such as 17:30.")
    return value


def absent() -> Any:
    """The default of a field that may be left out of a change but is never null."""
    return Field(default=None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


Day = Annotated[date, BeforeValidator(_written), AfterValidator(_sane)]
"""A local date that comes in."""
Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_sane_moment)]
"""An instant that comes in, with its offset."""
WallTime = Annotated[time, BeforeValidator(_clock)]
"""A local time of day that comes in."""
Instant = Annotated[datetime, AfterValidator(as_utc)]
"""An instant that goes out, in UTC."""
Flag = Annotated[bool, Field(strict=True)]
"""A yes or no that comes in."""
Anyway = Annotated[bool, Field(strict=True, description="Whether to do it in spite of what is warned of.")]
"""The answer when a service asked back: without it a warning is a refusal (422) beside this field."""
Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, description="The version you looked at.")]
Seen = Annotated[str, StringConstraints(max_length=64)]
"""The `mark` of what somebody looked at: refused with 409 when it is not what is stored any more."""
ShortText = Annotated[str, StringConstraints(max_length=60)]
Line = Annotated[str, StringConstraints(max_length=80)]
LongText = Annotated[str, StringConstraints(max_length=8000)]


def whole(low: int, high: int) -> Any:
    """Bounds of a whole number in a body: text and fractions are refused."""
    return Field(strict=True, ge=low, le=high)
