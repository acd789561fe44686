"""Text messages to phones: one small protocol and four ways to carry it, chosen by VIO_SMS_BACKEND.

`off` carries none; `console` and `file` are for development, the demo and tests; `twilio` uses the library of that name,
which comes with the extra `sms` and is imported only where it is used. No number is ever logged (DP-3).
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

TIMEOUT_SECONDS = 5
# What trying again cannot mend: no such number, not a phone, a number that asked for no texts.
FINAL = frozenset({"twilio_21211", "twilio_21214", "twilio_21610", "twilio_21614"})
TEXT = "You have a message. Please sign in to read it: {link}"


class TextError(Exception):
    """A text that was not taken. `code` is short and names neither number nor text."""

    def __init__(self, code: str) -> None:
        self.code = code[:64]
        super().__init__(code)


class TextService(Protocol):
    """Carries one text to one number in E.164 form; raises TextError or OSError when it was not taken."""

    def send(self, *, to: str, text: str) -> None:
        """Returns once the text was taken over."""


class ConsoleTexts:
    """Writes texts where the process writes: for a look during development."""

    def send(self, *, to: str, text: str) -> None:
        """Prints it."""
        sys.stdout.write(f"text to {to}: {text}\n")


class FileTexts:
    """Appends texts to one file that only its owner reads: the demo's phone."""

    def __init__(self, folder: str) -> None:
        self._file = Path(folder) / "texts.log"

    def send(self, *, to: str, text: str) -> None:
        """Appends one line; several threads may."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with open(self._file, "a", encoding="utf-8", opener=_private) as out:  # Path.open takes no opener
            out.write(f"{to}\t{text}\n")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class TwilioTexts:
    """Through Twilio, by its own library. `sender` is a number of the program's or a messaging service (MG...)."""

    def __init__(self, *, account: str, token: str, sender: str) -> None:
        self._sender = sender
        self._errors: type[Exception] = _library("twilio.base.exceptions").TwilioException
        http = _library("twilio.http.http_client").TwilioHttpClient(timeout=TIMEOUT_SECONDS)
        self.client: Any = _library("twilio.rest").Client(account, token, http_client=http)

    def send(self, *, to: str, text: str) -> None:
        """Hands it over; the service answers once it has it in its own queue."""
        by = "messaging_service_sid" if self._sender.startswith("MG") else "from_"
        try:
            self.client.messages.create(to=to, body=text, **{by: self._sender})
        except self._errors as error:
            raise TextError(f"twilio_{getattr(error, 'code', None) or 'failed'}") from error


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TextError("library_missing") from error


def available() -> bool:
    """Whether texts are carried at all."""
    return bool(settings.SMS_BACKEND != "off")


def service() -> TextService:
    """The way of the settings; raises TextError `off`, `library_missing` (install the extra `sms`) or `not_set_up`."""
    match settings.SMS_BACKEND:
        case "console":
            return ConsoleTexts()
        case "file":
            return FileTexts(settings.SMS_FILE_PATH)
        case "twilio":
            if not (settings.SMS_ACCOUNT and settings.SMS_TOKEN and settings.SMS_FROM):
                raise TextError("not_set_up")
            return TwilioTexts(
                account=settings.SMS_ACCOUNT, token=settings.SMS_TOKEN, sender=settings.SMS_FROM
            )
        case _:
            raise TextError("off")
