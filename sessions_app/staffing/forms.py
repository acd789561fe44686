"""The forms of a substitute: who comes, and that they go."""

from __future__ import annotations

from typing import Any

from django import forms

from groups.forms.base import AskingForm, ManageForm, choice_field
from groups.forms.clients import set_choices
from groups.forms.groups import ROLE_CHOICES, staff_choices
from sessions_app.models import Session
from sessions_app.staffing.leaders import leaders_of


class SubstituteForm(ManageForm):
    """Who leads one session, in place of whom."""

    person = choice_field("Who comes", [])
    stands_in_for = choice_field("In place of", [], required=False)
    role = choice_field("As", ROLE_CHOICES)
    anyway = forms.BooleanField(
        label="Do it in spite of a warning",
        required=False,
        help_text="Leave it open; you are asked if there is one.",
    )

    def __init__(self, session: Session, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "person", [("", "choose"), *staff_choices(session.program)])
        here = [(str(each.person.pk), each.person.full_name) for each in leaders_of(session)]
        relieved = self.fields["stands_in_for"]
        assert isinstance(relieved, forms.ChoiceField)  # noqa: S101  # declared a few lines above
        relieved.choices = [("", "nobody: they lead it together"), *here]


class EndPlaceForm(AskingForm):
    """Nothing to fill in; a tick where something speaks against who leads then."""
