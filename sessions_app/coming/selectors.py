"""Reads of what clients said about coming."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sessions_app.models import ArrivalNotice


def notice_of(session_id: UUID, client_id: UUID) -> ArrivalNotice | None:
    """What this client says now about coming to this session."""
    return ArrivalNotice.objects.filter(session=session_id, client=client_id, withdrawn_at=None).first()


def notices_by_session(session_ids: Iterable[UUID]) -> dict[UUID, list[ArrivalNotice]]:
    """{session id: what holds, by name}, for many sessions with one query."""
    found: dict[UUID, list[ArrivalNotice]] = defaultdict(list)
    rows = ArrivalNotice.objects.filter(session__in=list(session_ids), withdrawn_at=None)
    for row in rows.select_related("client__person").order_by("client__person__first_name", "pk"):
        found[row.session_id].append(row)
    return dict(found)


def notice_words(session_id: UUID) -> dict[str, str]:
    """{person id: "10 min late"}, for the facilitators' list of people; no reasons."""
    held = notices_by_session([session_id]).get(session_id, [])
    return {str(row.client.person_id): row.words for row in held}
