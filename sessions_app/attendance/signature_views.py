"""Pages of the second signature: what waits, signing it, declining it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import session_for
from sessions_app.attendance import selectors, services
from vio.common import audit
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

SIGN = Permission.CORRECT_ATTESTED


@needs(SIGN)
@require_safe
def waiting(request: PageRequest) -> HttpResponseBase:
    """Corrections that wait for a second person, the oldest first."""
    return _queue(request, {}, 200)


def _queue(request: PageRequest, refused: dict[str, str], status: int) -> HttpResponseBase:
    rows = list(selectors.waiting_proposals(request.actor)[:100])
    for program_id in request.actor.programs_with(SIGN):
        audit.record(actor=request.actor, action="attendance.proposals_viewed", program_id=program_id)
    context = {"rows": rows, "own_id": request.actor.person_id, "now": timezone.now(), **refused}
    return render(request, "sessions_app/attendance/proposals.html", context, status=status)


@needs(SIGN)
@require_POST
def decide(request: PageRequest, session_id: UUID, proposed_correction_id: UUID) -> HttpResponseBase:
    """Signs, or with `decline` and a reason declines; a refusal comes back on the queue with what was typed."""
    session = session_for(request.actor, session_id, SIGN)
    reason = request.POST.get("reason", "")
    now = timezone.now()
    try:
        if request.POST.get("decline"):
            services.decline_correction(
                actor=request.actor,
                session=session,
                proposal_id=proposed_correction_id,
                reason=reason,
                now=now,
            )
            messages.success(request, "Declined. The figure stays as it is.")
        else:
            services.sign_correction(
                actor=request.actor, session=session, proposal_id=proposed_correction_id, now=now
            )
            messages.success(request, "Signed. The correction counts now.")
    except (BadInputError, ConflictError, NotAllowedError) as error:
        words = " ".join(error.fields.values()) or error.message
        told = {"refused_id": str(proposed_correction_id), "refusal": words, "typed": reason}
        return _queue(request, told, error.status)
    return redirect("attendance_proposals")
