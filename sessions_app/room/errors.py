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
    "same_admission": "People are let in this way already.",
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
    "camera_already_stopped": "This camera is already stopped.",
    "camera_not_stopped": "Your camera was not stopped.",
    "same_share": "Sharing is already set this way.",
    "address_refused": "This connection would show your address to others. Please reload the page.",
    "media_unavailable": "Picture and sound cannot be reached right now. Chat and hands work.",
    "chat_off": "Chat to the group is off right now. You can still write to the staff.",
    "same_mode": "The chat is already set this way.",
    "already_requested": "Your facilitators already know that you need help.",
    "no_request": "There is no open request from this person.",
    "cannot_lead": "Only a facilitator who is here can lead.",
    "leads_already": "This person leads already.",
    "same_spotlight": "The spotlight is already set this way.",
    "no_timer": "There is no timer.",
    "nothing_to_show": "Write a text or give a link.",
    "nothing_shown": "Nothing is shown right now.",
    "breakouts_open": "Small groups are open already.",
    "no_breakouts": "No small groups are open.",
    "no_such_side": "This small group is not open any more.",
    "already_there": "Already there.",
    "assigned_twice": "Somebody is named twice.",
    "too_few_people": "Too few people are here for this.",
    "kept_apart": "Two of them have a no-contact agreement. Keep them in different small groups.",
    "already_aside": "Somebody is talking with this person in private already.",
    "no_aside": "There is no private talk to end.",
    "poll_open": "Close the open poll first.",
    "no_poll": "There is no open poll.",
    "no_such_option": "This poll has no such option.",
    "already_voted": "Your answer is in already.",
    "poll_not_closed": "Close the poll first.",
    "too_few_answers": "Too few people answered to show this without naming them.",
    "already_shared": "Everybody sees the result already.",
    "round_running": "A round is going on already.",
    "no_round": "There is no round right now.",
    "not_in_round": "You are not in this round.",
    "already_answered": "Your facilitators have your answer already.",
}


class RoomError(DomainError):
    """The room's rules refuse an act; ``code`` is what a browser switches on, the message may be shown."""

    status = 409

    def __init__(self, code: str) -> None:
        super().__init__(MESSAGES[code], code=code)
