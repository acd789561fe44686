"""The shared half of our forms: unknown fields are refused (AZ-3), errors of services land beside their field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms

from vio.common.errors import DomainError

# Names a browser may send besides the fields: the token of the page, and which button was pressed.
_BESIDE = {"csrfmiddlewaretoken", "preview", "do"}
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


class ManageForm(forms.Form):
    """A form of the administration. `seen` marks what the person saw, so that nobody overwrites another unknowingly."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Refuses fields we did not ask for."""
        if set(self.data) - set(self.fields) - _BESIDE:
            self.add_error(None, "This form was sent with fields we do not know. Please reload the page.")
        return self.cleaned_data

    @property
    def mark(self) -> str | None:
        """What the person saw before editing, or None."""
        return self.cleaned_data.get("seen") or None

    def refuse(self, error: DomainError) -> None:
        """Shows what a service refused: beside the field where it names one of ours."""
        for name, text in error.fields.items():
            self.add_error(name if name in self.fields else None, text)
        if not error.fields:
            self.add_error(None, error.message)

    def show_saved(self, saved: Mapping[str, Any], mark: str) -> None:
        """After somebody else was faster: says per field what is saved now; sending again overwrites it knowingly."""
        self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        self.data["seen"] = mark  # type: ignore[index]  # the copy is writable
        for name, value in saved.items():
            field = self.fields.get(name)
            if field is not None and field.has_changed(value, self[name].data):
                self.add_error(name, f"Saved meanwhile: {_words(value)}")


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "nothing"
    return str(value) if value not in {None, ""} else "nothing"


class AskingForm(ManageForm):
    """A form whose service may ask back: then it shows a box to tick, beside what speaks against it."""

    anyway = forms.BooleanField(label="Yes, still do it", required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["anyway"] = self.fields.pop("anyway")  # asked last
        # A tick that was sent stays in sight: the rest of the form may have changed since.
        if self.data and self["anyway"].data not in {None, "", "False"}:
            self._show_box()

    def _show_box(self) -> None:
        self.fields["anyway"].widget = forms.CheckboxInput()

    def refuse(self, error: DomainError) -> None:
        """Shows what a service refused; asked back, with the box to tick."""
        super().refuse(error)
        if "anyway" in error.fields:
            self._show_box()


def local_date_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A date of the program's calendar, typed or picked."""
    field = forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={"invalid": "Write a date such as 2026-04-13 or 04/13/2026."},
    )
    field.validators.append(_within_a_century)
    return field


def _within_a_century(value: date) -> None:
    if not EARLIEST <= value <= LATEST:
        raise forms.ValidationError("Choose a date between 2000 and 2100.")


def number_field(
    label: str, low: int, high: int, *, required: bool = True, help_text: str = ""
) -> forms.IntegerField:
    """A whole number within bounds."""
    return forms.IntegerField(
        label=label,
        min_value=low,
        max_value=high,
        required=required,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "input-short"}),
        error_messages={"invalid": "Write a whole number."},
    )


def wall_time_field(help_text: str, label: str = "Starts at") -> forms.TimeField:
    """A local time of day; without another label, at which a meeting starts."""
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, help_text=help_text)


def text_field(
    label: str, most: int, *, required: bool = True, help_text: str = "", autocomplete: str = "off"
) -> forms.CharField:
    """A line of text."""
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
    )


def choice_field(
    label: str, choices: Iterable[tuple[str, str]], *, required: bool = True, help_text: str = ""
) -> forms.ChoiceField:
    """One of a list; an optional one may stay open."""
    shown = list(choices) if required else [("", "none yet"), *choices]
    return forms.ChoiceField(label=label, choices=shown, required=required, help_text=help_text)


class BreaksField(forms.CharField):
    """Breaks of an evening as text: "90+15, 150+10" is 15 minutes after 90, and 10 after 150."""

    _part = re.compile(r"(\d{1,4})\s*\+\s*(\d{1,4})", re.ASCII)

    def to_python(self, value: Any) -> Any:
        """A tuple of (minutes after the start, length in minutes)."""
        found = []
        for part in (p.strip() for p in str(value or "").split(",") if p.strip()):
            match = self._part.fullmatch(part)
            if match is None:
                raise forms.ValidationError("Write breaks as 90+15: a break of 15 minutes after 90 minutes.")
            found.append((int(match[1]), int(match[2])))
        return tuple(found)

    def run_validators(self, value: Any) -> None:
        """Nothing of text applies to the pairs; the service checks that they fit."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares as text."""
        return str(initial or "") != str(data or "")


def breaks_field() -> BreaksField:
    """The breaks of a meeting."""
    help_text = "90+15 is a break of 15 minutes after 90 minutes."
    return BreaksField(label="Breaks", required=False, max_length=80, help_text=help_text)


def breaks_text(breaks: Iterable[Iterable[int]]) -> str:
    """Breaks as the field above reads them."""
    return ", ".join("+".join(map(str, pair)) for pair in breaks)
