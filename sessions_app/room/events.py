"""What a browser may hear: one frozen class per event, in the past tense, each naming its audience class.

Events hold ids and small facts. A fact that peers may not know never travels in an event for the room: the
same act then yields one event per audience (a removal is ``client.left`` to the room, ``client.removed`` to
the staff and ``you.removed`` to the client).
"""

from typing import Annotated, ClassVar, Literal, get_args
from uuid import UUID

from pydantic import Field, TypeAdapter

from sessions_app.room.activity_events import ActivityEvent
from sessions_app.room.door.facts import DoorFacts
from sessions_app.room.event_base import Event as Event  # noqa: PLC0414  # part of what this module offers
from sessions_app.room.event_base import ForPerson, ForRoom, ForStaff, RoomAbout, RoomBy
from sessions_app.room.words import Admission, ChatMode, Hears, LeaveReason, PersonId, RemovalReason, Role


class RoomOpened(RoomBy):
    """The waiting room is open."""

    type: Literal["room.opened"] = "room.opened"


class RoomStarted(RoomBy):
    """The session runs."""

    type: Literal["room.started"] = "room.started"


class BreakStarted(RoomBy):
    """A break runs; its time does not count (R2)."""

    type: Literal["break.started"] = "break.started"


class BreakEnded(RoomBy):
    """The break is over."""

    type: Literal["break.ended"] = "break.ended"


class RoomEnded(RoomBy):
    """The session is over for everybody; presence ends here (AT-6)."""

    type: Literal["room.ended"] = "room.ended"


class RoomLocked(RoomBy):
    """Nobody new is admitted."""

    type: Literal["room.locked"] = "room.locked"


class RoomUnlocked(RoomBy):
    """People are admitted again."""

    type: Literal["room.unlocked"] = "room.unlocked"


class ChatModeChanged(RoomBy):
    """Who may write to the whole room was changed."""

    type: Literal["chat.mode_changed"] = "chat.mode_changed"
    mode: ChatMode


class AdmissionChanged(Event):
    """How people pass from the waiting room was changed."""

    hears: ClassVar[Hears] = Hears.STAFF
    type: Literal["admission.changed"] = "admission.changed"
    policy: Admission
    by: PersonId


class StaffJoined(RoomAbout):
    """A facilitator or observer is in the room."""

    type: Literal["staff.joined"] = "staff.joined"
    name: str
    role: Role


class StaffLeft(RoomAbout):
    """A facilitator or observer is no longer in the room."""

    type: Literal["staff.left"] = "staff.left"
    reason: LeaveReason


class ClientAdmitted(RoomAbout):
    """A client is in the room, under the name peers may see (AZ-6)."""

    type: Literal["client.admitted"] = "client.admitted"
    name: str


class ClientLeft(RoomAbout):
    """A client is no longer in the room. Why staff took somebody out is not told to peers."""

    type: Literal["client.left"] = "client.left"
    reason: LeaveReason


class ConnectionLost(RoomAbout):
    """A person in the room is reconnecting; place, hand and role are kept for the grace period."""

    type: Literal["connection.lost"] = "connection.lost"


class ConnectionReturned(RoomAbout):
    """The person is back."""

    type: Literal["connection.returned"] = "connection.returned"


class HandRaised(RoomAbout):
    """A hand joined the end of the queue."""

    type: Literal["hand.raised"] = "hand.raised"


class HandLowered(RoomAbout):
    """A hand left the queue."""

    type: Literal["hand.lowered"] = "hand.lowered"
    by: PersonId


class ClientMuted(RoomAbout):
    """Staff muted one client."""

    type: Literal["client.muted"] = "client.muted"
    by: PersonId


class ClientUnmuted(RoomAbout):
    """A client switched the microphone on again."""

    type: Literal["client.unmuted"] = "client.unmuted"


class ClientCameraStopped(RoomAbout):
    """Staff stopped one client's camera."""

    type: Literal["client.camera_stopped"] = "client.camera_stopped"
    by: PersonId


class ClientCameraResumed(RoomAbout):
    """A client may send the camera's picture again."""

    type: Literal["client.camera_resumed"] = "client.camera_resumed"


class ShareChanged(RoomBy):
    """Whether clients may share their screen was changed."""

    type: Literal["share.changed"] = "share.changed"
    allowed: bool


class EveryoneMuted(ForRoom):
    """Staff muted every client in the room."""

    type: Literal["everyone.muted"] = "everyone.muted"
    by: PersonId


class ChatSent(RoomAbout):
    """A message to the whole room."""

    type: Literal["chat.sent"] = "chat.sent"
    message: UUID
    name: str
    text: str


class StaffChatSent(ForStaff):
    """A message to the staff alone."""

    type: Literal["chat.sent_to_staff"] = "chat.sent_to_staff"
    message: UUID
    name: str
    text: str


class ClientExpected(ForStaff):
    """A client is on tonight's roster."""

    type: Literal["client.expected"] = "client.expected"
    name: str
    staff_name: str


class ClientWaiting(ForStaff):
    """A client is at the door, in this state and with this device."""

    type: Literal["client.waiting"] = "client.waiting"
    name: str
    staff_name: str
    door: DoorFacts | None = None


class WaitingLost(ForStaff):
    """A waiting client's connection was lost; the place in line is kept."""

    type: Literal["waiting.lost"] = "waiting.lost"


class WaitingReturned(ForStaff):
    """The waiting client is back in line, at the same place."""

    type: Literal["waiting.returned"] = "waiting.returned"
    door: DoorFacts | None = None


class WaitingLeft(ForStaff):
    """A waiting client went away."""

    type: Literal["waiting.left"] = "waiting.left"
    reason: LeaveReason


class ClientRemoved(ForStaff):
    """Staff removed a client."""

    type: Literal["client.removed"] = "client.removed"
    reason_code: RemovalReason
    by: PersonId


class ClientRestored(ForStaff):
    """A removed client may come back."""

    type: Literal["client.restored"] = "client.restored"
    by: PersonId


class ClientMovedToLobby(ForStaff):
    """Staff asked a client to step out to the waiting room."""

    type: Literal["client.moved_to_lobby"] = "client.moved_to_lobby"
    by: PersonId
    connected: bool


class SupportRequested(ForStaff):
    """A client asks for help, silently."""

    type: Literal["support.requested"] = "support.requested"


class SupportAnswered(ForStaff):
    """Staff took up the silent hand."""

    type: Literal["support.answered"] = "support.answered"
    by: PersonId


class YouWaiting(ForPerson):
    """You are at the door; your place in line is kept."""

    type: Literal["you.waiting"] = "you.waiting"
    name: str


class YouAdmitted(ForPerson):
    """You are in; a snapshot of the room follows."""

    type: Literal["you.admitted"] = "you.admitted"


class YouMovedToLobby(ForPerson):
    """You were asked to step out; a snapshot of your own state follows."""

    type: Literal["you.moved_to_lobby"] = "you.moved_to_lobby"


class YouRemoved(ForPerson):
    """You were removed; the connection closes with 4403."""

    type: Literal["you.removed"] = "you.removed"
    reason_code: RemovalReason


class YouLeft(ForPerson):
    """You left, on every tab and device; the connection closes."""

    type: Literal["you.left"] = "you.left"


class YouTimedOut(ForPerson):
    """Your connection was away for longer than the grace period; your place was given up."""

    type: Literal["you.timed_out"] = "you.timed_out"


class YouRestored(ForPerson):
    """You may come back to the door."""

    type: Literal["you.restored"] = "you.restored"


class YouDismissed(ForPerson):
    """The session ended while you were waiting."""

    type: Literal["you.dismissed"] = "you.dismissed"


class YouAskedForSupport(ForPerson):
    """Your facilitators know that you need help."""

    type: Literal["you.asked_for_support"] = "you.asked_for_support"


class YouWereAnswered(ForPerson):
    """A facilitator has seen that you need help."""

    type: Literal["you.were_answered"] = "you.were_answered"


class YouWroteToStaff(ForPerson):
    """Your message to the staff, as it was stored."""

    type: Literal["you.wrote_to_staff"] = "you.wrote_to_staff"
    message: UUID
    text: str


AnyEvent = Annotated[
    RoomOpened
    | RoomStarted
    | BreakStarted
    | BreakEnded
    | RoomEnded
    | RoomLocked
    | RoomUnlocked
    | ChatModeChanged
    | AdmissionChanged
    | StaffJoined
    | StaffLeft
    | ClientAdmitted
    | ClientLeft
    | ConnectionLost
    | ConnectionReturned
    | HandRaised
    | HandLowered
    | ClientMuted
    | ClientUnmuted
    | ClientCameraStopped
    | ClientCameraResumed
    | ShareChanged
    | EveryoneMuted
    | ChatSent
    | StaffChatSent
    | ClientExpected
    | ClientWaiting
    | WaitingLost
    | WaitingReturned
    | WaitingLeft
    | ClientRemoved
    | ClientRestored
    | ClientMovedToLobby
    | SupportRequested
    | SupportAnswered
    | YouWaiting
    | YouAdmitted
    | YouMovedToLobby
    | YouRemoved
    | YouLeft
    | YouTimedOut
    | YouRestored
    | YouDismissed
    | YouAskedForSupport
    | YouWereAnswered
    | YouWroteToStaff
    | ActivityEvent,
    Field(discriminator="type"),
]
EVENTS: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
EVENT_CLASSES: tuple[type[Event], ...] = get_args(get_args(AnyEvent)[0])
