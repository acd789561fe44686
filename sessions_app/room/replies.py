"""What the server says to one browser alone: the answer to a command, the heartbeat's answer, the snapshot.

Events are in ``events.py``. These frames have no number: losing one is repaired by the numbers in the next.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from sessions_app.room.commands import CallId, MediaFlags, Signal
from sessions_app.room.events import AnyEvent
from sessions_app.room.media.grants import Grant
from sessions_app.room.rows import numbers_text
from sessions_app.room.state import Room
from sessions_app.room.words import PersonId, Reaction, Role, Sees

Numbers = dict[str, int]


class Reply(BaseModel):
    """Base of frames for one connection."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ack(Reply):
    """The command is committed; its events carry these last numbers per audience (RT-1, RT-2)."""

    type: Literal["ack"] = "ack"
    id: str
    numbers: Numbers


class ErrorReply(Reply):
    """The command was refused and changed nothing. ``id`` is missing when the frame held none."""

    type: Literal["error"] = "error"
    id: str | None
    code: str
    message: str


class Pong(Reply):
    """The heartbeat's answer: head numbers of the audiences this connection hears (RT-5)."""

    type: Literal["pong"] = "pong"
    id: str
    at: datetime
    heads: Numbers


class Me(Reply):
    """Who this connection belongs to, and how much it is shown."""

    person: PersonId
    role: Role
    sees: Sees


class Snapshot(Reply):
    """The whole view at these numbers. It replaces everything a browser held before."""

    type: Literal["snapshot"] = "snapshot"
    at: datetime
    me: Me
    room: Room
    chat: tuple[AnyEvent, ...]
    shown: tuple[AnyEvent, ...] = ()
    """The words of the current poll, text and round: their events."""
    numbers: Numbers


class Resumed(Reply):
    """Everything missed was sent before this frame; from here on it is live (RT-3)."""

    type: Literal["resumed"] = "resumed"
    numbers: Numbers


class Forgotten(Reply):
    """An event whose words are no longer kept; only its number remains, so that nothing seems missing."""

    type: Literal["forgotten"] = "forgotten"
    audience: str
    number: int


class SignalReceived(Reply):
    """A signal from another person in the room; the sender is stamped by the server (AZ-7)."""

    type: Literal["signal.received"] = "signal.received"
    sender: PersonId
    payload: Signal


class TypingSeen(Reply):
    """Somebody in the room is writing."""

    type: Literal["typing.seen"] = "typing.seen"
    person: PersonId


class CaptionSeen(Reply):
    """What somebody in the same room is saying; the same line again replaces what it was. Never stored."""

    type: Literal["caption.seen"] = "caption.seen"
    person: PersonId
    line: int
    text: str
    final: bool


class MediaSeen(Reply, MediaFlags):
    """Somebody in the room switched microphone, camera or shared screen, or began or stopped speaking."""

    type: Literal["media.seen"] = "media.seen"
    person: PersonId
    call: CallId | None = None


class MediaGranted(Reply):
    """The answer to `media.join`: where picture and sound are, for this person and session, for ten minutes. Never stored."""

    type: Literal["media.granted"] = "media.granted"
    id: str
    grant: Grant


class ReactionSeen(Reply):
    """Somebody in the room gave a sign without a word."""

    type: Literal["reaction.seen"] = "reaction.seen"
    person: PersonId
    reaction: Reaction


AnyReply = Annotated[
    Ack
    | ErrorReply
    | Pong
    | Snapshot
    | Resumed
    | Forgotten
    | SignalReceived
    | TypingSeen
    | CaptionSeen
    | MediaSeen
    | MediaGranted
    | ReactionSeen,
    Field(discriminator="type"),
]
REPLY_CLASSES: tuple[type[Reply], ...] = get_args(get_args(AnyReply)[0])


def wire(frame: BaseModel) -> str:
    """The frame as it travels."""
    return frame.model_dump_json()


def ack_wire(command: str, numbers: Mapping[str, int]) -> str:
    """An `Ack` as it travels, written without the class: there is one for every command."""
    return f'{{"type":"ack","id":"{command}","numbers":{numbers_text(numbers)}}}'


def pong_wire(command: str, at: datetime, heads: Mapping[str, int]) -> str:
    """A `Pong` as it travels, written without the class: one for everybody every ten seconds. `at` is UTC."""
    instant = at.isoformat().replace("+00:00", "Z")
    return f'{{"type":"pong","id":"{command}","at":"{instant}","heads":{numbers_text(heads)}}}'


def event_wire(event: BaseModel, *, audience: str, number: int) -> str:
    """An event as it travels and as the log keeps it, with its audience and number."""
    body = event.model_dump_json()
    return f'{{"audience":"{audience}","number":{number},{body[1:]}'


def event_fields(frame: Mapping[str, Any]) -> dict[str, Any]:
    """The event's own fields of a travelled frame: without audience and number."""
    return {key: value for key, value in frame.items() if key not in {"audience", "number"}}
