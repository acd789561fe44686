"""Forms of attendance: what was typed becomes typed values here; refusals come back beside the field."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms

from sessions_app.attendance.corrections import REASON_LENGTH, Changes
from sessions_app.attendance.rules import Status
from sessions_app.attendance.services.disputing import TEXT_LENGTH
from sessions_app.models import AttendanceRecord, Session
from vio.common.errors import DomainError
from vio.common.localtime import to_instant, to_local

BY_MINUTES = ""
STATUS_CHOICES = [
    (BY_MINUTES, "By the minutes"),
    (Status.ATTENDED, "Attended"),
    (Status.PARTIAL, "Partly"),
    (Status.NO_SHOW, "Missed"),
    (Status.EXCUSED, "Excused"),
    (Status.CANCELLED, "Called off"),
]
# A wall time on the sheet means the instant nearest to the session: up to this much before its start.
EARLIEST = timedelta(hours=6)


def _clock(label: str) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time", "step": 1}, format="%H:%M:%S")
    return forms.TimeField(label=label, required=False, widget=widget)


def _words(label: str, help_text: str, *, longest: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, help_text=help_text, max_length=longest, widget=widget)


class CorrectionForm(forms.Form):
    """One line of the sheet. A value left as it was is not a change, so seconds are never lost to a clock field."""

    credited_minutes = forms.IntegerField(label="Minutes that count", min_value=0, max_value=1440)
    first_at = _clock("Start")
    last_at = _clock("Stop")
    status = forms.ChoiceField(
        label="Status",
        required=False,
        choices=STATUS_CHOICES,
        help_text="“By the minutes” follows the rule. Choose another only where there are too few minutes.",
    )
    reason = _words("Reason", "Stays with the record, beside your name.", longest=REASON_LENGTH)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def changes(self, session: Session) -> Changes:
        """The changes asked for; times as instants in the program's zone."""
        data = self.cleaned_data
        changed = set(self.changed_data)
        return Changes(
            status=Status(data["status"]) if data["status"] else None,
            credited_minutes=data["credited_minutes"] if "credited_minutes" in changed else None,
            first_at=instant_near(session, data["first_at"]) if "first_at" in changed else None,
            last_at=instant_near(session, data["last_at"]) if "last_at" in changed else None,
        )


class ReasonForm(forms.Form):
    """Why an absence is excused."""

    reason = _words("Why they could not come", "In a few words, without details.", longest=REASON_LENGTH)


class DisputeForm(forms.Form):
    """The client's own words."""

    text = _words("What is wrong?", "Tell us in your own words.", longest=TEXT_LENGTH)


class AnswerForm(forms.Form):
    """The answer the client reads."""

    answer = _words("Your answer", "The client reads this.", longest=TEXT_LENGTH)


def initial_of(record: AttendanceRecord, session: Session) -> dict[str, object]:
    """What the correction form starts with."""
    zone = session.program.zone

    def clock(instant: datetime | None) -> time | None:
        return None if instant is None else to_local(instant, zone).time().replace(microsecond=0)

    return {
        "credited_minutes": record.credited_minutes,
        "first_at": clock(record.first_at),
        "last_at": clock(record.last_at),
        "status": BY_MINUTES,
        "seen_version": record.version,
    }


def instant_near(session: Session, clock: time | None) -> datetime | None:
    """The instant of a wall time on the session's date, or on the next one for a session that crosses midnight (R1)."""
    if clock is None:
        return None
    zone = session.program.zone
    found = to_instant(datetime.combine(session.local_date, clock), zone)
    if found < session.starts_at - EARLIEST:
        found = to_instant(datetime.combine(session.local_date + timedelta(days=1), clock), zone)
    return found


def show_refusal(form: forms.Form, error: DomainError, *, field: str | None = None) -> None:
    """Puts a service's refusal beside the fields it names, else beside `field`, else above the form."""
    for name, message in error.fields.items():
        form.add_error(name if name in form.fields else None, message)
    if not error.fields:
        form.add_error(field, error.message)
