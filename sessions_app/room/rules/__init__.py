"""What may happen in a room: ``decide(state, command, actor, now)`` gives the events, or a ``RoomError``.

Pure: no database, clock or socket. A wrong transition is refused with a code, never passed over in silence.
Who may join at all was decided before (access); here it is decided what somebody in this place and role may
do now.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sessions_app.room import activity_commands as ac
from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room.fold import apply, apply_all
from sessions_app.room.rules import activities, course, door, due, part, picture, polls, rounds, sides
from sessions_app.room.rules.case import Case, Events, Known, RoomActor
from sessions_app.room.rules.consequences import settle
from sessions_app.room.state import Room

__all__ = ["RULES", "Known", "RoomActor", "apply", "apply_all", "decide"]

Rule = Callable[[Case, Any], Events]


def decide(
    state: Room, command: "c.Command | acts.Act", actor: RoomActor, now: datetime, known: Known | None = None
) -> Events:
    """The events this command leads to, in the order of the log.

    Raises RoomError with a code when the room, the place or the role does not allow it. ``now`` is aware,
    UTC.
    """
    case = Case(state, actor, now, known or Known())
    return settle(case, RULES[type(command)](case, command))


RULES: dict[type, Rule] = {
    c.RoomOpen: course.open_room,
    c.RoomStart: course.start_room,
    c.BreakStart: course.break_start,
    c.BreakEnd: course.break_end,
    c.RoomEnd: course.end_room,
    c.RoomLock: course.lock_room,
    c.RoomUnlock: course.unlock_room,
    c.ClientAdmit: door.admit,
    c.ClientAdmitAll: door.admit_all,
    c.ClientRemove: door.remove,
    c.ClientRestore: door.restore,
    c.ClientToLobby: door.step_out,
    c.ClientMute: part.mute,
    c.ClientUnmute: part.unmute,
    c.EveryoneMute: part.mute_everyone,
    c.ClientCameraOff: picture.stop_camera,
    c.ClientCameraOn: picture.resume_camera,
    c.ShareAllow: picture.allow_share,
    c.RoomLeave: door.leave,
    c.HandRaise: part.raise_hand,
    c.HandLower: part.lower_hand,
    c.ChatSend: part.chat,
    c.ChatSetMode: part.chat_mode,
    c.AdmissionSet: door.set_admission,
    c.SupportRequest: part.ask_support,
    c.SupportAnswer: part.answer_support,
    acts.Expect: door.expect,
    acts.Arrive: door.arrive,
    acts.Lose: door.lose,
    acts.GiveUp: door.give_up,
    acts.OpenDue: course.open_due,
    acts.EndDue: course.end_due,
    acts.Tick: due.tick,
    ac.HostHand: activities.hand_over,
    ac.SpotlightSet: activities.spotlight,
    ac.TimerStart: activities.start_timer,
    ac.TimerStop: activities.stop_timer,
    ac.TextShow: activities.show_text,
    ac.TextHide: activities.hide_text,
    ac.BreakoutsOpen: sides.open_breakouts,
    ac.BreakoutsRecall: sides.recall,
    ac.BreakoutAssign: sides.assign,
    ac.SideEnter: sides.enter,
    ac.AsideOpen: sides.open_aside,
    ac.AsideClose: sides.close_aside,
    ac.PollOpen: polls.open_poll,
    ac.PollVote: polls.vote,
    ac.PollClose: polls.close_poll,
    ac.PollShare: polls.share_poll,
    ac.RoundStart: rounds.start_round,
    ac.RoundNext: rounds.next_turn,
    ac.RoundAnswer: rounds.answer,
    ac.RoundStop: rounds.stop_round,
}
