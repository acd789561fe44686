"""Forms about clients: a new client in one go, their chart, enrolments, doses, steps, contacts."""

from __future__ import annotations

from typing import Any

from django import forms

from groups.forms.base import AskingForm, ManageForm, choice_field, local_date_field, number_field, text_field
from groups.licences import STATES
from groups.models import Client, EmergencyContact, Group, LevelOfCare, Program
from groups.selectors import END_REASONS, staff_of
from vio.common.permissions import Role

_STATE_CHOICES = [(code, code) for code in sorted(STATES)]
CARERS = (Role.CLINICIAN, Role.SUPERVISOR, Role.DIRECTOR)


def level_choices(program: Program) -> list[tuple[str, str]]:
    """The levels of care in use."""
    rows = LevelOfCare.objects.filter(program=program, is_active=True).order_by("code", "population")
    return [(str(r.pk), f"{r.code} {r.name} ({r.population}, {r.weekly_minutes} min)") for r in rows]


def clinician_choices(program: Program) -> list[tuple[str, str]]:
    """Who may be a primary clinician, once each."""
    rows = staff_of(program).filter(role__in=CARERS)
    return list({str(r.person_id): r.person.full_name for r in rows}.items())


def group_choices(program: Program) -> list[tuple[str, str]]:
    """The groups that meet."""
    rows = Group.objects.filter(program=program, is_active=True).order_by("name")
    return [(str(g.pk), g.name) for g in rows]


def client_choices(program: Program) -> list[tuple[str, str]]:
    """Every client by name."""
    rows = Client.objects.filter(program=program).select_related("person").order_by("person__first_name")
    return [(str(c.pk), c.person.full_name) for c in rows]


class ChartForm(ManageForm):
    """What stands in the head of a chart."""

    privacy_name = text_field(
        "Name that peers see", 40, required=False, help_text="Empty: first name and initial."
    )
    phone = text_field("Phone", 40, required=False)
    home_state = choice_field("State they are in during group", _STATE_CHOICES, required=False)


def chart_initial(client: Client) -> dict[str, object]:
    """What is saved now."""
    return {"privacy_name": client.privacy_name, "phone": client.phone, "home_state": client.home_state}


class EnrolForm(ManageForm):
    """A new episode with its first dose."""

    level = choice_field("Level of care", [])
    starts_on = local_date_field("First day")
    weekly_minutes = number_field(
        "Minutes a week", 0, 10080, required=False, help_text="Empty: the least of the level."
    )
    weekly_days = number_field("Days a week", 0, 7, required=False)
    primary_clinician = choice_field("Primary clinician", [], required=False)

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "level", level_choices(program))
        set_choices(self, "primary_clinician", clinician_choices(program))


class NewClientForm(AskingForm, EnrolForm):
    """Person, chart, enrolment, dose and first group at once."""

    first_name = text_field("First name", 60)
    last_name = text_field("Last name", 60, required=False)
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="Their invitation goes here; it says nothing of treatment.",
    )
    phone = text_field("Phone", 40, required=False)
    privacy_name = text_field("Name that peers see", 40, required=False)
    home_state = choice_field("State they are in during group", _STATE_CHOICES, required=False)
    group = choice_field("First group", [], required=False)

    field_order = [
        "first_name", "last_name", "email", "phone", "privacy_name", "home_state", "level", "starts_on",
        "weekly_minutes", "weekly_days", "primary_clinician", "group",
    ]  # fmt: skip

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(program, *args, **kwargs)
        set_choices(self, "group", group_choices(program))


class DoseForm(ManageForm):
    """Another dose from a date on."""

    starts_on = local_date_field("From", help_text="Weeks before keep the dose they ran under.")
    weekly_minutes = number_field("Minutes a week", 0, 10080)
    weekly_days = number_field("Days a week", 0, 7)
    reason = forms.CharField(
        label="Why", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class LevelStepForm(ManageForm):
    """A step up or down to another level; the chart stays the same."""

    level = choice_field("New level of care", [])
    starts_on = local_date_field("From")
    weekly_minutes = number_field(
        "Minutes a week", 0, 10080, required=False, help_text="Empty: the least of the level."
    )
    weekly_days = number_field("Days a week", 0, 7, required=False)
    reason = forms.CharField(label="Why", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "level", level_choices(program))


class ClinicianForm(ManageForm):
    """Who is the primary clinician."""

    primary_clinician = choice_field("Primary clinician", [], required=False)

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "primary_clinician", clinician_choices(program))


class EndEnrolmentForm(ManageForm):
    """The last day of an episode and why."""

    ends_on = local_date_field("Last day", help_text="Places in groups end on the same day.")
    reason = choice_field("Why", END_REASONS)


class ContactForm(ManageForm):
    """Somebody to call."""

    name = text_field("Name", 120)
    relation = text_field("Who they are to the client", 40, required=False)
    phone = text_field("Phone", 40)
    consent_given = forms.BooleanField(
        label="The client agreed that we may call this person",
        required=False,
        help_text="Without it they are called in a medical emergency only.",
    )


def contact_initial(contact: EmergencyContact | None) -> dict[str, object]:
    """What is saved now."""
    if contact is None:
        return {}
    return {
        "name": contact.name, "relation": contact.relation, "phone": contact.phone,
        "consent_given": contact.consent_given,
    }  # fmt: skip


class EmptyForm(ManageForm):
    """Only a confirmation."""


def set_choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    """Fills a list with what the program has; an optional one may stay open."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared a few lines above
    blank = [] if field.required else [("", "none yet")]
    field.choices = [*blank, *choices]
