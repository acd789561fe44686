"""The desk: the queue on the left, the person in context on the right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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
    context = _queue_context(request, now=now)
    items: Sequence[selectors.QueueItem] = context["items"]
    chosen = _asked(request) or next((item.alert.pk for item in items), None)
    entries = [
        audit.entry(
            actor=request.actor,
            action="desk.viewed",
            program_id=program_id,
            details={"alerts": context["total"]},
        )
        for program_id in request.actor.programs_with(Permission.SEE_ALERTS)
    ]
    if chosen is None:
        audit.record_all(entries)
    else:
        in_queue = next((item.alert for item in items if item.alert.pk == chosen), None)
        found = view_alert(actor=request.actor, alert_id=chosen, now=now, read=in_queue, besides=entries)
        context |= alert_context(request.actor, found, now=now)
    return render(request, "checkins/desk.html", {**context, "chosen": chosen})


@require_safe
@needs(Permission.SEE_ALERTS)
def queue(request: PageRequest) -> HttpResponseBase:
    """The left side alone, for the live refresh: the same rows under the same rights."""
    context = _queue_context(request, now=timezone.now())
    return render(request, "checkins/_left.html", {**context, "chosen": _asked(request)})


def _queue_context(request: PageRequest, *, now: datetime) -> dict[str, Any]:
    shown = _shown(request)
    queue = selectors.queue_page(request.actor, now=now, shown=shown)
    return {
        "here": "desk",
        "now": now,
        "items": queue.items,
        "total": queue.total,
        "shown": shown,
        "further": max(queue.total - shown, 0),
        "next_shown": shown + AT_ONCE,
        "counts": queue.counts,
        "waiting": queue.waiting,
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
