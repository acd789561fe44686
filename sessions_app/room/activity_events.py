"""Events of what a group does together: the lead, spotlight, timer, side rooms, polls, rounds, shared text."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from sessions_app.room.activity_state import Breakout
from sessions_app.room.event_base import Event, ForPerson, ForRoom, ForSide, ForStaff, RoomAbout, RoomBy
from sessions_app.room.words import Hears, MovedTo, PersonId, RoundKind, SideKey


class HostChanged(RoomAbout):
    """The lead was handed over. Who leads when somebody drops follows from who is here."""

    type: Literal["host.changed"] = "host.changed"
    by: PersonId


class SpotlightChanged(ForRoom):
    """One person is in everybody's view, or nobody."""

    type: Literal["spotlight.changed"] = "spotlight.changed"
    person: PersonId | None
    by: PersonId


class TimerStarted(RoomBy):
    """A timer runs from ``at`` to ``ends_at``."""

    type: Literal["timer.started"] = "timer.started"
    ends_at: datetime


class TimerStopped(RoomBy):
    """There is no timer any more."""

    type: Literal["timer.stopped"] = "timer.stopped"


class BreakoutsOpened(RoomBy):
    """Breakout rooms are open, with who is in which; without ``ends_at`` until staff call everybody back."""

    type: Literal["breakouts.opened"] = "breakouts.opened"
    rooms: tuple[Breakout, ...]
    ends_at: datetime | None


class BreakoutsClosed(RoomBy):
    """Everybody is back in the whole group."""

    type: Literal["breakouts.closed"] = "breakouts.closed"


class BreakoutMoved(RoomAbout):
    """Somebody is in another breakout, or back in the whole group (no ``side``)."""

    type: Literal["breakout.moved"] = "breakout.moved"
    side: SideKey | None
    by: PersonId


class SideChatSent(ForSide):
    """A message to those in the same side room, or in the main room while breakouts are open."""

    type: Literal["chat.sent_to_side"] = "chat.sent_to_side"
    person: PersonId
    message: UUID
    name: str
    text: str


class AsideOpened(ForStaff):
    """Staff talk with one client in private. Peers hear nothing of it."""

    type: Literal["aside.opened"] = "aside.opened"
    side: SideKey
    by: PersonId


class AsideJoined(ForStaff):
    """Another member of the staff went into a private talk, or out of it (``joined`` false)."""

    type: Literal["aside.joined"] = "aside.joined"
    by: PersonId
    joined: bool


class AsideClosed(ForStaff):
    """The private talk is over."""

    type: Literal["aside.closed"] = "aside.closed"


class SupportOverdue(ForStaff):
    """Nobody took up a silent hand within a minute; the clinical team was told."""

    type: Literal["support.overdue"] = "support.overdue"


class PollOpened(RoomBy):
    """A question to everybody."""

    type: Literal["poll.opened"] = "poll.opened"
    poll: UUID
    question: str
    options: tuple[str, ...]
    anonymous: bool


class PollAnswered(ForRoom):
    """One more answer came in; not whose."""

    type: Literal["poll.answered"] = "poll.answered"
    answered: int


class PollVoted(ForStaff):
    """What somebody chose, in a poll by name."""

    type: Literal["poll.voted"] = "poll.voted"
    option: int


class PollClosed(RoomBy):
    """No more answers are taken."""

    type: Literal["poll.closed"] = "poll.closed"


class PollCounted(Event):
    """The result, for the staff; withheld (none) when too few answered for an anonymous one."""

    hears: ClassVar[Hears] = Hears.STAFF
    type: Literal["poll.counted"] = "poll.counted"
    counts: tuple[int, ...] | None


class PollShared(RoomBy):
    """The result, for everybody."""

    type: Literal["poll.shared"] = "poll.shared"
    counts: tuple[int, ...]


class RoundStarted(RoomBy):
    """A go-round in this order; ``seconds`` is what each may take, if that was said."""

    type: Literal["round.started"] = "round.started"
    round: UUID
    kind: RoundKind
    order: tuple[PersonId, ...]
    seconds: int | None


class RoundMoved(RoomBy):
    """It is the turn of number ``turn`` (from 0) of the order; ``passed`` went without speaking."""

    type: Literal["round.moved"] = "round.moved"
    turn: int
    passed: PersonId | None = None


class RoundEnded(RoomBy):
    """The go-round is over."""

    type: Literal["round.ended"] = "round.ended"


class RoundAnswered(ForStaff):
    """A client's mood and urge in the go-round; ``kept``: as check-in data, by the client's own tick."""

    type: Literal["round.answered"] = "round.answered"
    round: UUID
    mood: int
    urge: int
    kept: bool


class TextShown(RoomBy):
    """A text for everybody."""

    type: Literal["text.shown"] = "text.shown"
    text_id: UUID
    title: str
    text: str
    link: str | None


class TextHidden(RoomBy):
    """Nothing is shown any more."""

    type: Literal["text.hidden"] = "text.hidden"


class YouMoved(ForPerson):
    """You are in another side room, in the main room while others are in breakouts, or all together; a snapshot follows."""

    type: Literal["you.moved"] = "you.moved"
    to: MovedTo


class YouVoted(ForPerson):
    """Your answer in a poll by name."""

    type: Literal["you.voted"] = "you.voted"
    option: int


class YouAnswered(ForPerson):
    """Your mood and urge reached the staff; whether they are kept as check-in data."""

    type: Literal["you.answered"] = "you.answered"
    kept: bool


ActivityEvent = (
    HostChanged
    | SpotlightChanged
    | TimerStarted
    | TimerStopped
    | BreakoutsOpened
    | BreakoutsClosed
    | BreakoutMoved
    | SideChatSent
    | AsideOpened
    | AsideJoined
    | AsideClosed
    | SupportOverdue
    | PollOpened
    | PollAnswered
    | PollVoted
    | PollClosed
    | PollCounted
    | PollShared
    | RoundStarted
    | RoundMoved
    | RoundEnded
    | RoundAnswered
    | TextShown
    | TextHidden
    | YouMoved
    | YouVoted
    | YouAnswered
)
