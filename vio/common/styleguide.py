"""The style guide: every building block with believable values, and whole pages built from them to copy.

It reads nothing but the invented values of `styleguide_data`, so it is open to everybody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from vio.common import styleguide_data as data
from vio.common.badges import BADGES
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

MOCKS = {
    "home": "Client: home on a phone",
    "checkin": "Client: check-in",
    "room": "Client: in the room",
    "console": "Staff: room console",
    "desk": "Staff: desk",
    "signin": "Signing in",
}
_YES_NO = (("yes", "Yes"), ("no", "No"))


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label="Group name", max_length=40, help_text="People see this on their phones.")
    starts_on = forms.DateField(label="First evening", widget=forms.DateInput(attrs={"type": "date"}))
    seats = forms.IntegerField(label="Seats", min_value=2, max_value=12, help_text="2 to 12.")
    level = forms.ChoiceField(
        label="Level of care", choices=[("2.1", "Intensive outpatient (2.1)"), ("1", "Outpatient (1)")]
    )
    days = forms.MultipleChoiceField(
        label="Evenings",
        choices=[("mo", "Monday"), ("tu", "Tuesday"), ("th", "Thursday")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    chat = forms.BooleanField(label="Clients may write to the group", required=False)
    about = forms.CharField(
        label="What it is about", widget=forms.Textarea(attrs={"rows": 3}), required=False
    )


class SampleCheckIn(forms.Form):
    """The daily check-in, as far as the building blocks go."""

    mood = forms.IntegerField(label="How is your mood?", min_value=0, max_value=10)
    urge = forms.IntegerField(label="How strong is the urge to use?", min_value=0, max_value=10)
    used = forms.ChoiceField(
        label="Have you used since your last check-in?", choices=_YES_NO, widget=forms.RadioSelect
    )
    safe = forms.ChoiceField(
        label="Have you had thoughts of hurting yourself?", choices=_YES_NO, widget=forms.RadioSelect,
        help_text="If yes, we show you help at once.",
    )  # fmt: skip
    sleep = forms.DecimalField(label="Hours of sleep", min_value=0, max_value=24, decimal_places=1)
    note = forms.CharField(
        label="Anything you want to add", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


def _context() -> dict[str, Any]:
    now = timezone.now()
    return {
        "now": now,
        "places_all": True,
        "here": "tonight",
        "mocks": MOCKS,
        "badges": BADGES,
        "tz": data.TZ,
        "starts_at": now + timedelta(minutes=25, seconds=20),
        "started_at": now - timedelta(minutes=41, seconds=7),
        "answer_by": now + timedelta(minutes=11),
        "earlier": now - timedelta(minutes=4),
        "help_line": "(555) 010-0142",
        "form": SampleForm(
            {"name": "Evening skills", "seats": "40", "level": "2.1", "days": ["mo"], "chat": "on"}
        ),
        "clean_form": SampleForm(),
        "checkin": SampleCheckIn(initial={"mood": 6, "urge": 3}),
        "checkin_wrong": SampleCheckIn({"mood": "", "used": "no"}),
        **_drawings(),
    }


def _drawings() -> dict[str, Any]:
    return {
        "strip_value": data.evening(),
        "own_strip": data.own_evening(),
        "week_value": data.week_on_course(),
        "weeks": data.weeks(),
        "trend_value": data.eight_weeks(),
        "weather_value": data.tonight_weather(),
        "spark_values": [3, 4, None, 5, 4, 6, 7, None, 5, 4, 3, 3, 2, 3],
    }


@needs(Permission.PUBLIC)
def styleguide(request: PageRequest) -> HttpResponse:
    """All building blocks on one page."""
    return render(request, "common/styleguide.html", _context())


@needs(Permission.PUBLIC)
def mock(request: PageRequest, page: str) -> HttpResponse:
    """One whole page built from the blocks. Raises NotFoundError for a page that is not in MOCKS."""
    if page not in MOCKS:
        raise NotFoundError
    return render(request, f"common/mocks/{page}.html", _context())
