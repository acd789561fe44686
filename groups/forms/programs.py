"""Forms of a program: its settings, its levels of care, a new version of the agreement."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms

from groups.forms.base import ManageForm, choice_field, number_field, text_field, wall_time_field
from groups.models import LevelOfCare, Program

_COMMON_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)


def zone_choices() -> list[tuple[str, str]]:
    """Zones of the United States first, then every other."""
    rest = sorted(z for z in available_timezones() if "/" in z and z not in _COMMON_ZONES)
    return [(z, z.replace("_", " ")) for z in (*_COMMON_ZONES, *rest, "UTC")]


class ProgramForm(ManageForm):
    """Settings of a program."""

    name = text_field("Name of the program", 120)
    timezone = choice_field(
        "Time zone",
        zone_choices(),
        help_text="Groups keep their local time. A change moves what has not begun.",
    )
    week_start = choice_field(
        "A week is",
        [("sun", "Sunday to Saturday"), ("mon", "Monday to Sunday"), ("rolling7", "the last seven days")],
    )
    help_line = text_field(
        "The program's own phone line",
        40,
        required=False,
        help_text="Shown on every page beside 988 and 911.",
    )
    lobby_opens_minutes = number_field("The waiting room opens, minutes before the start", 0, 120)
    reconnect_grace_seconds = number_field("A lost connection keeps its place, seconds", 10, 900)
    note_due_hours = number_field("A note is due, hours after the end", 1, 336)
    correction_window_hours = number_field(
        "One person may correct attendance, hours after the end", 0, 2160,
        help_text="Later corrections count only when a second person signs them.",
    )  # fmt: skip
    chat_retention_hours = number_field("Chat is kept, hours after the end", 0, 8760)
    reminder_minutes = number_field(
        "Clients are reminded, minutes before the first group of a day", 0, 600, help_text="0: not at all."
    )
    quiet_from = wall_time_field("Clients get no messages from then on.", "Quiet hours begin")
    quiet_until = wall_time_field("The same time twice: no quiet hours.", "Quiet hours end")
    offer_hours = number_field("A free place is held for who waits, hours", 1, 168)


def program_initial(program: Program) -> dict[str, object]:
    """What is saved now."""
    return {name: getattr(program, name) for name in ProgramForm.base_fields if name != "seen"}


class LevelForm(ManageForm):
    """A level of care."""

    code = text_field("Code", 8, help_text="2.1 for intensive outpatient")
    name = text_field("Name", 80)
    population = choice_field("For", [("adult", "adults"), ("adolescent", "adolescents")])
    weekly_minutes = number_field("Least minutes a week", 0, 10080, help_text="9 hours are 540 minutes.")
    weekly_days = number_field("Least days a week", 0, 7)
    is_active = forms.BooleanField(label="In use", required=False)


def level_initial(level: LevelOfCare | None) -> dict[str, object]:
    """What is saved now; the usual values for a new level."""
    if level is None:
        return {"population": "adult", "weekly_minutes": 540, "weekly_days": 3, "is_active": True}
    return {name: getattr(level, name) for name in LevelForm.base_fields if name != "seen"}


class AgreementForm(ManageForm):
    """A new version of the group agreement; `seen` holds the number of the version before."""

    text = forms.CharField(
        label="The agreement, in plain words",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Every client reads and accepts this before their next room.",
    )
