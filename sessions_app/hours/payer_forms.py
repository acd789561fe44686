"""Forms of payers, coverages and authorisations."""

from __future__ import annotations

from django import forms

from groups.forms.base import ManageForm, choice_field, local_date_field, number_field, text_field
from groups.models import Program, ServiceType
from sessions_app.hours.paying import MOST_UNITS
from sessions_app.models import Payer


class PayerChangeForm(ManageForm):
    """What may change about a payer; its rule may not."""

    name = text_field("Name", 80)
    code = text_field("Code you bill", 20, required=False, help_text="As you write it on a claim.")
    warn_units = number_field(
        "Warn when so many units are left", 0, 1000, help_text="The primary clinician hears of it once."
    )
    is_active = forms.BooleanField(label="New coverages may choose it", required=False)


class PayerForm(PayerChangeForm):
    """A new payer with its rule. Only the figures of the chosen rule are used."""

    rule = choice_field(
        "Units",
        [
            ("unit15", "15 minutes each: 8 to 22 minutes are one, 23 to 37 two, and so on"),
            ("h0015_day", "One a day with enough minutes"),
            ("ohio_day", "One per diem a day with enough minutes, hourly below"),
            ("per_session", "One for each session in a group of the right size"),
        ],
        help_text="This cannot be changed later: another contract is another payer.",
    )
    service_types = forms.MultipleChoiceField(
        label="Services under this code", choices=ServiceType.choices, widget=forms.CheckboxSelectMultiple,
        required=False, help_text="None chosen: all of them.",
    )  # fmt: skip
    day_minutes = number_field("A unit a day: minutes of a day that counts", 1, 1440)
    days_needed = number_field("A unit a day: such days in a week", 1, 7)
    per_diem_from = number_field("Per diem: from so many minutes a day", 1, 1440)
    session_minutes = number_field("A unit a session: shortest time", 1, 720)
    size_floor = number_field("A unit a session: smallest group", 1, 50)
    size_cap = number_field("A unit a session: largest group", 1, 50)

    field_order = ["name", "code", "rule", "service_types"]


class CoverageForm(ManageForm):
    """Who pays for a client, from when."""

    payer = forms.ChoiceField(label="Payer")
    member_number = text_field("Member number", 40, required=False, help_text="Kept sealed.")
    starts_on = local_date_field("From")
    ends_on = local_date_field("Last day", required=False, help_text="Empty: until further notice.")

    def __init__(self, *args: object, program: Program, **more: object) -> None:
        """With the payers of one program to choose from."""
        super().__init__(*args, **more)  # type: ignore[arg-type]  # handed through to Django
        rows = Payer.objects.filter(program=program, is_active=True).order_by("name")
        chosen = self.fields["payer"]
        if isinstance(chosen, forms.ChoiceField):
            chosen.choices = [(str(row.pk), row.name) for row in rows]


class CoverageEndForm(ManageForm):
    """The last day a payer pays."""

    ends_on = local_date_field("Last day")


class AuthorisationChangeForm(ManageForm):
    """More or fewer units, another last day."""

    units = number_field("Units", 1, MOST_UNITS)
    ends_on = local_date_field("Last day")


class AuthorisationForm(AuthorisationChangeForm):
    """What a payer authorised."""

    number = text_field("Authorisation number", 40, required=False, help_text="Kept sealed.")
    starts_on = local_date_field("From")

    field_order = ["number", "units", "starts_on", "ends_on"]
