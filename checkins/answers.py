"""The daily check-in's answers, from whatever came in to a typed value or an error beside each field. Pure.

Pages, the API and the seed all send the same plain mapping. The safety answer is read by itself first: it counts
even when the rest of the form cannot be used (C7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from checkins import rules

MEDICATION = ("taken", "not_taken", "not_prescribed")
NOTE_LIMIT = 2000
FIELDS = frozenset({"mood", "urge", "used", "safety", "sleep_hours", "medication", "note", "device_at"})

_YES = frozenset({"yes", "true", "1", "on", "y"})
_NO = frozenset({"no", "false", "0", "off", "n"})


@dataclass(frozen=True)
class Answers:
    """One complete, possible check-in. Mood 0 worst to 10 best, urge 0 none to 10 strongest, sleep in hours."""

    mood: int
    urge: int
    used: bool
    safety: bool
    sleep_hours: Decimal | None = None
    medication: str = ""
    note: str = ""
    device_at: datetime | None = None

    @property
    def for_rules(self) -> rules.CheckIn:
        """What the alert rules look at."""
        return rules.CheckIn(urge=self.urge, mood=self.mood, used=self.used, safety=self.safety)


@dataclass(frozen=True)
class Unusable:
    """A form that cannot be scored: the error of each field, and whether its safety answer was a yes (C7)."""

    errors: Mapping[str, str]
    safety: bool


def read(raw: Mapping[str, object]) -> Answers | Unusable:
    """The answers, or what is wrong with them. Fields that do not belong here are refused (AZ-3)."""
    errors: dict[str, str] = {}
    safety = says_yes(raw.get("safety"))
    if raw.keys() - FIELDS:
        errors["form"] = "There is a field here that does not belong to a check-in."
    mood = _scale(raw.get("mood"), "mood", errors)
    urge = _scale(raw.get("urge"), "urge", errors)
    used = _yes_no(raw.get("used"), "used", errors)
    safe = _yes_no(raw.get("safety"), "safety", errors)
    sleep = _hours(raw.get("sleep_hours"), errors)
    medication = _medication(raw.get("medication"), errors)
    note = _note(raw.get("note"), errors)
    if errors or mood is None or urge is None or used is None or safe is None:
        return Unusable(errors, safety=safety)
    return Answers(mood, urge, used, safe, sleep, medication, note, _device_time(raw.get("device_at")))


def says_yes(value: object) -> bool:
    """Whether a yes/no answer means yes, however it was written."""
    return value is True or value == 1 or (isinstance(value, str) and value.strip().lower() in _YES)


def _scale(value: object, name: str, errors: dict[str, str]) -> int | None:
    if value is None or value == "":
        errors[name] = "Please choose a number from 0 to 10."
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or len(text) > 2 or int(text) > 10:
        errors[name] = "This can only be a whole number from 0 to 10."
        return None
    return int(text)


def _yes_no(value: object, name: str, errors: dict[str, str]) -> bool | None:
    if says_yes(value):
        return True
    if value is False or value == 0 or (isinstance(value, str) and value.strip().lower() in _NO):
        return False
    errors[name] = "Please choose yes or no."
    return None


def _hours(value: object, errors: dict[str, str]) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        hours = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        hours = Decimal(-1)
    if not hours.is_finite() or not 0 <= hours <= 24:
        errors["sleep_hours"] = "Please give the hours you slept, from 0 to 24. Half hours are fine: 6.5."
        return None
    return hours.quantize(Decimal("0.1"))


def _medication(value: object, errors: dict[str, str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str) and value in MEDICATION:
        return value
    errors["medication"] = "Please choose one of the answers, or leave it open."
    return ""


def _note(value: object, errors: dict[str, str]) -> str:
    text = "" if value is None else str(value).replace("\r\n", "\n").strip()
    if len(text) > NOTE_LIMIT:
        errors["note"] = f"Please keep this below {NOTE_LIMIT:,} characters. It has {len(text):,} now."
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        errors["note"] = "This text holds a character that we cannot store."
    return text


def _device_time(value: object) -> datetime | None:
    """What the phone's clock said; a phone that says nonsense loses nobody a check-in."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value or ""))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
