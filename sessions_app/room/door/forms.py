"""The door's form: where a client is tonight, whom to call, the name the group sees, how the device did."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms

from groups.forms.base import choice_field, text_field
from groups.licences import STATES
from groups.models import Client, EmergencyContact
from sessions_app.room.door.facts import Check
from sessions_app.room.door.selectors import PARTS, last_confirmed
from sessions_app.room.door.services import LONGEST, MISSING, NAME_LENGTH, Whereabouts, whereabouts_of

WHERE = tuple(field.name for field in fields(Whereabouts))
_CHECKS = [("", ""), *((check.value, check.value) for check in Check)]


def _tel(label: str, most: int) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget)


class DoorForm(forms.Form):
    """Everything on the one screen before the room. Nothing here is said twice: what was confirmed last is filled in."""

    address = text_field(
        "Where are you right now?", LONGEST["address"], autocomplete="street-address",
        help_text="Street and number, or the name of the place.",
    )  # fmt: skip
    city = text_field("City or town", LONGEST["city"], autocomplete="address-level2")
    state = choice_field("State", [("", "Choose"), *((code, code) for code in sorted(STATES))])
    contact_name = text_field("Who should we call in an emergency?", LONGEST["contact_name"], required=False)
    contact_phone = _tel("Their phone", LONGEST["contact_phone"])
    contact_relation = text_field(
        "Who they are to you", LONGEST["contact_relation"], required=False, help_text="Mother, friend, neighbor."
    )  # fmt: skip
    privacy_name = text_field(
        "The name the group sees", NAME_LENGTH, required=False, help_text="Staff see your full name. The group never does."
    )  # fmt: skip
    camera = forms.ChoiceField(choices=_CHECKS, required=False, widget=forms.HiddenInput)
    microphone = forms.ChoiceField(choices=_CHECKS, required=False, widget=forms.HiddenInput)
    speaker = forms.ChoiceField(choices=_CHECKS, required=False, widget=forms.HiddenInput)
    connection = forms.ChoiceField(choices=_CHECKS, required=False, widget=forms.HiddenInput)
    round_trip_ms = forms.IntegerField(
        min_value=0, max_value=600_000, required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in MISSING.items():
            self.fields[name].error_messages["required"] = words

    def clean(self) -> dict[str, Any]:
        """Everything that is wrong at once, beside its field, and not one thing after the other."""
        said = {name: self.cleaned_data.get(name) or "" for name in WHERE}
        for name, words in Whereabouts(**said).tidied().problems().items():
            if name not in self.errors:
                self.add_error(name, words)
        return self.cleaned_data

    def said(self) -> list[forms.BoundField]:
        """The fields a person fills in."""
        return [self[name] for name in (*WHERE, "privacy_name")]

    @property
    def where(self) -> Whereabouts:
        """Where they are and whom to call, as typed."""
        return Whereabouts(**{name: self.cleaned_data[name] for name in WHERE})

    @property
    def checks(self) -> dict[str, Check]:
        """How the parts of the device did; empty when nothing was tried."""
        found = {part: self.cleaned_data.get(part) for part in PARTS}
        return {part: Check(result) for part, result in found.items() if result}


def first_values(client: Client) -> dict[str, Any]:
    """What stands in the form before anything is typed: what was confirmed last, else what the chart knows."""
    last = last_confirmed(client)
    if last is not None:
        said = whereabouts_of(last)
        return {**vars(said), "privacy_name": client.peer_name}
    contact = EmergencyContact.objects.filter(client=client).order_by("pk").first()
    known = {"state": client.home_state, "privacy_name": client.peer_name}
    if contact is None:
        return known
    return known | {
        "contact_name": contact.name,
        "contact_phone": contact.phone,
        "contact_relation": contact.relation,
    }
