"""The page where staff set another goal for one week of one client, with a reason."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django import forms
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from groups.access import client_for
from groups.forms.base import ManageForm, number_field
from groups.selectors import today_of
from groups.views.form_page import FormPage
from groups.views.manage import change
from sessions_app.attendance.corrections import REASON_LENGTH
from sessions_app.hours.targets import MOST_DAYS, MOST_MINUTES, newest_target, set_week_target
from sessions_app.models import WeekHours, WeekTarget
from vio.common.errors import BadInputError
from vio.common.http import PageRequest, needs
from vio.common.localtime import WeekStart, week_of
from vio.common.permissions import Permission


class TargetForm(ManageForm):
    """A goal for one week; both figures empty give the week back to the rule."""

    minutes = number_field(
        "Minutes this week", 0, MOST_MINUTES, required=False, help_text="Empty: what the rule says."
    )
    days = number_field("Days this week", 0, MOST_DAYS, required=False)
    reason = forms.CharField(
        label="Why", max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with the week. The client sees the goal, not the reason.",
    )  # fmt: skip


@needs(Permission.MANAGE_ENROLMENT)
@change
def week_target(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """Sets the goal of the week given by `?week=` (the running one by default)."""
    client = client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT)
    day = _day(request.GET.get("week", "")) or today_of(client.program, timezone.now())
    week = week_of(day, WeekStart(client.program.week_start))
    newest, row = (
        newest_target(client, week),
        WeekHours.objects.filter(client=client, week=week.first).first(),
    )

    def save(form: TargetForm) -> WeekTarget:
        c = form.cleaned_data
        seen = form.mark or ""
        return set_week_target(
            actor=request.actor, client=client, day=week.first, minutes=c["minutes"], days=c["days"],
            reason=c["reason"], now=timezone.now(), seen_version=int(seen) if seen.isdecimal() else None,
        )  # fmt: skip

    back = f"{reverse('hours_board')}?program={client.program_id}&week={week.first.isoformat()}"
    return FormPage(
        request, program=client.program, title=f"Goal of one week: {client.person.full_name}", make=TargetForm,
        act=save, after=back, back=back, submit="Set this goal", done="The goal is set, and the week counted again.",
        intro=_intro(f"Week of {date_format(week.first, 'M j, Y')}.", row, newest),
        saved=lambda: _saved(newest), mark=lambda: str(newest.version if newest else 0),
    ).answer()  # fmt: skip


def _intro(week: str, row: WeekHours | None, newest: WeekTarget | None) -> str:
    parts = [week]
    if row is not None:
        parts.append(f"The goal now is {row.prescribed_minutes} minutes on {row.prescribed_days} days.")
    if newest is not None:
        parts.append(f"{newest.author.full_name} wrote: {newest.reason}")
    return " ".join(parts)


def _saved(newest: WeekTarget | None) -> dict[str, int | None]:
    return {"minutes": newest.minutes, "days": newest.days} if newest else {}


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError("That is not a date.", fields={"week": "A date like 2026-04-13."}) from error
