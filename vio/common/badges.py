"""The words, icons and tones of every state that people see: one table, so that a state looks the same everywhere.

A state is never told by colour alone (WCAG 1.4.1): each has an icon and a word; the tone only supports them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    """How one state is shown: its word, its icon in the sprite, its tone (a CSS class after `tone-`, or empty)."""

    word: str
    icon: str
    tone: str = ""


BADGES: dict[str, dict[str, Badge]] = {
    # who is where in a live room
    "presence": {
        "expected": Badge("Expected", "hourglass"),
        "waiting": Badge("Waiting", "door-open", "amber"),
        "in": Badge("In the room", "circle-check", "accent"),
        "reconnecting": Badge("Reconnecting", "refresh-cw", "amber"),
        "gone": Badge("Left", "log-out", "outline"),
        "missing": Badge("Missing", "user-x", "orange"),
        "removed": Badge("Removed", "ban", "outline"),
        "excused": Badge("Excused", "calendar-days", "outline"),
    },
    # what a session is worth (R7)
    "attendance": {
        "attended": Badge("Attended", "circle-check", "accent"),
        "partial": Badge("Partly", "circle-dashed", "amber"),
        "no_show": Badge("Missed", "user-x", "orange"),
        "excused": Badge("Excused", "calendar-days", "outline"),
        "cancelled": Badge("Called off", "ban", "outline"),
        "pending": Badge("Not counted yet", "hourglass"),
    },
    # a log of another video service
    "import": {
        "draft": Badge("To look at", "eye", "amber"),
        "accepted": Badge("Counted", "circle-check", "accent"),
        "withdrawn": Badge("Taken back", "undo-2", "outline"),
        "discarded": Badge("Thrown away", "trash-2", "outline"),
    },
    # R8
    "flag": {
        "late": Badge("Late", "clock", "amber"),
        "left_early": Badge("Left early", "log-out", "amber"),
        "brief_contact": Badge("Brief contact", "wifi", "outline"),
        "technical": Badge("Technical", "wifi", "outline"),
        "corrected": Badge("Corrected", "pencil", "outline"),
        "disputed": Badge("Client says wrong", "circle-help", "amber"),
    },
    # A1-A9
    "level": {
        "red": Badge("Red: safety", "octagon-alert", "solid-red"),
        "orange": Badge("Orange: same business day", "triangle-alert", "orange"),
        "yellow": Badge("Yellow: look soon", "eye", "amber"),
        "none": Badge("No alert", "circle-check", "accent"),
    },
    "alert": {
        "open": Badge("Open", "bell", "orange"),
        "acknowledged": Badge("Seen", "check", "amber"),
        "assigned": Badge("Assigned", "user-check", "accent"),
        "resolved": Badge("Resolved", "circle-check", "outline"),
    },
    # F1-F4
    "follow_up": {
        "open": Badge("To call", "phone", "orange"),
        "due": Badge("Due now", "clock", "orange"),
        "attempted": Badge("Tried", "phone-call", "amber"),
        "escalated": Badge("With supervisor", "flag", "orange"),
        "reached": Badge("Reached", "circle-check", "accent"),
        "cancelled": Badge("Came after all", "user-check", "outline"),
        "closed": Badge("Closed", "circle-check", "outline"),
    },
    # the week against the prescribed dose (R11, F5)
    "week": {
        "met": Badge("Met", "circle-check", "accent"),
        "on_course": Badge("On course", "trending-up", "accent"),
        "needs_one_more": Badge("Needs one more", "clock", "amber"),
        "cannot_reach": Badge("Cannot reach", "flag", "orange"),
    },
    "session": {
        "scheduled": Badge("Planned", "calendar-days"),
        "open": Badge("Doors open", "door-open", "amber"),
        "live": Badge("Live", "circle-dot", "accent"),
        "break": Badge("On a break", "coffee", "amber"),
        "ended": Badge("Ended", "check", "outline"),
        "cancelled": Badge("Called off", "ban", "outline"),
    },
    "authorisation": {
        "running": Badge("In force", "circle-check", "accent"),
        "low": Badge("Last units", "triangle-alert", "amber"),
        "used_up": Badge("Used up", "ban", "orange"),
        "to_come": Badge("Not yet", "calendar-days"),
        "over": Badge("Over", "check", "outline"),
    },
    "note": {
        "missing": Badge("Not started", "circle-dashed"),
        "draft": Badge("Draft", "pencil", "amber"),
        "due": Badge("Due soon", "clock", "amber"),
        "overdue": Badge("Overdue", "triangle-alert", "orange"),
        "signed": Badge("Signed", "signature", "accent"),
        "late": Badge("Signed late", "signature", "amber"),
        "error": Badge("Entered in error", "ban", "outline"),
    },
}


def badge_for(kind: str, state: str) -> Badge:
    """The badge of a state. An unknown state still shows as a plain word, so that no page fails for a missing row.

    Raises KeyError for an unknown kind: that is a mistake in a template.
    """
    return BADGES[kind].get(state) or Badge(state.replace("_", " ").capitalize(), "circle")
