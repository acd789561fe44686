"""Forms about groups: the group, members, leaders, timetables."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from groups.calendars import WEEKDAYS
from groups.forms.base import (
    AskingForm,
    ManageForm,
    breaks_field,
    breaks_text,
    choice_field,
    local_date_field,
    number_field,
    text_field,
    wall_time_field,
)
from groups.forms.clients import client_choices, set_choices
from groups.models import Group, Program, Series, ServiceType
from groups.selectors import staff_of
from groups.services.memberships import GROUP_FIELDS
from groups.services.series import Plan

ROLE_CHOICES = [
    ("facilitator", "facilitator"),
    ("cofacilitator", "co-facilitator"),
    ("observer", "observer: looks on only"),
]


def staff_choices(program: Program) -> list[tuple[str, str]]:
    """Everybody on the staff, once each."""
    return list({str(r.person_id): r.person.full_name for r in staff_of(program)}.items())


class GroupForm(AskingForm):
    """A group."""

    name = text_field("Name", 80, help_text="Neutral words: it stands in calendars and mails.")
    service_type = choice_field("Kind of service", ServiceType.choices)
    track = text_field("Track or stage", 60, required=False)
    min_size = number_field("Fewest clients", 1, 50)
    max_size = number_field("Most clients", 1, 50)
    chat_mode = choice_field(
        "Chat in the room", [("off", "off"), ("staff_only", "to staff only"), ("group", "to the group")]
    )
    admission = choice_field(
        "Who waits at the door is let in",
        [
            ("each", "one by one, by a facilitator"),
            ("roster", "by itself, once the group has started"),
            ("all", "by itself, as soon as they are at the door"),
        ],
        help_text="Those who lead can change it during a session. Whom staff took out is never let in by itself.",
    )
    fallback_phone = text_field(
        "If the room fails: phone bridge", 40, required=False, help_text="Everybody of the group can see it, one tap away."
    )  # fmt: skip
    fallback_code = text_field("Its code", 40, required=False)
    fallback_link = text_field(
        "Or another link", 300, required=False, help_text="An address that begins with https://."
    )
    is_active = forms.BooleanField(
        label="This group meets",
        required=False,
        help_text="Switched off, its sessions to come are taken away.",
    )


def group_initial(group: Group | None) -> dict[str, object]:
    """What is saved now; the usual values for a new group."""
    if group is None:
        return {
            "service_type": "group_therapy", "min_size": 2, "max_size": 12, "chat_mode": "off",
            "is_active": True, "admission": "each",
        }  # fmt: skip
    return {name: getattr(group, name) for name in GROUP_FIELDS}


class MemberForm(AskingForm):
    """A place in a group."""

    client = choice_field("Client", [])
    starts_on = local_date_field("From")
    ends_on = local_date_field("Last day", required=False, help_text="Empty: until further notice.")

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "client", client_choices(program))


class ApartForm(ManageForm):
    """Two clients who are kept apart."""

    first = choice_field("This client", [])
    second = choice_field("And this client", [])
    reason = text_field("Why", 300, help_text="Kept sealed; only those who manage groups can read it.")

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "second"):
            set_choices(self, name, client_choices(program))


class LeaderForm(AskingForm):
    """Somebody who leads or observes a group."""

    person = choice_field("Who", [])
    role = choice_field("As", ROLE_CHOICES)
    starts_on = local_date_field("From")
    ends_on = local_date_field(
        "Last day", required=False, help_text="For a substitute: the same day. Empty: until further notice."
    )

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "person", staff_choices(program))


class EndForm(ManageForm):
    """The last day of a place or a series."""

    ends_on = local_date_field(
        "Last day", help_text="Yesterday: from today on. Past rosters stay as they were."
    )


class DateForm(ManageForm):
    """One date of a series."""

    on = local_date_field("Date")


class DateBackForm(AskingForm):
    """One date of a series that takes place after all."""

    on = local_date_field("Date")


class WeekForm(AskingForm):
    """A whole week from a template."""

    name = text_field("Name of the group", 80)
    starts_on = local_date_field("From")


class SeriesForm(AskingForm):
    """A timetable: either days of the week, or a rule for everything else."""

    title = text_field("Name in calendars", 80, help_text="Neutral words; nothing of treatment.")
    service_type = choice_field("Kind of service", ServiceType.choices)
    days = forms.MultipleChoiceField(
        label="Every week on", choices=WEEKDAYS.items(), required=False, widget=forms.CheckboxSelectMultiple
    )
    rule = text_field(
        "Or a rule of its own", 200, required=False,
        help_text="FREQ=MONTHLY;BYDAY=1MO for the first Monday, FREQ=WEEKLY;INTERVAL=2;BYDAY=TH for every second Thursday.",
    )  # fmt: skip
    local_start = wall_time_field("In the program's time zone, summer and winter alike.")
    minutes = number_field("Length in minutes, breaks included", 1, 720)
    breaks = breaks_field()
    starts_on = local_date_field("First day")
    ends_on = local_date_field("Last day", required=False, help_text="Empty: until further notice.")

    def clean(self) -> dict[str, Any]:
        """Days and rule: exactly one of them."""
        super().clean()
        days, rule = self.cleaned_data.get("days"), self.cleaned_data.get("rule")
        if days and rule:
            self.add_error("rule", "Choose days above or write a rule, not both.")
        if not days and not rule and "days" not in self.errors:
            self.add_error("days", "Choose at least one day, or write a rule below.")
        return self.cleaned_data

    @property
    def plan(self) -> Plan:
        """What was asked for; the service checks it."""
        c = self.cleaned_data
        return Plan(
            title=c["title"],
            service_type=c["service_type"],
            rule=c["rule"] or f"FREQ=WEEKLY;BYDAY={','.join(c['days'])}",
            local_start=c["local_start"].replace(second=0, microsecond=0),
            minutes=c["minutes"],
            starts_on=c["starts_on"],
            ends_on=c["ends_on"],
            breaks=c["breaks"],
        )


class ChangeSeriesForm(SeriesForm):
    """A timetable that exists, changed for everything to come or from a later date on."""

    from_date = local_date_field(
        "Change from", required=False, help_text="Empty: every session that has not begun."
    )


def series_initial(series: Series | None, group: Group, today: date) -> dict[str, object]:
    """What is saved now; the sample evening for a new series."""
    if series is None:
        return {
            "title": group.name, "service_type": group.service_type, "local_start": "17:30", "minutes": 195,
            "breaks": "90+15", "starts_on": today,
        }  # fmt: skip
    weekly = series.rule.removeprefix("FREQ=WEEKLY;BYDAY=")
    plain = weekly != series.rule and set(weekly.split(",")) <= set(WEEKDAYS)
    return {
        "title": series.title,
        "service_type": series.service_type,
        "days": weekly.split(",") if plain else [],
        "rule": "" if plain else series.rule,
        "local_start": series.local_start,
        "minutes": series.minutes,
        "breaks": breaks_text(series.breaks),
        "starts_on": series.starts_on,
        "ends_on": series.ends_on,
    }
