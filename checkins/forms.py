"""Forms of checkins. The services decide what is right; a form keeps what was typed and shows errors beside it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.utils import ErrorDict, ErrorList

from checkins import answers

_YES_NO = [("yes", "Yes"), ("no", "No")]


class CheckInForm(forms.Form):
    """The daily check-in. It only draws: `checkins.answers` reads what comes back."""

    mood = forms.CharField(label="How is your mood right now?", widget=forms.RadioSelect)
    urge = forms.CharField(label="How strong is the urge to use right now?", widget=forms.RadioSelect)
    used = forms.ChoiceField(
        label="Did you drink or use since your last check-in?", choices=_YES_NO, widget=forms.RadioSelect
    )
    safety = forms.ChoiceField(
        label="Do you think about hurting yourself, or about not being alive?",
        choices=_YES_NO,
        widget=forms.RadioSelect,
    )
    sleep_hours = forms.CharField(
        label="Hours of sleep last night",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    medication = forms.ChoiceField(
        label="Did you take your medicine today?",
        required=False,
        choices=[("taken", "Yes"), ("not_taken", "No"), ("not_prescribed", "I have none")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label="Anything you want to add?",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": answers.NOTE_LIMIT, "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, found: Mapping[str, str] | None = None) -> None:
        """`data` is what was sent, kept as it was; `found` the errors the service found, by field."""
        super().__init__(data)
        self._found = dict(found or {})

    @property
    def errors(self) -> ErrorDict:
        """The service's reading counts, not one of this form's own."""
        errors = ErrorDict()
        for name, message in self._found.items():
            errors[name if name in self.fields else NON_FIELD_ERRORS] = ErrorList([message])
        return errors


class VersionForm(forms.Form):
    """An act on an alert: which version of it was on the screen."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class TextForm(VersionForm):
    """An act with a text; the service refuses an empty one."""

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: str = "What happened", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label
        self.fields["text"].required = False


class AssignForm(VersionForm):
    """Giving an alert to somebody of the clinical team."""

    person = forms.UUIDField(
        label="Give it to", error_messages={"invalid": "Please choose somebody of the clinical team."}
    )


class SearchForm(forms.Form):
    """Looking for a client by name. Sent by POST, so that no name stands in an address (DP-3)."""

    q = forms.CharField(label="Find a client", required=False, max_length=80)


def new_submission_id() -> str:
    """An id for one filling of the form, made with the page; the browser sends it back with every try."""
    return str(uuid.uuid4())
