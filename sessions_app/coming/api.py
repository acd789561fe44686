"""What clients say about coming: their own word, and what staff see of a session."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from sessions_app.access import session_for
from sessions_app.coming import services
from sessions_app.coming.selectors import notice_of, notices_by_session
from sessions_app.coming.views import mine
from sessions_app.models import ArrivalNotice
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of_list
from vio.common.api.schemas import Input, Instant, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("coming")
Reason = Annotated[str, StringConstraints(max_length=services.REASON_LENGTH)]


class NoticeIn(Input):
    """`minutes` late, or null: cannot come. The reason is for staff."""

    minutes: Literal[5, 10, 20] | None
    reason: Reason = ""


class NoticeOut(Output):
    """What the client says; all null when nothing is said."""

    kind: Literal["late", "absent"] | None
    minutes: int | None
    reason: str
    said_at: Instant | None


class SaidOut(Output):
    """What one client of a session says, for staff."""

    client_id: UUID
    client_name: str
    kind: str
    minutes: int | None
    expected_at: Instant | None
    reason: str
    said_at: Instant


def notice_out(row: ArrivalNotice | None) -> NoticeOut:
    """One's own word as it goes out."""
    if row is None:
        return NoticeOut(kind=None, minutes=None, reason="", said_at=None)
    return NoticeOut.model_validate(
        {"kind": row.kind, "minutes": row.minutes, "reason": row.reason, "said_at": row.said_at}
    )


@edges.get("/my/sessions/{uuid:session_id}/notice", Permission.OWN_PAGES, NoticeOut)
def show_my_notice(request: PageRequest, session_id: UUID) -> NoticeOut:
    """What one says about coming to this session."""
    session, client = mine(request, session_id)
    return notice_out(notice_of(session.pk, client.pk))


@edges.put("/my/sessions/{uuid:session_id}/notice", Permission.OWN_PAGES, NoticeOut)
def give_my_notice(request: PageRequest, session_id: UUID, body: NoticeIn) -> NoticeOut:
    """Says that one comes later or cannot come; it is no excuse by itself."""
    session, client = mine(request, session_id)
    word = services.Word(body.minutes, body.reason)
    row = services.give_notice(
        actor=request.actor, session=session, client=client, word=word, now=timezone.now()
    )
    return notice_out(row)


@edges.post("/my/sessions/{uuid:session_id}/notice/withdraw", Permission.OWN_PAGES, NoticeOut)
def withdraw_my_notice(request: PageRequest, session_id: UUID) -> NoticeOut:
    """Comes after all."""
    session, client = mine(request, session_id)
    services.withdraw_notice(actor=request.actor, session=session, client=client, now=timezone.now())
    return notice_out(None)


@edges.get("/sessions/{uuid:session_id}/notices", Permission.SEE_ATTENDANCE, Page[SaidOut])
def list_notices(request: PageRequest, session_id: UUID, wanted: Query[Paging]) -> Page[SaidOut]:
    """Who said that they come later or cannot come, with their reasons."""
    session = session_for(request.actor, session_id, Permission.SEE_ATTENDANCE)
    audit.record(
        actor=request.actor, action="arrival.notices_viewed", program_id=session.program_id, subject=session
    )

    def out(row: ArrivalNotice) -> SaidOut:
        return SaidOut(
            client_id=row.client_id, client_name=row.client.person.full_name, kind=row.kind, minutes=row.minutes,
            expected_at=row.expected_at(session.starts_at), reason=row.reason, said_at=row.said_at,
        )  # fmt: skip

    return page_of_list(Page[SaidOut], notices_by_session([session.pk]).get(session.pk, []), wanted, out)
