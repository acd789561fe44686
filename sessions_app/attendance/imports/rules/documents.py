"""JSON as services write it to a log: one document, a list of them, or one a line. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sessions_app.attendance.imports.rules.lines import (
    MOST_LINES,
    BadLine,
    FileRefusedError,
    LogLine,
    ParsedLog,
    Trouble,
    Unreadable,
    Vendor,
    checked,
    shown,
)

Object = Mapping[str, object]


@dataclass(frozen=True)
class Skip:
    """What is about something else than coming and going."""


SKIP = Skip()
# One document -> its lines, each read when it is asked for, so that a bad one spoils no other.
Reader = Callable[[Object], Iterable["Callable[[], LogLine] | Skip"]]


@dataclass(frozen=True)
class Numbered:
    """One document and the line (or place in the list) it was found at; `value` None: it is no JSON."""

    number: int
    value: object
    written: str = ""


def documents(content: str) -> list[Numbered]:
    """Every document of a file; FileRefusedError when it is no JSON at all or has too many."""
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        found = list(_by_line(content))
    else:
        found = _spread(1, whole) if isinstance(whole, list) else [Numbered(1, whole)]
    if all(one.value is None for one in found):
        raise FileRefusedError("This is no JSON that we can read.", code="not_json")
    if len(found) > MOST_LINES:
        raise too_many()
    return found


def too_many() -> FileRefusedError:
    """The refusal of a log that is longer than any evening."""
    return FileRefusedError(
        f"More than {MOST_LINES} lines. Export this one session alone.", code="too_many_lines"
    )


def _by_line(content: str) -> Iterator[Numbered]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield Numbered(number, None, line)
        else:
            parts = value if isinstance(value, list) else [value]
            yield from (Numbered(number, part) for part in parts)


def _spread(first: int, values: list[object]) -> list[Numbered]:
    return [Numbered(number, value) for number, value in enumerate(values, first)]


def read_documents(vendor: Vendor, content: str, reader: Reader) -> ParsedLog:
    """Reads every document by one vendor's reader."""
    lines: list[LogLine] = []
    bad: list[BadLine] = []
    skipped = 0
    for document in documents(content):
        if not isinstance(document.value, Mapping):
            trouble = Trouble.BAD_JSON if document.value is None else Trouble.NOT_AN_OBJECT
            bad.append(BadLine(document.number, trouble, shown(document.written or document.value)))
            continue
        for part in _parts(reader, document.value):
            if isinstance(part, Skip):
                skipped += 1
                continue
            found = read_one(part, document.number)
            if isinstance(found, LogLine):
                lines.append(found)
            else:
                bad.append(BadLine(document.number, found, shown(document.written or document.value)))
            if len(lines) > MOST_LINES:
                raise too_many()
    return ParsedLog(vendor, tuple(lines), tuple(bad), skipped)


def _parts(reader: Reader, value: Object) -> Iterator[Callable[[], LogLine] | Skip]:
    """The parts of one document; one that cannot even be taken apart is one bad part."""
    try:
        yield from reader(value)
    except Unreadable as error:
        yield _raising(error)
    except RecursionError:
        yield _raising(Unreadable(Trouble.BAD_JSON))


def _raising(error: Unreadable) -> Callable[[], LogLine]:
    def fail() -> LogLine:
        raise error

    return fail


def read_one(part: Callable[[], LogLine], number: int) -> LogLine | Trouble:
    """The line with its number, or what is wrong with it."""
    try:
        line = checked(part())
    except Unreadable as error:
        return error.trouble
    return LogLine(
        line.vendor_ref,
        line.display_name,
        line.email,
        line.account_ref,
        line.join,
        line.leave,
        line.lobby,
        number,
    )


def object_in(value: Object, *path: str) -> Object:
    """The object at a path of keys; an empty one where there is none."""
    for key in path:
        inner = value.get(key)
        value = inner if isinstance(inner, Mapping) else {}
    return value


def kind_in(value: Object, key: str) -> str | None:
    """The kind that a document says it is; None when it says nothing. Raises Unreadable when that is no text."""
    found = value.get(key)
    if found is not None and not (isinstance(found, str) and found):
        raise Unreadable(Trouble.UNKNOWN_EVENT)
    return found


def list_in(value: Object, key: str) -> list[object]:
    """The list at a key; an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, list) else []


def objects_in(value: Object, key: str) -> list[Object]:
    """The objects of the list at a key; Unreadable if it holds anything else."""
    found = [one for one in list_in(value, key) if isinstance(one, Mapping)]
    if len(found) != len(list_in(value, key)):
        raise Unreadable(Trouble.NOT_AN_OBJECT)
    return found


def either(value: Object, *keys: str) -> object:
    """The first of these keys that holds something."""
    return next((value[key] for key in keys if value.get(key) not in (None, "", 0, "0")), None)
