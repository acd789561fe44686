"""The one typed form that every vendor's log becomes, and the careful readers of single values: pure.

Nothing here raises for bad content of a line: `Unreadable` says what is wrong with it, the parser notes number and
code as a `BadLine` and goes on. Only a file that is no such log at all is refused as a whole, by `FileRefusedError`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from vio.common.errors import BadInputError
from vio.common.localtime import as_utc

MOST_BYTES = 900_000
MOST_LINES = 5_000
NAME_LENGTH, REF_LENGTH, EMAIL_LENGTH, SHOWN_LENGTH = 120, 200, 254, 160
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


class Vendor(StrEnum):
    """Whose log it is; evidence from it carries the source `import:<vendor>`."""

    ZOOM = "zoom"
    BIGBLUEBUTTON = "bigbluebutton"
    JITSI = "jitsi"
    LIVEKIT = "livekit"


class Trouble(StrEnum):
    """Why a line could not be used. The values are the codes that pages and API show."""

    MISSING_NAME = "missing_name"  # nothing tells who it was
    MISSING_TIME = "missing_time"
    BAD_TIME = "bad_time"
    AMBIGUOUS_TIME = "ambiguous_time"  # this wall time happened twice that night and no offset is given
    NO_SUCH_TIME = "no_such_time"  # the clock skipped this wall time
    TOO_FEW_COLUMNS = "too_few_columns"
    TOO_LONG = "too_long"
    NOT_AN_OBJECT = "not_an_object"
    BAD_JSON = "bad_json"
    UNKNOWN_EVENT = "unknown_event"
    REPEATED_EVENT = "repeated_event"  # the same event id once more


class FileRefusedError(BadInputError):
    """A file that cannot be read as such a log at all; its code says why."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(code=code, fields={"log": message})


class Unreadable(Exception):  # noqa: N818  # never leaves a parser: it becomes a BadLine
    """One line that cannot be used."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.value)


@dataclass(frozen=True)
class LogLine:
    """What one line of a log says, in UTC. Equal lines are the same fact; the line's number is no part of that.

    `vendor_ref` is the vendor's name for one connection ("" if it has none), `account_ref` an account id that was given
    to the vendor. A line with only `join` or only `leave` is half a stay. `lobby`: in the waiting room.
    """

    vendor_ref: str
    display_name: str
    email: str | None
    account_ref: str | None
    join: datetime | None
    leave: datetime | None
    lobby: bool = False
    number: int = field(default=0, compare=False)


@dataclass(frozen=True)
class BadLine:
    """A line that could not be used: its number in the file, why, and the beginning of what it said."""

    number: int
    code: Trouble
    shown: str = ""


@dataclass(frozen=True)
class ParsedLog:
    """A whole log. `skipped` counts lines about other things (chat, tracks), which are no trouble."""

    vendor: Vendor
    lines: tuple[LogLine, ...]
    bad: tuple[BadLine, ...] = ()
    skipped: int = 0


def text(value: object, *, longest: int) -> str:
    """A text as one clean line, without characters that cannot be seen; '' for what is no text.

    Raises Unreadable beyond `longest`.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        found = " ".join(_UNSEEN.sub(" ", str(value)).split())
    except ValueError:  # a number of more digits than Python will write out
        raise Unreadable(Trouble.TOO_LONG) from None
    if len(found) > longest:
        raise Unreadable(Trouble.TOO_LONG)
    return found


def name(value: object) -> str:
    """A display name, cut to what is shown: it is never used to tell who somebody is."""
    return text(value, longest=100_000)[:NAME_LENGTH].strip()


def reference(value: object) -> str:
    """An id as the vendor writes it."""
    return text(value, longest=REF_LENGTH)


def email(value: object) -> str | None:
    """An address in lower case; None for none, and for what is none."""
    found = text(value, longest=EMAIL_LENGTH).lower()
    local, at, domain = found.partition("@")
    return found if local and at and "." in domain and " " not in found else None


def shown(value: object) -> str:
    """The beginning of a line for people, without unseen characters."""
    try:
        start = str(value)[: 4 * SHOWN_LENGTH]
    except (RecursionError, ValueError):  # nested too deeply, or a number of too many digits
        return ""
    return " ".join(_UNSEEN.sub(" ", start).split())[:SHOWN_LENGTH]


def epoch(value: object, *, per_second: int) -> datetime | None:
    """An instant counted from 1970 in seconds (1) or milliseconds (1000), as number or digits; None for 0 or nothing.

    Raises Unreadable for anything that is no instant of this century.
    """
    if value is None or value == "":
        return None
    count = _number(value)
    if count == 0:
        return None
    try:
        return within(EPOCH + timedelta(microseconds=round(count * 1_000_000 / per_second)))
    except OverflowError:
        raise Unreadable(Trouble.BAD_TIME) from None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unreadable(Trouble.BAD_TIME)
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise Unreadable(Trouble.BAD_TIME) from None
    if not math.isfinite(found):
        raise Unreadable(Trouble.BAD_TIME)
    return found


def iso(value: object) -> datetime | None:
    """An instant with its offset, as ISO 8601 or "2026-04-13 21:30:00 +0000"; None for nothing; else Unreadable."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Unreadable(Trouble.BAD_TIME)
    written = re.sub(r"\s+(?=[+-]\d{2}:?\d{2}$)", "", value.strip())
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise Unreadable(Trouble.BAD_TIME) from None
    if found.tzinfo is None:
        raise Unreadable(Trouble.BAD_TIME)
    return within(found)


def within(instant: datetime) -> datetime:
    """The instant in UTC if it lies in this century; else Unreadable."""
    try:
        found = as_utc(instant)
    except OverflowError:
        raise Unreadable(Trouble.BAD_TIME) from None
    if not EARLIEST <= found < LATEST:
        raise Unreadable(Trouble.BAD_TIME)
    return found


def checked(line: LogLine) -> LogLine:
    """The line, if it says who and when; else Unreadable."""
    if line.join is None and line.leave is None:
        raise Unreadable(Trouble.MISSING_TIME)
    if not (line.display_name or line.email or line.account_ref or line.vendor_ref):
        raise Unreadable(Trouble.MISSING_NAME)
    return line
