"""Administration pages of WHEN: the sessions of a group, one meeting planned, moved or called off, the counting rules."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from groups.access import group_for, program_for
from groups.forms.base import ManageForm
from groups.forms.clients import EmptyForm
from groups.models import Group
from groups.selectors import today_of
from groups.views.form_page import FormPage
from groups.views.manage import change, look
from sessions_app import forms
from sessions_app.access import session_for, sessions_for
from sessions_app.models import AttendancePolicy, HoursPolicy, Session
from sessions_app.policy_pages import TEMPLATE, AttendancePolicyPage, HoursPolicyPage
from sessions_app.room.door.fallback import FIELDS, set_fallback
from sessions_app.services import policies, scheduling
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

GROUPS, PROGRAM = Permission.MANAGE_GROUPS, Permission.MANAGE_PROGRAM
SHOWN_BEFORE, SHOWN_AFTER = timedelta(days=14), timedelta(days=35)


@needs(GROUPS)
@look
def group_sessions(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """The sessions of a group: the last two weeks and the coming five."""
    group = group_for(request.actor, group_id, GROUPS)
    now = timezone.now()
    today = today_of(group.program, now)
    rows = sessions_for(request.actor, GROUPS).filter(
        group=group, local_date__range=(today - SHOWN_BEFORE, today + SHOWN_AFTER)
    )
    context = {
        "program_managed": group.program,
        "group": group,
        "coming": rows.filter(ends_at__gt=now).order_by("starts_at"),
        "before": rows.filter(ends_at__lte=now).order_by("-starts_at"),
        "may_import": request.actor.may(Permission.IMPORT_LOGS, group.program_id),
    }
    return render(request, "sessions_app/manage/sessions.html", context)


def _list(group: Group) -> str:
    return reverse("manage_group_sessions", args=[group.pk])


@needs(GROUPS)
@change
def session_new(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """One meeting outside of any timetable."""
    group = group_for(request.actor, group_id, GROUPS)

    def save(form: forms.PlanForm) -> Session:
        c = form.cleaned_data
        return scheduling.plan_session(
            actor=request.actor, group=group, title=c["title"], service_type=c["service_type"],
            starts_at=form.starts_at(group.program), minutes=c["minutes"], breaks=c["breaks"],
            now=timezone.now(), anyway=c["anyway"],
        )  # fmt: skip

    return FormPage(
        request, program=group.program, title=f"One meeting of {group.name}", make=forms.PlanForm, act=save,
        after=_list(group), back=_list(group), submit="Plan it", done="Planned.",
        saved=partial(forms.plan_initial, group),
    ).answer()  # fmt: skip


@needs(GROUPS)
@change
def session_cancel(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The program calls one meeting off."""
    session = session_for(request.actor, session_id, GROUPS)

    def save(form: EmptyForm) -> Session:
        return scheduling.cancel_session(actor=request.actor, session=session, now=timezone.now())

    return FormPage(
        request, program=session.program, title=f"Call off {session.title}?", make=EmptyForm, act=save,
        after=_list(session.group), back=_list(session.group), submit="Call it off", danger=True,
        done="Called off.", intro="Clients see that the program called it off. It counts against nobody.",
    ).answer()  # fmt: skip


@needs(GROUPS)
@change
def session_fallback(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """How this one session meets when its room fails; empty, it is as the group says."""
    session = session_for(request.actor, session_id, GROUPS)

    def save(form: forms.FallbackForm) -> Session:
        c = form.cleaned_data
        return set_fallback(
            actor=request.actor, session=session, phone=c["fallback_phone"], code=c["fallback_code"],
            link=c["fallback_link"],
        )  # fmt: skip

    return FormPage(
        request, program=session.program, title=f"If the room fails: {session.title}",
        make=forms.FallbackForm, act=save, after=_list(session.group), back=_list(session.group),
        saved=lambda: {name: getattr(session, name) for name in FIELDS},
        intro="For this one meeting only. Left empty, the way written for the group is shown.",
    ).answer()  # fmt: skip


# --- counting rules ---------------------------------------------------------------------------------------


@needs(PROGRAM)
@look
def policy_list(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Every version of the counting rules, the newest first."""
    program = program_for(request.actor, program_id, PROGRAM)
    context = {
        "program_managed": program,
        "attendance": AttendancePolicy.objects.filter(program=program).order_by("-version"),
        "hours": HoursPolicy.objects.filter(program=program).order_by("-version"),
        "today": today_of(program, timezone.now()),
    }
    return render(request, "sessions_app/manage/policies.html", context)


def _version(form: ManageForm) -> int | None:
    seen = form.mark or ""
    return int(seen) if seen.isdecimal() and seen.isascii() else None


@needs(PROGRAM)
@change
def attendance_policy_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """The next version of the attendance rules."""
    program = program_for(request.actor, program_id, PROGRAM)
    last = AttendancePolicy.objects.filter(program=program).order_by("-version").first()

    def save(form: forms.AttendancePolicyForm) -> AttendancePolicy:
        c = form.cleaned_data
        return policies.add_attendance_policy(
            actor=request.actor, program=program, effective_from=c["effective_from"], values=c,
            now=timezone.now(), after_version=_version(form),
        )  # fmt: skip

    back = reverse("manage_policies", args=[program.pk])
    return AttendancePolicyPage(
        request, program=program, title="New version of the attendance rules", template=TEMPLATE,
        make=forms.AttendancePolicyForm, act=save, after=back, back=back, submit="Add this version",
        done="The version was added.", saved=partial(forms.policy_initial, last, AttendancePolicy),
        mark=lambda: str(last.version if last else 0),
        intro="Old versions are never changed: what was counted stays explainable.",
    ).answer()  # fmt: skip


@needs(PROGRAM)
@change
def hours_policy_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """The next version of what an hour is and what counts."""
    program = program_for(request.actor, program_id, PROGRAM)
    last = HoursPolicy.objects.filter(program=program).order_by("-version").first()

    def save(form: forms.HoursPolicyForm) -> HoursPolicy:
        c = form.cleaned_data
        return policies.add_hours_policy(
            actor=request.actor, program=program, effective_from=c["effective_from"], values=c,
            now=timezone.now(), after_version=_version(form),
        )  # fmt: skip

    back = reverse("manage_policies", args=[program.pk])
    return HoursPolicyPage(
        request, program=program, title="New version of what counts as an hour", template=TEMPLATE, make=forms.HoursPolicyForm,
        act=save, after=back, back=back, submit="Add this version", done="The version was added.",
        saved=partial(forms.policy_initial, last, HoursPolicy),
        mark=lambda: str(last.version if last else 0),
        intro="The definition is shown beside every total. Old versions are never changed.",
    ).answer()  # fmt: skip
