"""The chain over a session's evidence: sealed whenever attendance is computed, walked again by `vio recompute` (AT-8)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from sessions_app.models import EvidenceSeal, PresenceEvidence, Session

START = "0" * 64
Row = tuple[UUID, UUID, str, str, datetime]
"""Client, connection, kind, cause, instant. For what did not come from the room, `cause;source` stands for the cause."""


def head_of(previous: str, rows: Iterable[Row]) -> str:
    """The chain's head in hex after these rows: each link is the SHA-256 of the one before it and one row."""
    head = previous
    for client, connection, kind, cause, at in rows:
        line = "|".join((head, str(client), str(connection), kind, cause, at.astimezone(UTC).isoformat()))
        head = hashlib.sha256(line.encode()).hexdigest()
    return head


def seal(session: Session, *, now: datetime) -> EvidenceSeal | None:
    """Seals the clients' evidence as it is, unless it is as it was; the caller holds the session's lock."""
    rows = _rows(session)
    last = EvidenceSeal.objects.filter(session=session).order_by("-number").first()
    if last is not None and last.rows == len(rows) and last.head == head_of(_before(last), rows):
        return None
    previous, number = (last.head, last.number + 1) if last is not None else (START, 1)
    return EvidenceSeal.objects.create(
        session=session, program_id=session.program_id, number=number, rows=len(rows),
        head=head_of(previous, rows), sealed_at=now,
    )  # fmt: skip


def latest_head(session: Session) -> str:
    """The head that was sealed last, in hex; empty before attendance was computed."""
    last = EvidenceSeal.objects.filter(session=session).order_by("-number").first()
    return "" if last is None else last.head


def problem_of(session: Session) -> tuple[str, str] | None:
    """What was sealed last and what is there now, in words, when they differ; None when the evidence is as sealed."""
    last = EvidenceSeal.objects.filter(session=session).order_by("-number").first()
    if last is None:
        return "no seal", "attendance was computed"
    rows = _rows(session)
    if len(rows) != last.rows:
        return f"{last.rows} rows", f"{len(rows)} rows"
    found = head_of(_before(last), rows)
    return None if found == last.head else (last.head[:16], found[:16])


def _before(last: EvidenceSeal) -> str:
    """The head of the seal before; a removed one breaks the chain like a changed row."""
    if last.number == 1:
        return START
    before = EvidenceSeal.objects.filter(session=last.session_id, number=last.number - 1).first()
    return before.head if before is not None else "missing"


def _rows(session: Session) -> list[Row]:
    rows = PresenceEvidence.objects.filter(session=session, client__isnull=False)
    # By content, not by row number: rows written at the same moment may be numbered in any order.
    found = rows.order_by("at", "connection", "kind").values_list(
        "client_id", "connection", "kind", "cause", "at", "source"
    )
    return [
        (client, connection, kind, f"{cause};{source}" if source else cause, at)
        for client, connection, kind, cause, at, source in found
    ]
