"""The administration's first page and everything about the program itself."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from groups import access
from groups.forms import programs as forms
from groups.models import Agreement, LevelOfCare, Program
from groups.selectors import current_agreement, setup_gaps, today_of
from groups.services import agreements, programs
from groups.services.licence_warnings import endings
from groups.views.form_page import FormPage
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

look = require_safe
change = require_http_methods(["GET", "HEAD", "POST"])


def may(request: PageRequest, program: Program) -> dict[str, bool]:
    """What the page offers this person in a program: {"groups": True, ...}."""
    names = {
        "program": Permission.MANAGE_PROGRAM,
        "enrolment": Permission.MANAGE_ENROLMENT,
        "groups": Permission.MANAGE_GROUPS,
        "staff": Permission.MANAGE_STAFF,
    }
    return {name: request.actor.may(permission, program.pk) for name, permission in names.items()}


@needs(Permission.SEE_PROGRAM)
@look
def manage(request: PageRequest) -> HttpResponseBase:
    """To the person's one program, or the choice between several."""
    programs_seen = list(access.programs_for(request.actor, Permission.SEE_PROGRAM).order_by("name"))
    if len(programs_seen) == 1:
        return redirect("manage_program", program_id=programs_seen[0].pk)
    return render(request, "groups/manage/choose.html", {"programs": programs_seen})


@needs(Permission.SEE_PROGRAM)
@look
def manage_program(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """What there is in a program, what is missing, and the way to each part."""
    program = access.program_for(request.actor, program_id, Permission.SEE_PROGRAM)
    now = timezone.now()
    today = today_of(program, now)
    allowed = may(request, program)
    context = {
        "program_managed": program,
        "may": allowed,
        "gaps": setup_gaps(program, today) if allowed["groups"] else [],
        "endings": endings(program, now) if allowed["staff"] else [],
        "levels": program.levels.order_by("-is_active", "code", "population"),
        "agreement": current_agreement(program.pk),
        "today": today,
    }
    return render(request, "groups/manage/program.html", context)


def _home(program: Program) -> str:
    return reverse("manage_program", args=[program.pk])


@needs(Permission.MANAGE_PROGRAM)
@change
def program_settings(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Name, zone, week, times."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_PROGRAM)

    def save(form: forms.ProgramForm) -> Program:
        return programs.change_program(
            actor=request.actor, program=program, values=form.cleaned_data, now=timezone.now(), mark=form.mark
        )

    return FormPage(
        request, program=program, title="Program settings", make=forms.ProgramForm, act=save,
        after=_home(program), back=_home(program), saved=partial(forms.program_initial, program),
        mark=partial(programs.seen, program, programs.SETTINGS),
    ).answer()  # fmt: skip


@needs(Permission.MANAGE_PROGRAM)
@change
def level_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Another level of care."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_PROGRAM)
    return _level_page(request, program, None)


@needs(Permission.MANAGE_PROGRAM)
@change
def level_edit(request: PageRequest, level_id: UUID) -> HttpResponseBase:
    """A level of care that exists."""
    level = access.level_for(request.actor, level_id, Permission.MANAGE_PROGRAM)
    return _level_page(request, level.program, level)


def _level_page(request: PageRequest, program: Program, level: LevelOfCare | None) -> HttpResponseBase:
    def save(form: forms.LevelForm) -> LevelOfCare:
        return programs.save_level(
            actor=request.actor, program=program, values=form.cleaned_data, level=level, mark=form.mark
        )

    return FormPage(
        request, program=program, title="Level of care" if level else "New level of care",
        make=forms.LevelForm, act=save, after=_home(program), back=_home(program),
        saved=partial(forms.level_initial, level),
        mark=partial(programs.seen, level, programs.LEVEL_FIELDS) if level else str,
        intro="Weeks that were prescribed already keep their own dose.",
    ).answer()  # fmt: skip


@needs(Permission.MANAGE_PROGRAM)
@change
def agreement_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """The next version of the group agreement."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_PROGRAM)
    current = current_agreement(program.pk)

    def save(form: forms.AgreementForm) -> Agreement:
        seen = form.mark or ""
        return agreements.publish_agreement(
            actor=request.actor, program=program, text=form.cleaned_data["text"], now=timezone.now(),
            after_version=int(seen) if seen.isdecimal() and seen.isascii() else None,
        )  # fmt: skip

    return FormPage(
        request, program=program, title="Group agreement", make=forms.AgreementForm, act=save,
        after=_home(program), back=_home(program), submit="Publish the new version",
        done="Published. Clients read it before their next room.",
        saved=lambda: {"text": current.text if current else ""},
        mark=lambda: str(current.version if current else 0),
    ).answer()  # fmt: skip
