"""What a rehearsal needs before the first socket: rooms with people in them, their logins, the scheduled start in its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from groups.models import Client, Group, GroupStaff, Person, StaffRole
from groups.selectors import today_of
from sessions_app.followup.rules import DETERMINED_AFTER
from sessions_app.models import Session
from sessions_app.room.door.services import confirm_door
from sessions_app.selectors import expected_clients
from sessions_app.services.scheduling import move_session, plan_session
from vio.common.actors import system_actor
from vio.common.errors import ConflictError
from vio.common.scope import every_program
from vio.demo import cast
from vio.demo.book import WHEREABOUTS
from vio.demo.founding import find_program
from vio.demo.live import ensure_live, free_time
from vio.rehearse.extras import extra_groups
from vio.rehearse.logins import mint_login

MARGIN = timedelta(minutes=10)
ACTOR = system_actor("rehearse")


class StageError(RuntimeError):
    """The rehearsal cannot begin; the text says what to do."""


@dataclass(frozen=True)
class Player:
    """Somebody who plays: the account, the login, and for a client the chart. (Everybody here is invented.)"""

    person: str
    name: str
    login: str
    client: UUID | None = None


@dataclass(frozen=True)
class Stage:
    """One room: its session, its times in seconds, who leads it and who is expected."""

    session: UUID
    name: str
    planned: tuple[float, float]
    misses_known: bool
    leader: Player
    helper: Player | None
    clients: tuple[Player, ...]


@dataclass(frozen=True)
class Theatre:
    """All rooms of a rehearsal and who watches the desk of the first one."""

    stages: tuple[Stage, ...]
    watcher: Player

    @property
    def logins(self) -> list[str]:
        """Every login that was made."""
        people = [p for s in self.stages for p in (s.leader, s.helper, *s.clients) if p is not None]
        return [self.watcher.login, *(p.login for p in people)]


def find_groups(rooms: int, *, now: datetime) -> list[Group]:
    """The groups that will play: those of the demo, then rehearsal groups, made when there are too few.

    Raises StageError when the demo program is not there.
    """
    with every_program():
        program = find_program()
        if program is None:
            raise StageError("there is no demo program here; run `vio demo seed` first, or `vio up --demo`")
        own = Group.objects.filter(program=program, name__in=cast.TRACKS).select_related("program")
        chosen = sorted(own, key=lambda group: group.name)[:rooms]
        return chosen + extra_groups(rooms - len(chosen), actor=ACTOR, now=now)


def prepare(groups: list[Group], *, now: datetime, determined: datetime, until: datetime) -> Theatre:
    """A session that is open now for each group, and everybody's login; misses fall due at `determined` (F1)."""
    starts_at = determined - DETERMINED_AFTER
    with every_program():
        sessions = [
            _live(group, now, starts_at, until)
            if group.name in cast.TRACKS
            else _planned(group, now, starts_at, until)
            for group in groups
        ]
        on_call = StaffRole.objects.filter(
            program=groups[0].program, is_on_call=True, withdrawn_at=None
        ).first()
        if on_call is None:
            raise StageError("nobody is on call in the demo program")
        return Theatre(tuple(_stage(session, now) for session in sessions), _player(on_call.person, now))


def _live(group: Group, now: datetime, starts_at: datetime, until: datetime) -> Session:
    """The demo's open session, with its start moved so that the misses of the evening fall into the script."""
    session = ensure_live(group, actor=ACTOR, now=now).session
    session.refresh_from_db()
    ends_at = max(session.ends_at, until + MARGIN)
    if session.series_id is not None or session.started_at is not None or session.misses_found_at is not None:
        return session
    _, free_until = free_time(group, now)
    ends_at = min(ends_at, max(free_until, until + timedelta(minutes=1)))
    minutes = max(1, -(-int((ends_at - starts_at).total_seconds()) // 60))
    try:
        return move_session(
            actor=ACTOR, session=session, starts_at=starts_at, minutes=minutes, breaks=(), now=now
        )
    except (
        ConflictError
    ):  # somebody began it in this very moment, or another meeting is too near: it stays as it is
        session.refresh_from_db()
        return session


def _planned(group: Group, now: datetime, starts_at: datetime, until: datetime) -> Session:
    _end_leftovers(group, now)
    last = Session.objects.filter(group=group, ended_at__lte=now).order_by("-ended_at").first()
    if last is not None and last.ended_at is not None:
        starts_at = max(starts_at, last.ended_at)
    minutes = max(1, -(-int((until + MARGIN - starts_at).total_seconds()) // 60))
    return plan_session(
        actor=ACTOR, group=group, title="Rehearsal", service_type=group.service_type, starts_at=starts_at,
        minutes=minutes, now=now, is_rehearsal=True,
    )  # fmt: skip


def one_room(group: Group, *, now: datetime, determined: datetime, until: datetime) -> Stage:
    """A room of its own for this group, for other plays than the rehearsal; misses fall due at `determined` (F1)."""
    with every_program():
        return _stage(_planned(group, now, determined - DETERMINED_AFTER, until), now)


def _end_leftovers(group: Group, now: datetime) -> None:
    """Rooms of an earlier rehearsal that was broken off."""
    from sessions_app.room.acts import EndDue
    from sessions_app.room.batch import Entry
    from sessions_app.room.services import act

    open_still = Session.objects.filter(group=group, status__in=["scheduled", "open", "live"])
    for session in open_still:
        act([Entry(session_id=session.pk, program_id=session.program_id, what=EndDue())], now=now)


def _stage(session: Session, now: datetime) -> Stage:
    session = Session.objects.select_related("group__program", "program").get(pk=session.pk)
    places = GroupStaff.objects.filter(group=session.group, ends_on=None).select_related("person")
    by_role = {place.role: place.person for place in places}
    if "facilitator" not in by_role:
        raise StageError("a group of the demo has no facilitator any more")
    helper = by_role.get("cofacilitator")
    return Stage(
        session=session.pk,
        name=session.group.name,
        planned=(session.starts_at.timestamp(), session.ends_at.timestamp()),
        misses_known=session.misses_found_at is not None,
        leader=_player(by_role["facilitator"], now),
        helper=None if helper is None else _player(helper, now),
        clients=tuple(_at_the_door(session, c, now) for c in _expected(session)),
    )


def _at_the_door(session: Session, client: Client, now: datetime) -> Player:
    """A client who has said where they are tonight, as the room asks of everybody."""
    confirm_door(actor=ACTOR, session=session, client=client, where=WHEREABOUTS, now=now)
    return _player(client.person, now, client)


def _expected(session: Session) -> list[Client]:
    assert today_of(session.program, session.starts_at) == session.local_date  # noqa: S101  # R10
    return list(expected_clients(session))


def _player(person: Person, now: datetime, client: Client | None = None) -> Player:
    name = client.peer_name if client is not None else person.short_name
    return Player(str(person.pk), name, mint_login(person, now=now), client.pk if client else None)
