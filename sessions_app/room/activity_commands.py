"""Commands of what a group does together: the lead, spotlight, timer, side rooms, polls, rounds, shared text."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sessions_app.room.command_base import AboutClient, Command, PassingCommand
from sessions_app.room.words import PersonId, Reaction, RoundKind, SideKey

LONGEST_TIMER = 2 * 3600
LONGEST_BREAKOUT_MINUTES = 90
TEXT_LIMIT = 4_000
"""Longest shared text in characters."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
Option = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"\S")]
Scale = Annotated[int, Field(ge=0, le=10)]
Link = Annotated[str, StringConstraints(max_length=500, pattern=r"^https://[^\s<>\"]+$")]


class HostHand(Command):
    """Hand the lead over to another facilitator who is here."""

    type: Literal["host.hand"] = "host.hand"
    person: PersonId


class SpotlightSet(Command):
    """Put one person in everybody's view, or nobody."""

    type: Literal["spotlight.set"] = "spotlight.set"
    person: PersonId | None = None


class TimerStart(Command):
    """Start a timer that everybody sees; one that runs is replaced. ``seconds``: 5 to 7,200."""

    type: Literal["timer.start"] = "timer.start"
    seconds: Annotated[int, Field(ge=5, le=LONGEST_TIMER)]


class TimerStop(Command):
    """Take the timer away."""

    type: Literal["timer.stop"] = "timer.stop"


class BreakoutsOpen(Command):
    """Open 2 to 6 breakout rooms: assigned by hand (``rooms``), or at random (``count``); ``minutes`` until they close."""

    type: Literal["breakouts.open"] = "breakouts.open"
    rooms: (
        Annotated[list[Annotated[list[PersonId], Field(max_length=40)]], Field(min_length=2, max_length=6)]
        | None
    ) = None
    count: Annotated[int, Field(ge=2, le=6)] | None = None
    minutes: Annotated[int, Field(ge=1, le=LONGEST_BREAKOUT_MINUTES)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.rooms is None) is (self.count is None):
            raise ValueError("say either rooms or count")
        return self


class BreakoutsRecall(Command):
    """Bring everybody back to the whole group."""

    type: Literal["breakouts.recall"] = "breakouts.recall"


class BreakoutAssign(AboutClient):
    """Move one client to a breakout, or back to the whole group (no ``side``)."""

    type: Literal["breakout.assign"] = "breakout.assign"
    side: SideKey | None = None


class SideEnter(Command):
    """Staff go into a side room, or back to the whole group (no ``side``)."""

    type: Literal["side.enter"] = "side.enter"
    side: SideKey | None = None


class AsideOpen(AboutClient):
    """Talk to one client in private; an open call for help is answered by it. Peers learn nothing."""

    type: Literal["aside.open"] = "aside.open"


class AsideClose(Command):
    """End a private talk: staff name the client, a client ends their own."""

    type: Literal["aside.close"] = "aside.close"
    person: PersonId | None = None


class PollOpen(Command):
    """Ask the group: 2 to 6 options, one choice each. Of an anonymous poll nobody can see who chose what."""

    type: Literal["poll.open"] = "poll.open"
    question: Line
    options: Annotated[list[Option], Field(min_length=2, max_length=6)]
    anonymous: bool = True


class PollVote(Command):
    """Answer the open poll, once. ``option`` counts from 0."""

    type: Literal["poll.vote"] = "poll.vote"
    option: Annotated[int, Field(ge=0, le=5)]


class PollClose(Command):
    """Take no more answers; staff then see the result."""

    type: Literal["poll.close"] = "poll.close"


class PollShare(Command):
    """Show the result of the closed poll to everybody."""

    type: Literal["poll.share"] = "poll.share"


class RoundStart(Command):
    """Start a go-round; without ``order`` everybody in the order in which they came. ``seconds``: what each may take."""

    type: Literal["round.start"] = "round.start"
    kind: RoundKind = Field(strict=False)
    order: Annotated[list[PersonId], Field(min_length=1, max_length=40)] | None = None
    seconds: Annotated[int, Field(ge=15, le=900)] | None = None


class RoundNext(Command):
    """The next person's turn: said by staff, or by whose turn it is. ``skip``: the turn was passed."""

    type: Literal["round.next"] = "round.next"
    skip: bool = False


class RoundAnswer(Command):
    """Tell the staff one's mood and urge (0 to 10). Kept as check-in data only when ``keep`` says so."""

    type: Literal["round.answer"] = "round.answer"
    mood: Scale
    urge: Scale
    keep: bool = False


class RoundStop(Command):
    """End the go-round before everybody spoke."""

    type: Literal["round.stop"] = "round.stop"


class TextShow(Command):
    """Show everybody a text, a worksheet or a link; it replaces what was shown before."""

    type: Literal["text.show"] = "text.show"
    title: Line
    text: Annotated[str, StringConstraints(max_length=TEXT_LIMIT)] = ""
    link: Link | None = None


class TextHide(Command):
    """Take the shown text away."""

    type: Literal["text.hide"] = "text.hide"


class React(PassingCommand):
    """Give a sign without a word."""

    type: Literal["reaction.send"] = "reaction.send"
    reaction: Reaction = Field(strict=False)


ActivityCommand = (
    HostHand
    | SpotlightSet
    | TimerStart
    | TimerStop
    | BreakoutsOpen
    | BreakoutsRecall
    | BreakoutAssign
    | SideEnter
    | AsideOpen
    | AsideClose
    | PollOpen
    | PollVote
    | PollClose
    | PollShare
    | RoundStart
    | RoundNext
    | RoundAnswer
    | RoundStop
    | TextShow
    | TextHide
    | React
)
