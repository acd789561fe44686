"""Forms about staff."""

from __future__ import annotations

from typing import Any

from django import forms

from groups import licences
from groups.forms.base import ManageForm, choice_field, text_field
from groups.models import StaffRole
from vio.common.permissions import STAFF_ROLES

ROLE_WORDS = {
    "facilitator": "facilitator: leads groups",
    "clinician": "clinician: alerts and follow-up",
    "supervisor": "supervisor: the whole clinical side",
    "director": "director: everything in the program",
    "records": "records: attendance and hours",
    "admin": "admin: enrolment, groups, staff",
}


class StaffForm(ManageForm):
    """Credentials, states and the on-call flag of a role."""

    credentials = text_field(
        "Credentials", 60, required=False, help_text="LCSW, LMHC: printed beside a signature."
    )
    licensed_states = forms.CharField(
        label="Licensed in", max_length=600, required=False,
        help_text="Each with its last day: NY 2027-03-31, NJ no end. You are reminded here thirty days before.",
    )  # fmt: skip
    is_on_call = forms.BooleanField(label="On call: red alerts reach this person", required=False)

    def clean_licensed_states(self) -> list[str]:
        """Codes of states; their ends go into `licence_ends`."""
        try:
            found = licences.read(self.cleaned_data["licensed_states"])
        except licences.UnreadableError as error:
            raise forms.ValidationError(str(error)) from error
        self.cleaned_data["licence_ends"] = {one.state: one.ends_on for one in found}
        return [one.state for one in found]


class NewStaffForm(StaffForm):
    """A person with a role."""

    first_name = text_field("First name", 60)
    last_name = text_field("Last name", 60, required=False)
    email = forms.EmailField(label="E-mail address", max_length=254, help_text="Their invitation goes here.")
    role = choice_field("Role", [(r.value, ROLE_WORDS[r.value]) for r in sorted(STAFF_ROLES)])

    field_order = ["first_name", "last_name", "email", "role", "credentials", "licensed_states", "is_on_call"]


def staff_initial(row: StaffRole) -> dict[str, Any]:
    """What is saved now."""
    return {
        "credentials": row.credentials,
        "licensed_states": licences.as_text(row.held_licences),
        "is_on_call": row.is_on_call,
    }
