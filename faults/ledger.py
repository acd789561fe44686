"""What an evening must have left in the books: credit within what people lived through, and nothing open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults import checkers
from faults.ground import db, eventually_in_db
from sessions_app.attendance.recompute import recompute_session
from sessions_app.attendance.records import latest
from sessions_app.models import Session
from sessions_app.room.models import EvidenceKind, PresenceEvidence, RoomState
from vio.rehearse.truth import Course, expected

if TYPE_CHECKING:
    from faults.evening import Evening

FINALISED_WITHIN = 90.0


async def check(evening: Evening, ids: tuple[str, ...]) -> None:
    """Waits until the clockwork has counted the session, and holds the figures against the script."""
    session = evening.stage.session
    done = await eventually_in_db(
        lambda: Session.objects.filter(pk=session).exclude(finalised_at=None).exists(), FINALISED_WITHIN
    )
    troubles = ["attendance was never counted"] if done is None else await db(lambda: credit(evening))
    troubles += await db(lambda: leftovers(evening))
    seen = f"{evening.name}: credit of {len(evening.players) - 1} clients within bounds, nothing left open"
    for key in ids:
        evening.ground.book.check(key, [f"{evening.name}: {trouble}" for trouble in troubles], seen)


def credit(evening: Evening) -> list[str]:
    """Each client's credited seconds against the truth, and against what computing again says (AT-1 to AT-3, AT-8)."""
    session = Session.objects.get(pk=evening.stage.session)
    begun, over = session.started_at, session.ended_at
    course = Course(
        evening.stage.planned, begun.timestamp() if begun else None, over.timestamp() if over else None
    )
    records = {record.client_id: record for record in latest(session)}
    troubles: list[str] = []
    for player in evening.players[1:]:
        stays = [stay for browser in evening.browsers.get(player.person, []) for stay in browser.diary.stays]
        truth = expected(stays, course)
        credited = records[player.client].credited_seconds if player.client in records else 0
        troubles += checkers.within_bounds(player.name, credited, truth.least, truth.most)
    _, differences = recompute_session(session)
    return troubles + [f"recomputed {difference.what} differs" for difference in differences]


def leftovers(evening: Evening) -> list[str]:
    """Connections without an end in the evidence or in the room's state."""
    session = evening.stage.session
    evidence = PresenceEvidence.objects.filter(session=session)
    ended = evidence.filter(kind=EvidenceKind.CLOSED).values("connection")
    open_still = evidence.exclude(connection__in=ended).values("connection").distinct().count()
    found = [f"{open_still} connections without an end"] if open_still else []
    row = RoomState.objects.get(pk=session)
    return found + (["connections in a room that is over"] if row.state.get("connections") else [])
