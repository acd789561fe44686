"""What a browser may say to the room: one frozen class per command, gathered in a tagged union.

Unknown fields, wrong types and unknown tags are refused when the frame is parsed (WS-3), so a handler
only ever sees one of these classes. Nothing a browser sends picks a method by name (AZ-8).
"""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from sessions_app.room.activity_commands import ActivityCommand
from sessions_app.room.command_base import AboutClient, Numbers, PassingCommand
from sessions_app.room.command_base import Command as Command  # noqa: PLC0414  # part of what this module offers
from sessions_app.room.words import Admission, ChatMode, PersonId, RemovalReason

CHAT_LIMIT = 2_000
"""Longest chat message in characters (WS-3)."""

CallId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{8,16}$")]
"""One window's part in picture and sound, made up by the window."""
ChatText = Annotated[str, StringConstraints(min_length=1, max_length=CHAT_LIMIT, pattern=r"\S")]


class Ping(PassingCommand):
    """The heartbeat: proof of life, and the numbers this browser has handled so far."""

    type: Literal["ping"] = "ping"
    heads: Numbers = Field(default_factory=dict)


class Resume(PassingCommand):
    """Ask for everything after these numbers, once and in order (RT-3)."""

    type: Literal["room.resume"] = "room.resume"
    numbers: Numbers


class ChatSend(Command):
    """Write to the room one is in, or quietly to the staff; staff also to everyone, in every side room."""

    type: Literal["chat.send"] = "chat.send"
    text: ChatText
    to: Literal["room", "staff", "everyone"] = "room"


class HandRaise(Command):
    """Join the queue of those who would like to speak."""

    type: Literal["hand.raise"] = "hand.raise"


class HandLower(Command):
    """Lower one's own hand; staff may name somebody else's."""

    type: Literal["hand.lower"] = "hand.lower"
    person: PersonId | None = None


class RoomLeave(Command):
    """Leave on purpose, on every tab and device."""

    type: Literal["room.leave"] = "room.leave"


class ClientAdmit(AboutClient):
    """Let one waiting client in; ``knowingly`` where nobody who leads is licensed in the client's state."""

    type: Literal["client.admit"] = "client.admit"
    knowingly: bool = False


class ClientAdmitAll(Command):
    """Let in everybody who waits and is connected, and about whom no question is open."""

    type: Literal["client.admit_all"] = "client.admit_all"


class ClientRemove(AboutClient):
    """Remove a client on every tab and device, until restored."""

    type: Literal["client.remove"] = "client.remove"
    reason_code: RemovalReason = Field(strict=False)


class ClientRestore(AboutClient):
    """Allow a removed client to come back to the door."""

    type: Literal["client.restore"] = "client.restore"


class ClientToLobby(AboutClient):
    """Ask a client to step out to the waiting room."""

    type: Literal["client.to_lobby"] = "client.to_lobby"


class ClientMute(AboutClient):
    """Mute one client's microphone."""

    type: Literal["client.mute"] = "client.mute"


class ClientUnmute(Command):
    """Lift one's own mute. Nobody can switch on somebody else's microphone."""

    type: Literal["client.unmute"] = "client.unmute"


class ClientCameraOff(AboutClient):
    """Stop one client's camera."""

    type: Literal["client.camera_off"] = "client.camera_off"


class ClientCameraOn(Command):
    """Lift the stop of one's own camera. Nobody can switch on somebody else's camera."""

    type: Literal["client.camera_on"] = "client.camera_on"


class ShareAllow(Command):
    """Choose whether clients may share their screen; staff always may."""

    type: Literal["share.allow"] = "share.allow"
    allowed: bool


class EveryoneMute(Command):
    """Mute every client in the room."""

    type: Literal["everyone.mute"] = "everyone.mute"


class RoomOpen(Command):
    """Open the waiting room."""

    type: Literal["room.open"] = "room.open"


class RoomStart(Command):
    """Start the session; countable time begins no earlier (R2)."""

    type: Literal["room.start"] = "room.start"


class BreakStart(Command):
    """Start a break; its time does not count (R2)."""

    type: Literal["room.break_start"] = "room.break_start"


class BreakEnd(Command):
    """End the break."""

    type: Literal["room.break_end"] = "room.break_end"


class RoomEnd(Command):
    """End the session for everybody."""

    type: Literal["room.end"] = "room.end"


class RoomLock(Command):
    """Admit nobody new from here on."""

    type: Literal["room.lock"] = "room.lock"


class RoomUnlock(Command):
    """Admit again."""

    type: Literal["room.unlock"] = "room.unlock"


class AdmissionSet(Command):
    """Choose how people pass from the waiting room from here on; who waits and is meant by it comes in at once."""

    type: Literal["admission.set"] = "admission.set"
    policy: Admission = Field(strict=False)


class ChatSetMode(Command):
    """Choose who may write to the whole room."""

    type: Literal["chat.mode"] = "chat.mode"
    mode: ChatMode = Field(strict=False)


class SupportRequest(Command):
    """The silent hand: ask the staff for help; peers learn nothing."""

    type: Literal["support.request"] = "support.request"


class SupportAnswer(AboutClient):
    """Staff take up a client's silent hand."""

    type: Literal["support.answer"] = "support.answer"


class MediaFlags(BaseModel):
    """What one window sends and wants to receive right now; context for the others, never evidence of presence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    mic: bool
    camera: bool
    screen: bool = False
    speaking: bool = False
    wants_video: bool = True
    wants_captions: bool = False
    """Whether this window reads what others say."""
    captions: bool = False
    """Whether what is said at this window can be read: its own device writes it down, and the person lets it."""
    spoke_ago: Annotated[int, Field(ge=0, le=86_400)] | None = None
    """Seconds since this person last spoke; none when they have not."""


class Signal(BaseModel):
    """One step of setting up picture and sound between two browsers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    kind: Literal["hello", "offer", "answer", "candidate", "bye"]
    call: CallId | None = None
    """Which of the sender's windows speaks."""
    to_call: CallId | None = None
    """Which window it is for; a `hello` to somebody new names none."""
    has: MediaFlags | None = None
    sdp: Annotated[str, StringConstraints(max_length=60_000)] | None = None
    candidate: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    mid: Annotated[str, StringConstraints(max_length=64)] | None = None
    line: Annotated[int, Field(ge=0, le=255)] | None = None


class SignalSend(PassingCommand):
    """Pass a signal to one other admitted person (AZ-7)."""

    type: Literal["signal.send"] = "signal.send"
    to: PersonId
    payload: Signal


class Typing(PassingCommand):
    """I am writing a message."""

    type: Literal["typing"] = "typing"


class CaptionSay(PassingCommand):
    """What I am saying, written down by my own device: for those who hear me, and kept nowhere."""

    type: Literal["caption.say"] = "caption.say"
    line: Annotated[int, Field(ge=0, le=1_000_000)]
    """Which of this window's lines; said again, it replaces what the line was."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    final: bool
    """Whether the line stays as it is."""


class MediaState(PassingCommand, MediaFlags):
    """My microphone, camera or shared screen went on or off, or I began or stopped speaking."""

    type: Literal["media.state"] = "media.state"
    call: CallId | None = None


class MediaJoin(PassingCommand):
    """Ask for a grant: where picture and sound are, and what one may send. Asked again before it runs out."""

    type: Literal["media.join"] = "media.join"


AnyCommand = Annotated[
    Ping
    | Resume
    | ChatSend
    | HandRaise
    | HandLower
    | RoomLeave
    | ClientAdmit
    | ClientAdmitAll
    | ClientRemove
    | ClientRestore
    | ClientToLobby
    | ClientMute
    | ClientUnmute
    | ClientCameraOff
    | ClientCameraOn
    | ShareAllow
    | EveryoneMute
    | RoomOpen
    | RoomStart
    | BreakStart
    | BreakEnd
    | RoomEnd
    | RoomLock
    | RoomUnlock
    | AdmissionSet
    | ChatSetMode
    | SupportRequest
    | SupportAnswer
    | ActivityCommand
    | SignalSend
    | Typing
    | CaptionSay
    | MediaState
    | MediaJoin,
    Field(discriminator="type"),
]
COMMANDS: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)
COMMAND_CLASSES: tuple[type[Command], ...] = get_args(get_args(AnyCommand)[0])
SIGNALLING = frozenset({"signal.send"})
"""Commands that may use the larger frame (WS-3)."""
