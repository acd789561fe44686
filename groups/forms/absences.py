"""Forms of absences: from when, until when, who covers; on the wall clock of the program."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms

from groups.cover import possible_covers
from groups.forms.base import ManageForm, choice_field, local_date_field, wall_time_field
from groups.models import Absence, Program
from groups.selectors import staff_of
from vio.common.errors import DomainError
from vio.common.localtime import to_instant, to_local


class AbsenceForm(ManageForm):
    """The times of an absence and its cover; the person too, for who notes it for others."""

    shown_beside: ClassVar[dict[str, str]] = {"starts_at": "starts_on", "ends_at": "ends_on"}

    person = choice_field("Who is away", [])
    starts_on = local_date_field("Away from")
    starts_time = wall_time_field("In the time zone of the program.", "From this time")
    ends_on = local_date_field("Back on")
    ends_time = wall_time_field("From then on they count as there again.", "Back at this time")
    cover = choice_field(
        "Who covers", [], required=False, help_text="Follow-ups go to this person, and alerts to both."
    )

    def __init__(
        self, program: Program, *args: Any, own: UUID | None, begun: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.program = program
        people = {str(row.person_id): row.person.full_name for row in staff_of(program)}
        self._offer("person", list(people.items()))
        covers = [(str(one.pk), one.full_name) for one in possible_covers(program, but=own)]
        self._offer("cover", [("", "nobody yet"), *covers])
        dropped = {"person"} if own is not None else set()
        for name in dropped | ({"starts_on", "starts_time"} if begun else set()):
            del self.fields[name]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def instant(self, which: str) -> datetime:
        """The start (`starts`) or the end (`ends`) as an instant in UTC."""
        day, clock = self.cleaned_data[f"{which}_on"], self.cleaned_data[f"{which}_time"]
        return to_instant(datetime.combine(day, clock), self.program.zone).astimezone(UTC)

    def chosen(self, name: str) -> UUID | None:
        """The chosen person of a list, or None."""
        value = self.cleaned_data.get(name)
        return UUID(value) if value else None

    def refuse(self, error: DomainError) -> None:
        """Shows what a service refused: about a time, beside its date."""
        fields = {self.shown_beside.get(name, name): text for name, text in error.fields.items()}
        error.fields = fields
        super().refuse(error)


def absence_initial(row: Absence) -> dict[str, Any]:
    """What is saved now, on the wall clock of the program."""
    start, end = (to_local(at, row.program.zone) for at in (row.starts_at, row.ends_at))
    return {
        "starts_on": start.date(), "starts_time": start.time(), "ends_on": end.date(), "ends_time": end.time(),
        "cover": str(row.cover_id or ""),
    }  # fmt: skip
