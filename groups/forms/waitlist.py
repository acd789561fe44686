"""Forms of the waitlist."""

from __future__ import annotations

from typing import Any

from django import forms

from groups.forms.base import ManageForm, choice_field
from groups.forms.clients import client_choices
from groups.models import Program
from groups.services.waitlist import REASON_LENGTH


class WaitForm(ManageForm):
    """Who waits."""

    client = choice_field("Client", [])

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["client"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = client_choices(program)


class MoveForm(ManageForm):
    """Why somebody goes before the others."""

    reason = forms.CharField(
        label="Why before the others?", max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays on record. Others lose time by it.",
    )  # fmt: skip
