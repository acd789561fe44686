"""The one family of errors that services raise.

Each has a code (stable, for programs), an HTTP status and a message that is safe to show to anybody.
Three edges translate them: a response (`http.py`), an error frame (`sockets.py`), a task's outcome.
"""

from __future__ import annotations

from collections.abc import Mapping


class DomainError(Exception):
    """Something the product refuses to do, with the reason in plain words.

    `fields` maps the name of an input to its error, for forms and problem+json.
    """

    code = "refused"
    status = 400
    message = "That is not possible."

    def __init__(
        self, message: str | None = None, *, code: str | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.fields = dict(fields or {})
        super().__init__(self.code)


class BadInputError(DomainError):
    """What came in cannot be read as what was asked for."""

    code = "bad_input"
    status = 422
    message = "Some of this could not be read. Please look at the marked fields."


class NotFoundError(DomainError):
    """It does not exist, or it is not this person's to see; both answer alike (AZ-2)."""

    code = "not_found"
    status = 404
    message = "We could not find that."


class NotAllowedError(DomainError):
    """It exists and may be seen, but this person may not do this to it."""

    code = "not_allowed"
    status = 403
    message = "You do not have the right to do this."


class SignInNeededError(DomainError):
    """Nobody is signed in, or the login has ended."""

    code = "sign_in_needed"
    status = 401
    message = "Please sign in."


class FreshSignInNeededError(DomainError):
    """This act needs a sign-in of the last five minutes (AU-8)."""

    code = "fresh_sign_in_needed"
    status = 403
    message = "Please confirm that it is you, then try again."


class ConflictError(DomainError):
    """Somebody else changed it first, or its state does not allow this any more."""

    code = "conflict"
    status = 409
    message = "This has changed since you opened it. Please look again; what you typed is kept."


class RateLimitedError(DomainError):
    """Too many in too short a time."""

    code = "rate_limited"
    status = 429
    message = "That was a bit fast. Please wait a moment and try again."


class UnavailableError(DomainError):
    """A part the answer needs is down; nothing was changed."""

    code = "unavailable"
    status = 503
    message = "A part of the system is not answering. Nothing was lost; please try again."
