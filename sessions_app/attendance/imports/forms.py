"""Forms of imports: the upload, and the decisions about a draft."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.files.uploadedfile import UploadedFile

from sessions_app.attendance.corrections import REASON_LENGTH
from sessions_app.attendance.forms import instant_near
from sessions_app.attendance.imports.rules.lines import MOST_BYTES, Vendor
from sessions_app.attendance.imports.rules.matching import Seat
from sessions_app.attendance.imports.rules.outcome import UNTIL_END, Known, Preview, field_of
from sessions_app.attendance.imports.rules.stays import Stay
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.imports.services import Decisions
from sessions_app.attendance.imports.words import VENDORS
from sessions_app.attendance.intervals import Interval
from sessions_app.models import Session
from vio.common.localtime import to_local, zone
from vio.common.wording import clock

NOBODY = "nobody"
NOT_CHOSEN = ("", "Choose who this is")
_SIZE = f"At most {MOST_BYTES // 1000} kB."


class UploadForm(forms.Form):
    """A log: a file, or pasted."""

    vendor = forms.ChoiceField(label="Which service", choices=[(v.value, VENDORS[v]) for v in Vendor])
    log = forms.FileField(label="File", required=False, help_text=_SIZE, max_length=255)
    text = forms.CharField(
        label="Or paste it here", required=False, max_length=MOST_BYTES, strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )  # fmt: skip
    timezone = forms.CharField(
        label="Time zone of the times", max_length=64, required=False,
        help_text="Only the table (CSV) of Zoom needs it: its times have no zone.",
    )  # fmt: skip
    day_first = forms.BooleanField(
        label="The day comes first (13/04/2026)", required=False, help_text="Only for the table of Zoom."
    )

    def __init__(self, session: Session, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].initial = session.program.timezone
        self._zone: ZoneInfo = session.program.zone

    def clean_timezone(self) -> str:
        """A zone that exists; the program's when none is given."""
        name: str = self.cleaned_data["timezone"].strip()
        try:
            self._zone = zone(name) if name else self._zone
        except ValueError as error:
            raise forms.ValidationError("Write it like America/New_York.") from error
        return name

    def clean(self) -> dict[str, Any]:
        """One of file and text, and not both."""
        data: dict[str, Any] = super().clean() or {}
        file, text = data.get("log"), (data.get("text") or "").strip()
        if file and text:
            self.add_error("text", "Choose a file or paste the text, not both.")
        elif not file and not text and not self.errors:
            self.add_error("log", f"Choose a file or paste the text. {_SIZE}")
        return data

    @property
    def written(self) -> Written:
        """How wall times are meant."""
        return Written(self._zone, self.cleaned_data["day_first"])

    def raw(self) -> bytes:
        """The bytes of the log, never more than one over the limit."""
        file = self.cleaned_data.get("log")
        if isinstance(file, UploadedFile):
            return bytes(file.read(MOST_BYTES + 1))
        return str(self.cleaned_data["text"]).encode("utf-8", "replace")


class ReasonForm(forms.Form):
    """Why an import is taken back."""

    reason = forms.CharField(
        label="Why", max_length=REASON_LENGTH, help_text="Stays with the record, beside your name.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


def _question(known: Known, session: Session) -> str:
    """A question that can be told from the others, also when it is only heard."""
    name = ", ".join(known.entry.names) or "this, without a name"
    first = next((stay.join for stay in known.entry.stays if stay.join), None)
    since = f", there from {clock(first, session.program.zone)}" if first else ""
    return f"Who is {name}{since}?"


def end_field(stay: Stay) -> str:
    """The name of the input that says they stayed to the end."""
    return f"{UNTIL_END}-{stay.key}"


class DecisionForm(forms.Form):
    """One question for each person nobody knows, one tick for each missing end; times when the room was never started."""

    def __init__(
        self, session: Session, preview: Preview, seats: Iterable[Seat], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.session, self.preview = session, preview
        roster = [(str(seat.client_id), seat.name) for seat in seats]
        for known in preview.asked:
            self.fields[field_of(known)] = forms.ChoiceField(
                label=_question(known, session), choices=[NOT_CHOSEN, (NOBODY, "Not a client"), *roster],
                error_messages={"required": "Say who this is, or that it is not a client."},
            )  # fmt: skip
        for known in preview.known:
            if known.asks or known.match.client_id is not None:
                self._ask_ends(known.entry.stays)
        if session.started_at is None:
            self._ask_times()

    def _ask_ends(self, stays: Iterable[Stay]) -> None:
        for stay in stays:
            if stay.needs_end:
                self.fields[end_field(stay)] = forms.BooleanField(
                    label="They were there until the end", required=False
                )

    def _ask_times(self) -> None:
        local = self.session.program.zone
        for name, label, at in (
            ("held_from", "The group met from", self.session.starts_at),
            ("held_to", "to", self.session.ends_at),
        ):
            widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            self.fields[name] = forms.TimeField(
                label=label, widget=widget, initial=to_local(at, local).time()
            )

    def decisions(self) -> Decisions:
        """What was decided."""
        data = self.cleaned_data
        who = {
            known.entry.key: None if data[field_of(known)] == NOBODY else UUID(data[field_of(known)])
            for known in self.preview.asked
        }
        stays = [stay for known in self.preview.known for stay in known.entry.stays]
        ends = frozenset(stay.key for stay in stays if data.get(end_field(stay)))
        return Decisions(who, ends, self._held(data.get("held_from"), data.get("held_to")))

    def _held(self, first: time | None, last: time | None) -> Interval | None:
        start, end = self._instant(first), self._instant(last)
        return Interval(start, end) if start and end else None

    def _instant(self, wall: time | None) -> datetime | None:
        return instant_near(self.session, wall)
