"""The page of one follow-up: what happened, what is due, what to do."""

from __future__ import annotations

from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from groups.cover import away_until, back_words
from groups.services.contact_ways import ways_of
from sessions_app.coming.selectors import notice_of
from sessions_app.followup import forms, selectors, services
from sessions_app.followup.handovers import handovers_of
from sessions_app.models import FollowUp
from vio.common import audit
from vio.common.errors import BadInputError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


@needs(Permission.SEE_FOLLOW_UP)
@require_http_methods(["GET", "HEAD", "POST"])
def follow_up(request: PageRequest, follow_up_id: UUID) -> HttpResponseBase:
    """One follow-up; POST `act` = attempt, assign, close or excuse."""
    wanted = Permission.ACT_ON_FOLLOW_UP if request.method == "POST" else Permission.SEE_FOLLOW_UP
    task = selectors.follow_up_for(request.actor, follow_up_id, wanted)
    bound = _forms(request, task)
    if request.method != "POST":
        return _page(request, task, bound)
    act = request.POST.get("act", "")
    form = bound.get(act)
    if form is None:
        raise BadInputError(code="unknown_act")
    if not form.is_valid():
        return _page(request, task, bound, status=422)
    try:
        _carry_out(request, task, form)
    except BadInputError as error:
        for name, why in error.fields.items():
            form.add_error(name if name in form.fields else None, why)
        return _page(request, task, bound, status=error.status)
    messages.success(request, "Saved.")
    return redirect("follow_up", follow_up_id=task.pk)


def _forms(request: PageRequest, task: FollowUp) -> dict[str, django_forms.Form]:
    act = request.POST.get("act") if request.method == "POST" else None
    people = services.possible_owners(task.program_id)
    owner = {"owner": str(task.owner_id)} if task.owner_id else None
    away = _away(task)
    return {
        "attempt": forms.AttemptForm(request.POST if act == "attempt" else None),
        "assign": forms.OwnerForm(
            people, request.POST if act == "assign" else None, initial=owner, away=away
        ),
        "close": forms.CloseForm(request.POST if act == "close" else None),
        "excuse": forms.ExcuseForm(request.POST if act == "excuse" else None),
    }


def _away(task: FollowUp) -> dict[UUID, str]:
    found = away_until(task.program_id, timezone.now())
    return {pk: back_words(until, task.program.zone) for pk, until in found.items()}


def _carry_out(request: PageRequest, task: FollowUp, form: django_forms.Form) -> None:
    now, actor = timezone.now(), request.actor
    match form:
        case forms.AttemptForm():
            services.record_attempt(actor=actor, follow_up_id=task.pk, attempt=form.attempt(), now=now)
        case forms.OwnerForm():
            services.assign(actor=actor, follow_up_id=task.pk, owner_id=form.owner_id(), now=now)
        case forms.ExcuseForm():
            services.accept_excuse(actor=actor, follow_up_id=task.pk, now=now)
        case forms.CloseForm():
            services.close(actor=actor, follow_up_id=task.pk, reason=form.cleaned_data["reason"], now=now)


def _page(
    request: PageRequest, task: FollowUp, bound: dict[str, django_forms.Form], status: int = 200
) -> HttpResponse:
    audit.record(
        actor=request.actor,
        action="follow_up.viewed",
        program_id=task.program_id,
        subject=task,
        client_id=task.client_id,
    )
    context = {
        "task": task,
        "owner_away": _away(task).get(task.owner_id) if task.owner_id else None,
        "attempts": task.attempts.select_related("person").order_by("at"),
        "handovers": handovers_of(task),
        "contacts": task.client.emergency_contacts.all(),
        "running": task.status in services.RUNNING,
        "may_act": request.actor.may(Permission.ACT_ON_FOLLOW_UP, task.program_id),
        "forms": bound,
        "notice": notice_of(task.session_id, task.client_id),
        "ways": ways_of(task.client),
        "may_excuse": services.excusing_right(request.actor, task) is not None,
        "could_excuse": request.actor.may(Permission.EXCUSE_MISS, task.program_id),
        "now": timezone.now(),
    }
    return render(request, "sessions_app/followup/follow_up.html", context, status=status)
