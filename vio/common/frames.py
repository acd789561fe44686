"""A socket frame, from text to one typed command, or a refusal with a code (WS-3). Pure.

The standard parser accepts NaN, duplicate keys, integers of any size and lone surrogates; each of these has
brought down a consumer somewhere, so each is refused here before a class sees it.
"""

import json
import math
import re
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from vio.common.errors import DomainError

LIMIT = 32 * 1024
"""Largest ordinary frame, in bytes of UTF-8."""
LARGE_LIMIT = 64 * 1024
"""Largest frame of a type that may be large (signalling), in bytes of UTF-8."""
MAX_DEPTH = 8
MAX_KEYS = 64
MAX_INTEGER = 2**53

_PLAIN = json.JSONDecoder()
_ID = re.compile(r'"id"\s*:\s*"([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})"')
_MESSAGES = {
    "not_text": "Only text frames are read here.",
    "frame_too_large": "This message is too large.",
    "bad_json": "This is not a JSON object.",
    "too_deep": "This message is nested too deeply.",
    "too_many_keys": "This message has too many fields.",
    "duplicate_key": "A field appears twice.",
    "bad_number": "A number is out of range.",
    "bad_text": "A text holds characters that cannot be stored.",
    "unknown_type": "This kind of message is not known here.",
    "missing_field": "A field is missing.",
    "unknown_field": "There is a field that does not belong here.",
    "bad_field": "A field cannot be read.",
}
Frame = TypeVar("Frame")


class FrameError(DomainError):
    """A frame that cannot be read. ``id`` is the command's id when one could be found; the socket stays
    open.
    """

    status = 422

    def __init__(self, code: str, *, id: str | None = None, field: str = "") -> None:  # noqa: A002  # the wire's own name
        message = _MESSAGES[code] + (f" ({field})" if field else "")
        super().__init__(message, code=code)
        self.id = id


def read_frame(
    text: str | None, adapter: TypeAdapter[Frame], *, large: frozenset[str] = frozenset()
) -> Frame:
    """One typed frame. ``large`` names the types allowed up to ``LARGE_LIMIT``. Raises FrameError."""
    if text is None:
        raise FrameError("not_text")
    try:
        raw = read_object(text)
        size = len(text.encode())
        if size > LIMIT and raw.get("type") not in large:
            raise FrameError("frame_too_large")
        return adapter.validate_json(text)
    except FrameError as error:
        raise FrameError(error.code, id=find_id(text)) from None
    except UnicodeEncodeError:
        raise FrameError("bad_text", id=find_id(text)) from None
    except ValidationError as error:
        raise _refusal(error, find_id(text)) from None


def find_id(text: str) -> str | None:
    """The command's id in a frame that could not be read otherwise, so that its sender can be told."""
    found = _ID.search(text[:LARGE_LIMIT])
    return found.group(1) if found else None


def read_object(text: str, *, limit: int = LARGE_LIMIT, most_keys: int = MAX_KEYS) -> dict[str, Any]:
    """One JSON object of at most ``limit`` characters and ``most_keys`` keys in all. Raises FrameError."""
    if len(text) > limit:
        raise FrameError("frame_too_large")
    value = _at_a_glance(text, most_keys)
    if value is None:
        value = _looked_over(text, most_keys)
    if not isinstance(value, dict):
        raise FrameError("bad_json")
    if text.count("{") + text.count("[") > MAX_DEPTH:  # fewer brackets cannot nest more deeply
        _check_depth(value, 1)
    if "\\u" in text:
        _check_text(value)
    return value


def _at_a_glance(text: str, most_keys: int) -> dict[str, Any] | None:
    """What a frame holds whose keys and numbers are plainly in order; None where that takes a closer look.

    Each key has its own colon, so an object whose keys, and the colons within its texts, are as many as the colons of the
    frame holds no key twice. That is so while no colon is written as an escape.
    """
    try:
        value = _PLAIN.decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    keys = 0
    texts: list[str] = []
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, dict):
            keys += len(one)
            waiting.extend(one.values())
            texts.extend(one)
        elif isinstance(one, list):
            waiting.extend(one)
        elif not _is_in_range(one):
            return None
    if keys > most_keys or "\\u003" in text:
        return None
    return value if text.count(":") == keys + "".join(texts).count(":") else None


def _is_in_range(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) <= MAX_INTEGER


def _looked_over(text: str, most_keys: int) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_KeyCount(most_keys),
            parse_constant=_refuse_number,
            parse_int=_integer,
            parse_float=_float,
        )
    except RecursionError:
        raise FrameError("too_deep") from None
    except ValueError:
        raise FrameError("bad_json") from None


class _KeyCount:
    """Builds objects while counting every key of the frame and refusing a second of the same name."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.total = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self.total += len(pairs)
        if self.total > self.most:
            raise FrameError("too_many_keys")
        made = dict(pairs)
        if len(made) != len(pairs):
            raise FrameError("duplicate_key")
        return made


def _refuse_number(text: str) -> float:
    raise FrameError("bad_number")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise FrameError("bad_number")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise FrameError("bad_number")
    return number


def _check_depth(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FrameError("too_deep")
    for inner in _children(value):
        if isinstance(inner, dict | list):
            _check_depth(inner, depth + 1)


def _check_text(value: object) -> None:
    if isinstance(value, str) and ("\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise FrameError("bad_text")
    for inner in (*_children(value), *(value if isinstance(value, dict) else ())):
        _check_text(inner)


def _children(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


_KINDS = {
    "union_tag_invalid": "unknown_type",
    "union_tag_not_found": "unknown_type",
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "json_invalid": "bad_json",
}


def _refusal(error: ValidationError, id: str | None) -> FrameError:  # noqa: A002  # the wire's own name
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    code = _KINDS.get(first["type"], "bad_field")
    # A name we declared may be told; a name the sender made up is not repeated.
    known = code in {"missing_field", "bad_field"} and len(first["loc"]) > 1
    return FrameError(code, id=id, field=str(first["loc"][1]) if known else "")
