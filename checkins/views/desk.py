"""The desk: the queue on the left, the person in context on the right."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from checkins.selectors import desk as selectors
from checkins.services.alerts import view_alert
from checkins.views.alerts import alert_context
from sessions_app.followup.selectors import open_misses
from vio.common import audit
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

AT_ONCE = 40
"""Lines drawn at first. Nothing is left out silently: how many follow, and all less urgent, stands below them."""


@require_safe
@needs(Permission.SEE_ALERTS)
def desk(request: PageRequest) -> HttpResponseBase:
    """The whole desk. `?alert=<id>` chooses whom the right side shows; without it the first of the queue."""
    now = timezone.now()
    context = _queue_context(request)
    chosen = _chosen(request, context)
    for program_id in request.actor.programs_with(Permission.SEE_ALERTS):
        audit.record(
            actor=request.actor,
            action="desk.viewed",
            program_id=program_id,
            details={"alerts": len(context["items"])},
        )
    if chosen is not None:
        found = view_alert(actor=request.actor, alert_id=chosen, now=now)
        context |= alert_context(request.actor, found, now=now)
    return render(request, "checkins/desk.html", {**context, "chosen": chosen})


@require_safe
@needs(Permission.SEE_ALERTS)
def queue(request: PageRequest) -> HttpResponseBase:
    """The left side alone, for the live refresh: the same rows under the same rights."""
    context = _queue_context(request)
    return render(request, "checkins/_left.html", {**context, "chosen": _asked(request)})


def _queue_context(request: PageRequest) -> dict[str, Any]:
    now = timezone.now()
    items = selectors.queue(request.actor, now=now)
    shown = _shown(request)
    return {
        "here": "desk",
        "now": now,
        "items": items,
        "drawn": items[:shown],
        "shown": shown,
        "further": max(len(items) - shown, 0),
        "next_shown": shown + AT_ONCE,
        "counts": selectors.counts(items),
        "waiting": sum(item.waits for item in items),
        "sees_misses": request.actor.may_somewhere(Permission.SEE_FOLLOW_UP),
        "misses": open_misses(request.actor, now=now),
    }


def _shown(request: PageRequest) -> int:
    """How many lines to draw: the worst ones, and as many more as were asked for."""
    raw = request.GET.get("shown", "")
    return max(int(raw[:6]), AT_ONCE) if raw.isdecimal() and raw.isascii() else AT_ONCE


def _asked(request: PageRequest) -> UUID | None:
    """The alert named in the address. Raises NotFoundError for something that is no id."""
    raw = request.GET.get("alert", "")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise NotFoundError from None


def _chosen(request: PageRequest, context: dict[str, Any]) -> UUID | None:
    asked = _asked(request)
    if asked is not None:
        return asked
    items: list[selectors.QueueItem] = context["items"]
    return items[0].alert.pk if items else None
