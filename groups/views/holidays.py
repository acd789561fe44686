"""Pages about holidays: the list, a new one, one that is taken back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from groups import access
from groups.forms.holidays import HolidayForm, MeetAgainForm
from groups.models import Holiday
from groups.selectors import today_of
from groups.services import holidays as service
from groups.views.form_page import FormPage
from groups.views.manage import change, look
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

MANAGE = Permission.MANAGE_GROUPS


@needs(MANAGE)
@look
def holiday_list(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """The holidays ahead, then those that were."""
    program = access.program_for(request.actor, program_id, MANAGE)
    today = today_of(program, timezone.now())
    context = {
        "program_managed": program,
        "coming": program.holidays.filter(on__gte=today).order_by("on"),
        "before": program.holidays.filter(on__lt=today).order_by("-on")[:20],
    }
    return render(request, "groups/manage/holidays.html", context)


def _list(program_id: UUID) -> str:
    return reverse("manage_holidays", args=[program_id])


@needs(MANAGE)
@change
def holiday_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """One more date on which no group meets."""
    program = access.program_for(request.actor, program_id, MANAGE)

    def save(form: HolidayForm) -> Holiday:
        c = form.cleaned_data
        return service.add_holiday(
            actor=request.actor, program=program, on=c["on"], name=c["name"], now=timezone.now()
        )

    return FormPage(
        request, program=program, title="New holiday", make=HolidayForm, act=save, after=_list(program.pk),
        back=_list(program.pk), submit="Call this date off", done="Every group of that date is called off.",
        intro="Every group of that date that has not begun is called off. It counts against nobody.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def holiday_remove(request: PageRequest, holiday_id: UUID) -> HttpResponseBase:
    """The groups meet on that date after all."""
    holiday = access.holiday_for(request.actor, holiday_id, MANAGE)

    def save(form: MeetAgainForm) -> None:
        service.remove_holiday(
            actor=request.actor, holiday=holiday, now=timezone.now(), anyway=form.cleaned_data["anyway"]
        )

    return FormPage(
        request, program=holiday.program, title=f"Remove {holiday.name}?", make=MeetAgainForm, act=save,
        after=_list(holiday.program_id), back=_list(holiday.program_id), submit="The groups meet",
        done="The groups of that date take place.",
        intro="The groups that were called off for it take place again; those called off on their own do not.",
    ).answer()  # fmt: skip
