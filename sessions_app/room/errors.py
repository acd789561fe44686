"""Why the room refuses: one code per reason, each with words that may be shown."""

from typing import Final

from vio.common.errors import DomainError

MESSAGES: Final[dict[str, str]] = {
    "not_allowed": "You cannot do this in the room.",
    "not_in_room": "You are not in the room right now.",
    "not_open": "The room is not open yet.",
    "already_open": "The room is already open.",
    "already_started": "The session has already started.",
    "not_running": "The session is not running.",
    "no_break": "There is no break right now.",
    "on_break": "The group is on a break.",
    "room_ended": "This session is over.",
    "already_locked": "The room is already locked.",
    "not_locked": "The room is not locked.",
    "room_locked": "The room is locked. Unlock it to let somebody in.",
    "nobody_waiting": "Nobody is waiting.",
    "nobody_licensed": "Nobody who leads tonight is licensed in the state this person is in.",
    "not_waiting": "This person is not waiting.",
    "not_connected": "This person is not connected right now.",
    "no_such_person": "This person is not here.",
    "not_a_client": "This only works for clients.",
    "not_removed": "This person was not removed.",
    "removed": "You cannot come back to this session. Your facilitator can help.",
    "already_raised": "Your hand is already up.",
    "no_hand": "This hand is not up.",
    "already_muted": "Already muted.",
    "not_muted": "You are not muted.",
    "chat_off": "Chat to the group is off right now. You can still write to the staff.",
    "same_mode": "The chat is already set this way.",
    "already_requested": "Your facilitators already know that you need help.",
    "no_request": "There is no open request from this person.",
}


class RoomError(DomainError):
    """The room's rules refuse an act; ``code`` is what a browser switches on, the message may be shown."""

    status = 409

    def __init__(self, code: str) -> None:
        super().__init__(MESSAGES[code], code=code)
