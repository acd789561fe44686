"""Forms of scheduling and of the counting rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from groups.forms.base import (
    ManageForm,
    breaks_field,
    breaks_text,
    choice_field,
    local_date_field,
    number_field,
    text_field,
    wall_time_field,
)
from groups.models import Group, Program, ServiceType
from sessions_app.hours.trial import MOST_WEEKS
from sessions_app.models import AttendancePolicy, HoursPolicy, Session
from sessions_app.services.policies import ATTENDANCE_FIELDS, HOURS_FIELDS
from vio.common.localtime import to_instant, to_local


class MoveForm(ManageForm):
    """When one meeting takes place."""

    starts_on = local_date_field("Date")
    local_start = wall_time_field("In the program's time zone.")
    minutes = number_field("Length in minutes, breaks included", 1, 720)
    breaks = breaks_field()

    def starts_at(self, program: Program) -> datetime:
        """The instant that was asked for (R1)."""
        wall = self.cleaned_data["local_start"].replace(second=0, microsecond=0)
        return to_instant(datetime.combine(self.cleaned_data["starts_on"], wall), program.zone)


class PlanForm(MoveForm):
    """One meeting outside of any timetable."""

    title = text_field("Name in calendars", 80, help_text="Neutral words; nothing of treatment.")
    service_type = choice_field("Kind of service", ServiceType.choices)

    anyway = forms.BooleanField(
        label="Do it in spite of a warning",
        required=False,
        help_text="Leave it open; you are asked if there is one.",
    )

    field_order = ["title", "service_type", "starts_on", "local_start", "minutes", "breaks", "anyway"]


class FallbackForm(ManageForm):
    """Another way to meet when the room fails, for one meeting."""

    fallback_phone = text_field("Phone bridge", 40, required=False)
    fallback_code = text_field("Its code", 40, required=False)
    fallback_link = text_field(
        "Or another link", 300, required=False, help_text="An address that begins with https://."
    )


def move_initial(session: Session) -> dict[str, object]:
    """When the meeting is planned now, in the program's zone."""
    start = to_local(session.starts_at, session.program.zone)
    planned = [
        (_minutes(b.planned_start - session.starts_at), _minutes(b.planned_end - b.planned_start))
        for b in session.breaks.order_by("planned_start")
        if b.planned_start is not None and b.planned_end is not None
    ]
    return {
        "starts_on": start.date(), "local_start": start.time(), "breaks": breaks_text(planned),
        "minutes": _minutes(session.ends_at - session.starts_at),
    }  # fmt: skip


def _minutes(length: Any) -> int:
    return int(length.total_seconds() // 60)


def plan_initial(group: Group) -> dict[str, object]:
    """The usual values of a single meeting."""
    return {"title": group.name, "service_type": group.service_type, "local_start": "17:30", "minutes": 90}


class PolicyForm(ManageForm):
    """What both policies have: from when, and on how many past weeks to try it."""

    effective_from = local_date_field("From", help_text="Days before keep the version they were counted by.")
    try_weeks = number_field(
        "Try it on so many past weeks",
        1,
        MOST_WEEKS,
        required=False,
        help_text="For “Try it”; nothing is saved.",
    )

    @property
    def weeks(self) -> int:
        """The past weeks to try it on."""
        return int(self.cleaned_data.get("try_weeks") or 4)


class AttendancePolicyForm(PolicyForm):
    """A new version of the attendance rules; `seen` holds the number of the version before."""

    bridge_gap_seconds = number_field("Gaps up to so many seconds are filled", 0, 900)
    late_after_seconds = number_field("Late after seconds", 0, 3600)
    left_early_seconds = number_field("Left early from seconds before the end", 0, 3600)
    no_show_below_minutes = number_field("Below so many minutes it is a no-show", 1, 60)
    attended_percent = number_field("Attended from percent of the time held", 1, 100)
    attribution = choice_field(
        "A session over midnight", [("start_date", "belongs to the day it began"), ("split", "is split")]
    )


class HoursPolicyForm(PolicyForm):
    """A new version of what an hour is and what counts."""

    definition = choice_field(
        "An hour is",
        [("clock", "60 minutes by the clock"), ("therapeutic", "a therapeutic hour, as set below")],
    )
    group_minutes = number_field("Therapeutic: a group of at least so many minutes", 30, 60)
    counts_as = number_field("Therapeutic: counts as so many minutes", 30, 60)
    from_percent = number_field("Therapeutic: when attended to so many percent", 1, 100)
    countable = forms.MultipleChoiceField(
        label="These count toward the week", choices=ServiceType.choices, widget=forms.CheckboxSelectMultiple
    )
    proration = choice_field(
        "The weekly minimum",
        [
            ("none", "always holds for the whole week"),
            ("days", "is cut to the days in the program"),
            ("scheduled", "is cut to the days, and lowered for groups the program calls off"),
        ],
    )


def policy_initial(
    policy: AttendancePolicy | HoursPolicy | None, kind: type[AttendancePolicy] | type[HoursPolicy]
) -> dict[str, object]:
    """The values of the last version, or the defaults."""
    row = policy or kind()
    names = ATTENDANCE_FIELDS if kind is AttendancePolicy else HOURS_FIELDS
    return {name: getattr(row, name) for name in names} | {"try_weeks": 4}
