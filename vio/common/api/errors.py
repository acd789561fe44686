"""What the API library raises becomes one of our errors; the middleware answers them all as problem+json.

Nothing is answered here: an error leaves the view, so that it is audited and logged in the one place where those of
pages are.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from vio.common.errors import BadInputError, DomainError, NotFoundError
from vio.common.frames import FrameError, read_object

MOST_BYTES = 1024 * 1024
MOST_KEYS = 2000  # the notes of a whole evening
NAME_LENGTH = 80


class StrictParser(Parser):
    """Reads bodies as sockets read frames: no duplicate keys, no NaN, no text that cannot be stored."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body's object; raises FrameError or UnicodeDecodeError."""
        return read_object(request.body.decode(), limit=MOST_BYTES, most_keys=MOST_KEYS)


class Api(NinjaAPI):
    """The library's API with our errors."""

    def on_exception(self, request: HttpRequest, exc: Any) -> NoReturn:
        """Raises what the middleware answers; anything unforeseen goes on as it is and is logged there."""
        known = translated(exc)
        if known is None:
            raise exc
        raise known from exc


def translated(error: BaseException) -> DomainError | None:
    """One of our errors for what a request caused; None for an error of ours."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, ValidationError):
        return BadInputError(fields=_fields(error.errors))
    return NotFoundError() if isinstance(error, Http404) else _unreadable(error)


def _unreadable(error: BaseException) -> DomainError | None:
    cause = error.__cause__
    if isinstance(error, RequestDataTooBig):
        return _with_status(413, "This is too large.", "too_large")
    if isinstance(error, HttpError) and isinstance(cause, FrameError):
        return _with_status(400, cause.message, cause.code)
    if isinstance(error, (HttpError, UnreadablePostError, BadRequest, SuspiciousOperation)):
        return _with_status(400, "The body could not be read as JSON.", "bad_json")
    return None


def _with_status(status: int, message: str, code: str) -> DomainError:
    error = DomainError(message, code=code)
    error.status = status
    return error


def _fields(errors: list[dict[str, Any]]) -> dict[str, str]:
    """{input: message}. Where it stood comes as (source, [parameter,] name, ...); what was sent is never repeated."""
    found: dict[str, str] = {}
    for error in errors[:50]:
        source, *rest = error["loc"]
        place = rest[1:] if source == "body" else rest
        name = ".".join(str(part) for part in place)[:NAME_LENGTH] or "body"
        found.setdefault(name, _words(error))
    return found


def _words(error: dict[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "This field is not known here, or only the server may set it."
    if error["type"] == "missing":
        return "This is needed."
    return str(error["msg"]).removeprefix("Value error, ")
