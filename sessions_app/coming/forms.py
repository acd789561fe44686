"""The form behind "I will be late" and "I cannot come"."""

from __future__ import annotations

from django import forms

from sessions_app.coming.models import MINUTES
from sessions_app.coming.services import REASON_LENGTH, Word

ABSENT = "absent"


class NoticeForm(forms.Form):
    """One tap: a button per choice; the reason only for who cannot come."""

    coming = forms.ChoiceField(
        choices=[*((str(m), f"{m} minutes late") for m in MINUTES), (ABSENT, "not at all")]
    )
    reason = forms.CharField(
        label="Why? Only staff see this.", max_length=REASON_LENGTH, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def word(self) -> Word:
        """What was said, parsed."""
        said = self.cleaned_data["coming"]
        return Word(None if said == ABSENT else int(said), self.cleaned_data["reason"])
