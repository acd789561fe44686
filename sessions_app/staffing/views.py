"""Pages about the staff of one session: who leads it, a substitute, and back again."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from groups.views.form_page import FormPage
from groups.views.manage import change
from sessions_app.access import session_for, session_staff_for
from sessions_app.models import SessionStaff
from sessions_app.staffing.forms import EndPlaceForm, SubstituteForm
from sessions_app.staffing.leaders import leaders_of, person_of
from sessions_app.staffing.services import add_session_staff, end_session_staff
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

GROUPS = Permission.MANAGE_GROUPS


@needs(GROUPS)
@change
def session_staff(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """Who leads this one session; somebody stands in, or comes besides."""
    session = session_for(request.actor, session_id, GROUPS)

    def save(form: SubstituteForm) -> SessionStaff:
        c = form.cleaned_data
        away = person_of(session, c["stands_in_for"]) if c["stands_in_for"] else None
        return add_session_staff(
            actor=request.actor, session=session, person=person_of(session, c["person"]), role=c["role"],
            stands_in_for=away, now=timezone.now(), anyway=c["anyway"],
        )  # fmt: skip

    leaders = leaders_of(session)
    first = next((str(each.person.pk) for each in leaders if each.leads), "")
    here = reverse("manage_session_staff", args=[session.pk])
    return FormPage(
        request, program=session.program, title=f"Who leads {session.title}",
        make=partial(SubstituteForm, session), act=save, after=here,
        back=reverse("manage_group_sessions", args=[session.group_id]), submit="Put on this session",
        done="Done. It holds from now on, in an open room too.",
        saved=lambda: {"role": "facilitator", "stands_in_for": first},
        template="sessions_app/manage/staff.html", context={"session": session, "leaders": leaders},
    ).answer()  # fmt: skip


@needs(GROUPS)
@change
def session_staff_end(request: PageRequest, session_staff_id: UUID) -> HttpResponseBase:
    """The substitute goes; whom they stood in for leads again."""
    place = session_staff_for(request.actor, session_staff_id, GROUPS)

    def save(form: EndPlaceForm) -> SessionStaff:
        return end_session_staff(
            actor=request.actor, place=place, now=timezone.now(), anyway=form.cleaned_data["anyway"]
        )

    back = reverse("manage_session_staff", args=[place.session_id])
    return FormPage(
        request, program=place.program, title=f"{place.person.full_name} no longer leads this session?",
        make=EndPlaceForm, act=save, after=back, back=back, submit="End it", danger=True, done="Ended.",
        intro="Who was away leads this session again. In an open room it holds at once.",
    ).answer()  # fmt: skip
