"""One alert: the person behind it, why, what was done, and the acts. Works as a page and as a part of the desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from checkins.access import alert_for
from checkins.forms import AssignForm, TextForm, VersionForm
from checkins.models import Alert
from checkins.selectors.desk import alert_page
from checkins.services import alerts as services
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

CONTACT_LABEL = "What came of the contact"
RESOLVE_LABEL = "How this was settled"


def alert_context(actor: Actor, alert: Alert, *, now: datetime, **bound: Any) -> dict[str, Any]:
    """What `_alert.html` needs; forms that came back keep what was typed."""
    context = {
        "now": now,
        "zone": alert.program.zone,
        "page": alert_page(actor, alert, now=now),
        "contact_form": TextForm(label=CONTACT_LABEL, auto_id="contact_%s"),
        "resolve_form": TextForm(label=RESOLVE_LABEL, auto_id="resolve_%s"),
        "assign_form": AssignForm(auto_id="assign_%s"),
    }
    return {**context, **bound}


@require_safe
@needs(Permission.SEE_ALERTS)
def alert(request: PageRequest, alert_id: UUID) -> HttpResponseBase:
    """The alert as a page of its own, or as the desk's right side when htmx asks."""
    now = timezone.now()
    found = services.view_alert(actor=request.actor, alert_id=alert_id, now=now)
    return _draw(request, alert_context(request.actor, found, now=now))


@dataclass(frozen=True)
class Act:
    """One thing that can be done: the service, the form's place on the page, what is said when it is done."""

    service: Callable[..., Alert]
    slot: str
    said: str


_ACKNOWLEDGE = Act(services.acknowledge_alert, "", "It is yours now.")
_ASSIGN = Act(services.assign_alert, "assign_form", "Given on. They find a message.")
_CONTACT = Act(services.note_contact, "contact_form", "Contact written down.")
_RESOLVE = Act(services.resolve_alert, "resolve_form", "Closed.")


@require_POST
@needs(Permission.ACT_ON_ALERTS)
def acknowledge(request: PageRequest, alert_id: UUID) -> HttpResponseBase:
    """I have seen this and take it."""
    return _do(request, alert_id, VersionForm(request.POST), _ACKNOWLEDGE)


@require_POST
@needs(Permission.ACT_ON_ALERTS)
def assign(request: PageRequest, alert_id: UUID) -> HttpResponseBase:
    """Gives it to somebody."""
    return _do(request, alert_id, AssignForm(request.POST, auto_id="assign_%s"), _ASSIGN)


@require_POST
@needs(Permission.ACT_ON_ALERTS)
def contact(request: PageRequest, alert_id: UUID) -> HttpResponseBase:
    """Writes down a contact."""
    return _do(request, alert_id, TextForm(request.POST, label=CONTACT_LABEL, auto_id="contact_%s"), _CONTACT)


@require_POST
@needs(Permission.ACT_ON_ALERTS)
def resolve(request: PageRequest, alert_id: UUID) -> HttpResponseBase:
    """Closes it, with a text."""
    return _do(request, alert_id, TextForm(request.POST, label=RESOLVE_LABEL, auto_id="resolve_%s"), _RESOLVE)


def _do(request: PageRequest, alert_id: UUID, form: VersionForm, act: Act) -> HttpResponseBase:
    """Does it, or shows the alert as it is now with the form as it was typed."""
    now = timezone.now()
    try:
        if not form.is_valid():
            raise BadInputError
        done = act.service(actor=request.actor, alert_id=alert_id, now=now, **_arguments(form))
    except (BadInputError, ConflictError) as error:
        return _refused(request, alert_id, {act.slot: form}, error)
    if not request.htmx:
        return redirect(_back_to(request, done))
    response = _draw(request, alert_context(request.actor, done, now=now))
    response.headers["HX-Trigger"] = json.dumps({"desk:changed": "", "toast": act.said})
    return response


def _arguments(form: VersionForm) -> dict[str, Any]:
    given = dict(form.cleaned_data)
    if "person" in given:
        given["person_id"] = given.pop("person")
    return given


def _refused(
    request: PageRequest, alert_id: UUID, bound: dict[str, VersionForm], error: BadInputError | ConflictError
) -> HttpResponseBase:
    """409 or 422: the alert as it is now. What was typed stays, with the errors beside it."""
    now = timezone.now()
    found = alert_for(request.actor, alert_id, Permission.ACT_ON_ALERTS, now=now)
    for form in bound.values():
        for name, message in error.fields.items():
            if name in form.fields and not form.has_error(name):
                form.add_error(name, message)
    bound.pop("", None)
    context = alert_context(request.actor, found, now=now, problem=error.message, **bound)
    return _draw(request, context, status=error.status)


def _draw(request: PageRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponseBase:
    template = "checkins/_alert.html" if request.htmx else "checkins/alert.html"
    return render(request, template, {"here": "desk", "from": _from(request), **context}, status=status)


def _from(request: PageRequest) -> str:
    """Where the part stands, which its forms carry on: "desk", or "" for the alert's own page."""
    return "desk" if "desk" in (request.GET.get("from"), request.POST.get("from")) else ""


def _back_to(request: PageRequest, done: Alert) -> str:
    """Without scripts: back to the desk, or to the alert's own page, wherever the form stood."""
    if _from(request):
        return f"{reverse('desk')}?alert={done.pk}"
    return reverse("alert", args=[done.pk])
