"""Forms of holidays."""

from __future__ import annotations

from groups.forms.base import AskingForm, ManageForm, local_date_field, text_field


class HolidayForm(ManageForm):
    """A date on which no group meets."""

    on = local_date_field("Date")
    name = text_field("Name", 60, help_text="Clients see it: Labor Day, Winter break.")


class MeetAgainForm(AskingForm):
    """Nothing to fill in; a tick where something speaks against it."""
