"""The closed vocabularies of the room: roles, phases, places, audiences, codes.

A leaf: it imports nothing of the project, so every other module of the room may use it.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

PersonId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,36}$")]
"""A person's id as it travels: letters, digits and hyphens, at most 36 characters."""


SideKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
"""A side room's key as it travels; never used twice in a session, so its audience is never heard by others later."""


class Role(StrEnum):
    """What somebody is in this room tonight."""

    CLIENT = "client"
    FACILITATOR = "facilitator"
    COFACILITATOR = "cofacilitator"
    OBSERVER = "observer"

    @property
    def hosts(self) -> bool:
        """Whether this role runs the room; both facilitators have equal powers."""
        return self in (Role.FACILITATOR, Role.COFACILITATOR)


class Phase(StrEnum):
    """How far the evening is."""

    CLOSED = "closed"
    LOBBY = "lobby"
    RUNNING = "running"
    BREAK = "break"
    ENDED = "ended"


class Place(StrEnum):
    """Where a person is, seen from the room."""

    EXPECTED = "expected"
    WAITING = "waiting"
    IN = "in"
    GONE = "gone"
    REMOVED = "removed"


class ChatMode(StrEnum):
    """Who may write to the whole room. The way from a client to the staff stays open in each."""

    OFF = "off"
    STAFF_ONLY = "staff_only"
    GROUP = "group"


class Admission(StrEnum):
    """How known clients pass from the waiting room: one by one, by themselves once the group has started, or as soon as
    they are at the door.
    """

    EACH = "each"
    ROSTER = "roster"
    ALL = "all"


class RemovalReason(StrEnum):
    """Why a client was removed; codes, so that no free text rests in a live frame."""

    DISRUPTION = "disruption"
    SAFETY = "safety"
    IMPAIRED = "impaired"
    PRIVACY = "privacy"
    WRONG_ROOM = "wrong_room"
    OTHER = "other"


class LeaveReason(StrEnum):
    """How a presence in the room came to its end, as far as peers may know."""

    LEFT = "left"
    LOST = "lost"


class Hears(StrEnum):
    """The class of audience an event is for."""

    ROOM = "room"
    STAFF = "staff"
    SIDE = "side"
    PERSON = "person"


class Sees(StrEnum):
    """How much of the room's state a viewer is shown."""

    ALL = "all"
    ROOM = "room"
    SELF = "self"


class Reaction(StrEnum):
    """The five signs people may give without a word; they pass and are never kept."""

    THANKS = "thanks"
    CLAP = "clap"
    HEART = "heart"
    ME_TOO = "me_too"
    WITH_YOU = "with_you"


class RoundKind(StrEnum):
    """What a go-round is for."""

    CHECKIN = "checkin"
    CLOSING = "closing"


class MovedTo(StrEnum):
    """Where somebody is now: a breakout, a private aside, the main room while breakouts are open, the whole group."""

    BREAKOUT = "breakout"
    ASIDE = "aside"
    MAIN = "main"
    GROUP = "group"
