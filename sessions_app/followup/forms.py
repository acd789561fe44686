"""Forms of follow-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms

from groups.models import Person
from sessions_app.followup.rules import Outcome
from sessions_app.followup.services import Attempt
from sessions_app.models import ContactAttempt

_FIELDS = {field.name: field for field in ContactAttempt._meta.get_fields() if hasattr(field, "choices")}


def _choices(name: str) -> list[tuple[str, str]]:
    return [(str(value), str(word).capitalize()) for value, word in _FIELDS[name].choices or []]


class AttemptForm(forms.Form):
    """One try to reach the client."""

    channel = forms.ChoiceField(label="How did you try?", choices=_choices("channel"))
    outcome = forms.ChoiceField(label="What came of it?", choices=_choices("outcome"))
    barrier = forms.ChoiceField(
        label="What stood in the way?", choices=_choices("barrier"), initial="unknown"
    )
    note = forms.CharField(
        label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A message you leave must not say what kind of program this is.",
    )  # fmt: skip
    medical_emergency = forms.BooleanField(label="This is a medical emergency", required=False)

    def attempt(self) -> Attempt:
        """What was typed, parsed."""
        given = self.cleaned_data
        return Attempt(
            channel=given["channel"],
            outcome=Outcome(given["outcome"]),
            barrier=given["barrier"],
            note=given["note"],
            medical_emergency=given["medical_emergency"],
        )


def _name(person: Person, away: Mapping[UUID, str]) -> str:
    return f"{person.full_name} ({away[person.pk]})" if person.pk in away else person.full_name


class OwnerForm(forms.Form):
    """Who looks after a follow-up."""

    owner = forms.ChoiceField(label="Owner")

    def __init__(
        self, people: list[Person], *args: Any, away: Mapping[UUID, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["owner"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [(str(person.pk), _name(person, away or {})) for person in people]

    def owner_id(self) -> UUID:
        """The chosen person."""
        return UUID(self.cleaned_data["owner"])


class ExcuseForm(forms.Form):
    """Nothing to fill in: what the client said is the reason."""


class CloseForm(forms.Form):
    """Why a follow-up can end without having reached the client."""

    reason = forms.CharField(
        label="Why can this end?", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
