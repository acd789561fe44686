"""Everything that waits at one moment, in one transaction: the working copy of each locked room (group commit).

A room in work is loaded from its locked row, takes entries one after the other through the pure rules, and collects what
must be written: log lines, evidence, answers, audit entries. `services.apply_commands` writes all rooms at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sessions_app.room import activity_events as a
from sessions_app.room import acts, ballots, log
from sessions_app.room import events as e
from sessions_app.room.acts import Act, Depart
from sessions_app.room.ballots import BallotBox
from sessions_app.room.commands import ClientAdmit, Command
from sessions_app.room.kept import NewState, StateRow, Stored
from sessions_app.room.models import EvidenceKind, RoomState
from sessions_app.room.replies import event_wire
from sessions_app.room.rows import AnswerRow, EventRow, EvidenceRow, numbers_text
from sessions_app.room.rules import Known, RoomActor, apply_all, decide
from sessions_app.room.rules.due import next_due
from sessions_app.room.state import Room
from sessions_app.room.views import viewer_of
from sessions_app.room.words import LeaveReason, Place, Role
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import DomainError
from vio.common.models import AuditDraft
from vio.common.permissions import Permission


class Entry(NamedTuple):
    """One thing that waits for a room: a browser's command, or an act of the house about a person.

    `login` and `permission` are checked again inside the transaction (AU-7); both are empty for the house itself.
    """

    session_id: UUID
    program_id: UUID
    what: Command | Act | Depart
    person_id: UUID | None = None
    client_id: UUID | None = None
    role: Role = Role.FACILITATOR
    connection: UUID | None = None
    login: str = ""
    permission: Permission = Permission.SYSTEM
    source: str = ""
    roles: frozenset[Any] = frozenset()

    @property
    def command_id(self) -> UUID | None:
        """The id that makes a repeat harmless; None for the house's own acts."""
        return self.what.id if isinstance(self.what, Command) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry: the numbers its sender may know, or the refusal."""

    numbers: dict[str, int] = field(default_factory=dict)
    error: DomainError | None = None


@dataclass(slots=True)
class Written:
    """The log lines one batch added to one room, for the bell: `base` events came before them."""

    session_id: UUID
    base: int
    rows: list[EventRow]
    frames: list[str]

    def facts(self) -> dict[str, Any]:
        """What the bell carries, sealed by the caller."""
        lines = [
            [row.audience, row.number, row.kind, frame]
            for row, frame in zip(self.rows, self.frames, strict=True)
        ]
        return {"base": self.base, "lines": lines}


AUDITED = {
    "room.opened", "room.started", "break.started", "break.ended", "room.ended", "room.locked", "room.unlocked",
    "chat.mode_changed", "client.admitted", "client.removed", "client.restored", "client.moved_to_lobby",
    "client.muted", "everyone.muted", "client.camera_stopped", "share.changed",
    "support.requested", "support.answered", "staff.joined", "staff.left",
    "admission.changed", "support.overdue", "aside.opened", "aside.joined", "aside.closed", "host.changed", "breakouts.opened",
    "breakouts.closed", "breakout.moved", "poll.opened", "poll.closed", "poll.shared", "round.answered", "text.shown",
}  # fmt: skip
_MOVES = {
    e.ClientMovedToLobby,
    e.ClientRemoved,
    e.ClientAdmitted,
    e.ClientLeft,
    e.StaffLeft,
    e.WaitingLeft,
    e.RoomEnded,
}
"""Events after which somebody's connections count otherwise."""
_CAUSES = {LeaveReason.LEFT: "left", LeaveReason.LOST: "dropped"}


class RoomInWork:
    """The working copy of one locked room. Nothing here touches the database."""

    def __init__(self, row: StateRow, now: datetime) -> None:
        self.row = row
        self.now = now
        self.base = row.version
        self.room = row.stored.room
        self.first = self.room
        self.heads: dict[str, int] = dict(row.heads)
        # {connection: person}: who is connected right now, on any process; {person: client} for their charts
        document = row.stored.document
        self.connections: dict[str, str] = dict(document.get("connections", {}))
        self.clients: dict[str, str] = dict(document.get("clients", {}))
        self.connections_changed = False
        box = document.get("box")
        self.box = BallotBox.model_validate(box) if box else None
        self.apart: frozenset[frozenset[str]] = frozenset()
        """Pairs who are kept apart, by person; set by the service when an entry needs them."""
        self.rows: list[EventRow] = []
        self.frames: list[str] = []
        self.events: list[e.Event] = []
        self.evidence: list[EvidenceRow] = []
        self.results: list[AnswerRow] = []
        self.audits: list[AuditDraft] = []

    # --- one entry --------------------------------------------------------------------------------------------

    def take(self, entry: Entry) -> Outcome:
        """Applies one entry; a refusal changes nothing and is remembered as the command's answer (RT-2)."""
        try:
            events = self._decide(entry)
        except DomainError as error:
            self._remember(entry, {}, error.code)
            return Outcome(error=error)
        numbers = self._record(entry, events)
        self._keep_connections(entry, events)
        self._remember(entry, numbers, "")
        return Outcome(numbers)

    def _decide(self, entry: Entry) -> list[e.Event]:
        person = str(entry.person_id or "")
        if entry.client_id is not None:
            self.clients[person] = str(entry.client_id)
        actor = RoomActor(person, entry.role)
        if isinstance(entry.what, Depart):
            return self._depart(entry, entry.what, actor)
        return decide(self.room, entry.what, actor, self.now, self._known(person))

    def _known(self, person: str) -> Known:
        if self.box is None:
            return Known(apart=self.apart)
        return Known(apart=self.apart, voted=self.box.has(person), counts=self.box.counts)

    def _depart(self, entry: Entry, departure: Depart, actor: RoomActor) -> list[e.Event]:
        """A connection ended; only a person's last one is news for the room (AT-5)."""
        if self.connections.pop(str(entry.connection), None) is None:
            return []
        self.connections_changed = True
        self._prove(str(entry.connection), actor.person, EvidenceKind.CLOSED, departure.cause, departure.at)
        if actor.person in self.connections.values():
            return []
        return decide(self.room, acts.Lose(), actor, self.now)

    def _record(self, entry: Entry, events: list[e.Event]) -> dict[str, int]:
        for event in events:
            self._append(event)
            if _kind(event) in AUDITED:
                self.audits.append(self._audit(entry, event))
        self.room = apply_all(self.room, events)
        self.box = ballots.after(self.box, entry.what, str(entry.person_id or ""), events)
        hears = viewer_of(self.room, str(entry.person_id or ""), entry.role).audiences
        return {event.audience: self.heads[event.audience] for event in events if event.audience in hears}

    def _append(self, event: e.Event) -> None:
        audience = event.audience
        number = self.heads.get(audience, 0) + 1
        self.heads[audience] = number
        frame = event_wire(event, audience=audience, number=number)
        self.frames.append(frame)
        self.events.append(event)
        self.rows.append(
            EventRow(
                self.row.session_id,
                self.row.program_id,
                audience,
                number,
                _kind(event),
                log.seal(self.row.session_id, audience, number, frame),
                event.at,
            )
        )

    def _remember(self, entry: Entry, numbers: dict[str, int], code: str) -> None:
        if entry.command_id is not None and entry.person_id is not None:
            self.results.append(
                AnswerRow(
                    self.row.session_id,
                    self.row.program_id,
                    entry.person_id,
                    entry.command_id,
                    code,
                    self.now,
                    numbers_text(numbers),
                )
            )

    def _audit(self, entry: Entry, event: e.Event) -> AuditDraft:
        actor = Actor(person_id=entry.person_id, source=entry.source, system=entry.person_id is None)
        about = getattr(event, "person", None)
        return audit.entry(
            actor=actor,
            action=_kind(event),
            program_id=self.row.program_id,
            subject=RoomState(session_id=self.row.session_id),
            client_id=self._client_of(about) if about else None,
            reason=getattr(event, "reason_code", ""),
            details={"person": about, **self._known_question(entry, about)} if about else None,
        )

    def _known_question(self, entry: Entry, about: str) -> dict[str, str]:
        """Where somebody was let in although nobody who leads is licensed there, it stands in the trail."""
        client = self.room.people.get(about)
        asked = client is not None and client.door is not None and not client.door.licensed
        if not (asked and isinstance(entry.what, ClientAdmit) and entry.what.knowingly):
            return {}
        return {"nobody_licensed_in": client.door.state} if client and client.door else {}

    # --- connections and evidence -----------------------------------------------------------------------------

    def _keep_connections(self, entry: Entry, events: list[e.Event]) -> None:
        if isinstance(entry.what, acts.Arrive):
            self._open_connection(entry)
        if not any(type(event) in _MOVES for event in events):
            return
        moved = {event.person: event for event in events if isinstance(event, e.ClientMovedToLobby)}
        removed = {event.person for event in events if isinstance(event, e.ClientRemoved)}
        for event in events:
            if isinstance(event, e.ClientAdmitted):
                self._prove_all(event.person, EvidenceKind.ADMITTED, except_for=entry.connection)
            elif isinstance(event, e.ClientMovedToLobby):
                self._prove_all(event.person, EvidenceKind.STEPPED_OUT, cause="lobby")
            elif isinstance(event, e.ClientRemoved):
                self._close_all(event.person, "removed")
            elif isinstance(event, e.ClientLeft | e.StaffLeft | e.WaitingLeft):
                if event.person not in moved and event.person not in removed:
                    self._close_all(event.person, _CAUSES[event.reason])
            elif isinstance(event, e.RoomEnded):
                self._close_everything()

    def _open_connection(self, entry: Entry) -> None:
        person, key = str(entry.person_id), str(entry.connection)
        self.connections[key] = person
        self.connections_changed = True
        self._prove(key, person, EvidenceKind.OPENED, "", self.now)
        if self.room.place_of(person) is Place.IN:
            self._prove(key, person, EvidenceKind.ADMITTED, "", self.now)

    def _of(self, person: str) -> list[str]:
        return [key for key, whose in self.connections.items() if whose == person]

    def _prove_all(
        self, person: str, kind: EvidenceKind, *, cause: str = "", except_for: UUID | None = None
    ) -> None:
        for key in self._of(person):
            if key != str(except_for):
                self._prove(key, person, kind, cause, self.now)

    def _close_all(self, person: str, cause: str) -> None:
        for key in self._of(person):
            self._prove(key, person, EvidenceKind.CLOSED, cause, self.now)
            del self.connections[key]
            self.connections_changed = True

    def _close_everything(self) -> None:
        for person in set(self.connections.values()):
            self._close_all(person, "ended")

    def _prove(self, connection: str, person: str, kind: EvidenceKind, cause: str, at: datetime) -> None:
        self.evidence.append(
            EvidenceRow(
                self.row.session_id,
                self.row.program_id,
                UUID(person),
                self._client_of(person),
                UUID(connection),
                kind,
                cause,
                at,
            )
        )

    def _client_of(self, person: str) -> UUID | None:
        client = self.clients.get(person)
        return UUID(client) if client else None

    # --- what is to be written --------------------------------------------------------------------------------

    @property
    def state_changed(self) -> bool:
        """Whether more than numbers changed."""
        return self.room is not self.first or self.connections_changed

    def new_state(self) -> NewState:
        """The row as it is to be kept."""
        changed = self.state_changed
        stored = Stored(self.room, self._document()) if changed else self.row.stored
        version = self.base + len(self.rows)
        row = StateRow(self.row.session_id, self.row.program_id, version, self.heads, stored)
        return NewState(row, self.now, changed)

    def _document(self) -> dict[str, Any]:
        stored: dict[str, Any] = {
            "room": self.room.model_dump(mode="json"),
            "connections": self.connections,
            "clients": self.clients,
        }
        if self.box is not None:
            stored["box"] = self.box.model_dump(mode="json")
        due = next_due(self.room)
        if (
            due is not None
        ):  # the clock asks the database; a key that is missing is never due, a null would be
            stored["due"] = due.timestamp()
        return stored

    def news(self) -> list[tuple[a.SupportOverdue | a.RoundAnswered, UUID]]:
        """What is told upward with the commit: calls nobody answered, answers a client wants to keep."""
        wanted = [
            event
            for event in self.events
            if isinstance(event, a.SupportOverdue) or (isinstance(event, a.RoundAnswered) and event.kept)
        ]
        return [(event, client) for event in wanted if (client := self._client_of(event.person))]

    def written(self) -> Written:
        """The bell's content; empty when nothing was logged."""
        return Written(self.row.session_id, self.base, self.rows, self.frames)


def _kind(event: e.Event) -> str:
    return str(event.type)  # type: ignore[attr-defined]  # every class of the union has a type


def empty_room(session: Any) -> Room:
    """A room before anybody came, set as its group is set."""
    return Room(chat_mode=session.group.chat_mode, admission=session.group.admission)
