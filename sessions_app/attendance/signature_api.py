"""The second signature over the API: what waits, signing, declining."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from groups.api.refs import PersonRef, person_ref
from sessions_app.access import session_for
from sessions_app.attendance import selectors, services
from sessions_app.attendance.corrections import REASON_LENGTH
from sessions_app.models import ProposedCorrection
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Input, Instant, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("attendance")
SIGN = Permission.CORRECT_ATTESTED


class ProposalOut(Output):
    """A correction made after the window (R14). A null or empty value is left as it is; `open` does not count yet."""

    id: UUID
    session_id: UUID
    client_id: UUID
    base_version: int
    status: str
    credited_minutes: int | None
    first_at: Instant | None
    last_at: Instant | None
    reason: str
    proposed_by: PersonRef | None
    proposed_at: Instant
    state: str
    decided_by: PersonRef | None
    decided_at: Instant | None
    decline_reason: str


def proposal_out(row: ProposedCorrection) -> ProposalOut:
    """A proposal."""
    return ProposalOut(
        id=row.pk, session_id=row.session_id, client_id=row.client_id, base_version=row.base_version,
        status=row.status, credited_minutes=row.credited_minutes, first_at=row.first_at, last_at=row.last_at,
        reason=row.reason, proposed_by=person_ref(row.proposed_by), proposed_at=row.proposed_at, state=row.state,
        decided_by=person_ref(row.decided_by), decided_at=row.decided_at, decline_reason=row.decline_reason,
    )  # fmt: skip


class Waiting(Paging):
    """One page of what waits."""


class DeclineIn(Input):
    """Why it is not signed."""

    reason: Annotated[str, StringConstraints(max_length=REASON_LENGTH)]


@edges.get("/attendance/proposals", SIGN, Page[ProposalOut])
def list_proposals(request: PageRequest, wanted: Query[Waiting]) -> Page[ProposalOut]:
    """Corrections that wait for a second signature, the oldest first."""
    return page_of(Page[ProposalOut], selectors.waiting_proposals(request.actor), wanted, proposal_out)


@edges.post("/sessions/{uuid:session_id}/proposals/{uuid:proposed_correction_id}/sign", SIGN, ProposalOut)
def sign_proposal(request: PageRequest, session_id: UUID, proposed_correction_id: UUID) -> ProposalOut:
    """The second signature; your own is refused (403), a line that has changed since too (409)."""
    session = session_for(request.actor, session_id, SIGN)
    services.sign_correction(
        actor=request.actor, session=session, proposal_id=proposed_correction_id, now=timezone.now()
    )
    return proposal_out(ProposedCorrection.objects.get(pk=proposed_correction_id))


@edges.post("/sessions/{uuid:session_id}/proposals/{uuid:proposed_correction_id}/decline", SIGN, ProposalOut)
def decline_proposal(
    request: PageRequest, session_id: UUID, proposed_correction_id: UUID, body: DeclineIn
) -> ProposalOut:
    """Not signed, with the reason; the figure stays as it is."""
    session = session_for(request.actor, session_id, SIGN)
    row = services.decline_correction(
        actor=request.actor, session=session, proposal_id=proposed_correction_id, reason=body.reason,
        now=timezone.now(),
    )  # fmt: skip
    return proposal_out(row)
