"""Pages about being away: one's own times, and those of the staff for who manages it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from groups import access
from groups.cover import coming_absences
from groups.forms.absences import AbsenceForm, absence_initial
from groups.forms.clients import EmptyForm
from groups.models import Absence
from groups.services import absences as service
from groups.views.form_page import FormPage
from groups.views.manage import change, look
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

OWN = Permission.OWN_ABSENCES


@needs(OWN)
@look
def absence_list(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Who is away now or will be: oneself, and everybody for who manages the staff."""
    program = access.program_for(request.actor, program_id, OWN)
    now = timezone.now()
    rows = coming_absences(program, now).filter(pk__in=access.absences_for(request.actor, OWN).values("pk"))
    context = {
        "program_managed": program,
        "absences": [(row, row.starts_at <= now) for row in rows],
        "manages": request.actor.may(Permission.MANAGE_STAFF, program.pk),
    }
    return render(request, "groups/manage/absences.html", context)


def _list(program_id: UUID) -> str:
    return reverse("absences", args=[program_id])


@needs(OWN)
@change
def absence_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """One more time when somebody is away."""
    program = access.program_for(request.actor, program_id, OWN)
    manages = request.actor.may(Permission.MANAGE_STAFF, program.pk)

    def save(form: AbsenceForm) -> Absence:
        return service.add_absence(
            actor=request.actor, program=program, person_id=form.chosen("person") or request.actor.who,
            starts_at=form.instant("starts"), ends_at=form.instant("ends"), cover_id=form.chosen("cover"),
            now=timezone.now(),
        )  # fmt: skip

    return FormPage(
        request, program=program, title="Away", act=save, after=_list(program.pk), back=_list(program.pk),
        make=partial(AbsenceForm, program, own=None if manages else request.actor.who),
        saved=partial(dict, person=str(request.actor.who)), done="Noted.",
        intro="While somebody is away, their open follow-ups go to who covers. Nobody needs to say why.",
    ).answer()  # fmt: skip


@needs(OWN)
@change
def absence_edit(request: PageRequest, absence_id: UUID) -> HttpResponseBase:
    """Another time, another cover."""
    row = access.absence_for(request.actor, absence_id, OWN)
    begun = row.starts_at <= timezone.now()

    def save(form: AbsenceForm) -> Absence:
        return service.change_absence(
            actor=request.actor, absence=row, starts_at=row.starts_at if begun else form.instant("starts"),
            ends_at=form.instant("ends"), cover_id=form.chosen("cover"), now=timezone.now(),
        )  # fmt: skip

    return FormPage(
        request, program=row.program, title=f"Away: {row.person.full_name}", act=save,
        make=partial(AbsenceForm, row.program, own=row.person_id, begun=begun),
        after=_list(row.program_id), back=_list(row.program_id), saved=partial(absence_initial, row),
    ).answer()  # fmt: skip


@needs(OWN)
@change
def absence_end(request: PageRequest, absence_id: UUID) -> HttpResponseBase:
    """Back now, or not away after all."""
    row = access.absence_for(request.actor, absence_id, OWN)

    def save(form: EmptyForm) -> None:
        service.end_absence(actor=request.actor, absence=row, now=timezone.now())

    return FormPage(
        request, program=row.program, title=f"Is {row.person.full_name} there?", make=EmptyForm, act=save,
        after=_list(row.program_id), back=_list(row.program_id), submit="End it", done="Ended.",
        intro="The absence ends now. Follow-ups that were handed over stay where they are.",
    ).answer()  # fmt: skip
