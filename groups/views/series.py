"""Pages about timetables: new and changed with a preview of the next meetings, ended, single dates called off."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from groups import access
from groups.calendars import Occurrence, RuleError, Timetable, parse_rule, preview
from groups.forms import groups as forms
from groups.models import Group, Series
from groups.selectors import holidays_of, timetable_of, today_of
from groups.services import programs
from groups.services import series as service
from groups.views.form_page import FormPage
from groups.views.manage import change, look
from vio.common.errors import BadInputError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

MANAGE = Permission.MANAGE_GROUPS


class SeriesPage(FormPage[forms.SeriesForm]):
    """A form page with a second button: show the next ten meetings before anything is saved."""

    def carry_out(self, form: forms.SeriesForm) -> HttpResponseBase:
        """Previews when asked to, and otherwise saves."""
        if "preview" not in self.request.POST:
            return super().carry_out(form)
        try:
            plan = form.plan.checked()
        except BadInputError as error:
            form.refuse(error)
            return self.show(form, error.status)
        table = Timetable(
            parse_rule(plan.rule), self.program.zone, plan.local_start, plan.minutes, plan.starts_on,
            plan.ends_on, tuple(plan.breaks),
        )  # fmt: skip
        first = max(today_of(self.program, timezone.now()), plan.starts_on)
        self.context |= {"previewed": True, "occurrences": preview(table, first), "words": table.rule.words}
        return self.show(form, 200)


@needs(MANAGE)
@look
def series_page(request: PageRequest, series_id: UUID) -> HttpResponseBase:
    """One timetable: the rule in words, the next ten meetings, the dates called off."""
    series = access.series_for(request.actor, series_id, MANAGE)
    today = today_of(series.program, timezone.now())
    words, coming = _coming(series)
    context = {
        "program_managed": series.program,
        "series": series,
        "words": words,
        "occurrences": coming,
        "called_off": [d for d in series.cancelled_dates if str(d) >= today.isoformat()],
        "over": series.ends_on is not None and series.ends_on < today,
    }
    return render(request, "groups/manage/series.html", context)


def _coming(series: Series) -> tuple[str, list[Occurrence]]:
    try:
        table = timetable_of(series)
    except RuleError as error:
        return f"This rule cannot be read: {error}", []
    table = replace(table, cancelled=table.cancelled | holidays_of(series.program_id))
    return table.rule.words, preview(table, today_of(series.program, timezone.now()))


def _group(group: Group) -> str:
    return reverse("manage_group", args=[group.pk])


def _page(series: Series) -> str:
    return reverse("manage_series", args=[series.pk])


@needs(MANAGE)
@change
def series_new(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """A new timetable."""
    group = access.group_for(request.actor, group_id, MANAGE)
    now = timezone.now()

    def save(form: forms.SeriesForm) -> Series:
        return service.create_series(
            actor=request.actor, group=group, plan=form.plan, now=now, anyway=form.cleaned_data["anyway"]
        )

    return SeriesPage(
        request, program=group.program, title=f"When {group.name} meets", make=forms.SeriesForm, act=save,
        after=_group(group), back=_group(group), done="The sessions of the coming four weeks are made.",
        saved=partial(forms.series_initial, None, group, today_of(group.program, now)),
        template="groups/manage/series_form.html",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def series_edit(request: PageRequest, series_id: UUID) -> HttpResponseBase:
    """A timetable that exists; changes reach only what has not begun."""
    series = access.series_for(request.actor, series_id, MANAGE)
    now = timezone.now()
    made: list[Series] = []

    def save(form: forms.ChangeSeriesForm) -> None:
        made.append(
            service.change_series(
                actor=request.actor, series=series, plan=form.plan, now=now, mark=form.mark,
                from_date=form.cleaned_data["from_date"], anyway=form.cleaned_data["anyway"],
            )
        )  # fmt: skip

    return SeriesPage(
        request, program=series.program, title=f"Change {series.title}", make=forms.ChangeSeriesForm,
        act=save,  # type: ignore[arg-type]  # `make` makes the narrower form
        after=lambda _: _page(made[0]), back=_page(series),
        saved=partial(forms.series_initial, series, series.group, today_of(series.program, now)),
        mark=partial(programs.seen, series, service.SERIES_FIELDS),
        template="groups/manage/series_form.html",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def series_end(request: PageRequest, series_id: UUID) -> HttpResponseBase:
    """A timetable gets its last day."""
    series = access.series_for(request.actor, series_id, MANAGE)
    now = timezone.now()

    def save(form: forms.EndForm) -> Series:
        return service.end_series(
            actor=request.actor, series=series, ends_on=form.cleaned_data["ends_on"], now=now
        )

    return FormPage(
        request, program=series.program, title=f"End {series.title}", make=forms.EndForm, act=save,
        after=_page(series), back=_page(series), submit="End this timetable", danger=True,
        intro="Sessions after that day are taken away. What was held stays.",
        saved=lambda: {"ends_on": today_of(series.program, now)},
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def date_cancel(request: PageRequest, series_id: UUID) -> HttpResponseBase:
    """One date is called off: a holiday."""
    series = access.series_for(request.actor, series_id, MANAGE)

    def save(form: forms.DateForm) -> Series:
        return service.cancel_date(
            actor=request.actor, series=series, on=form.cleaned_data["on"], now=timezone.now()
        )

    return FormPage(
        request, program=series.program, title=f"Call off a date of {series.title}", make=forms.DateForm,
        act=save, after=_page(series), back=_page(series), submit="Call this date off", danger=True,
        done="Called off.", intro="Clients see that the program called it off. It counts against nobody.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def date_restore(request: PageRequest, series_id: UUID) -> HttpResponseBase:
    """A date that was called off takes place after all."""
    series = access.series_for(request.actor, series_id, MANAGE)

    def save(form: forms.DateBackForm) -> Series:
        c = form.cleaned_data
        return service.restore_date(
            actor=request.actor, series=series, on=c["on"], now=timezone.now(), anyway=c["anyway"]
        )

    return FormPage(
        request, program=series.program, title=f"Give back a date of {series.title}", make=forms.DateBackForm,
        act=save, after=_page(series), back=_page(series), submit="It takes place",
        done="It takes place.", saved=lambda: {"on": (series.cancelled_dates or [""])[-1]},
    ).answer()  # fmt: skip
