"""Forms of the timetable pages."""

from __future__ import annotations

from django import forms

from groups.forms.base import (
    ManageForm,
    breaks_field,
    choice_field,
    local_date_field,
    number_field,
    text_field,
    wall_time_field,
)
from groups.models import ServiceType
from sessions_app.forms import move_initial
from sessions_app.models import Session
from sessions_app.timetable.changing import Reach, Wanted

REACHES = [
    (Reach.THIS.value, "this evening only"),
    (Reach.FOLLOWING.value, "this evening and all that follow"),
    (Reach.ALL.value, "every evening that has not begun"),
]


class ChangeForm(ManageForm):
    """What evenings are to be; `seen` holds the mark of the steps that were shown."""

    reach = forms.ChoiceField(label="What changes", choices=REACHES, widget=forms.RadioSelect)
    title = text_field("Name in calendars", 80, help_text="Neutral words; nothing of treatment.")
    service_type = choice_field("Kind of service", ServiceType.choices)
    starts_on = local_date_field(
        "Date", required=False, help_text="Only for this evening; the days of a timetable change there."
    )
    local_start = wall_time_field("In the program's time zone, summer and winter alike.")
    minutes = number_field("Length in minutes, breaks included", 1, 720)
    breaks = breaks_field()
    anyway = forms.BooleanField(label="I have seen this; do it anyway", required=False)

    @property
    def chosen(self) -> Reach:
        """How far it goes."""
        return Reach(self.cleaned_data["reach"])

    @property
    def wanted(self) -> Wanted:
        """What was asked for; the service checks it."""
        c = self.cleaned_data
        alone = self.chosen is Reach.THIS
        return Wanted(
            title=c["title"],
            service_type=c["service_type"],
            local_start=c["local_start"].replace(second=0, microsecond=0),
            minutes=c["minutes"],
            breaks=c["breaks"],
            on=c["starts_on"] if alone else None,
        )


def change_initial(session: Session) -> dict[str, object]:
    """What the session says now."""
    return {
        **move_initial(session),
        "reach": Reach.THIS.value,
        "title": session.title,
        "service_type": session.service_type,
    }
