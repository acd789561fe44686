"""What codes of imports mean, in words for staff."""

from __future__ import annotations

from sessions_app.attendance.imports.rules.lines import Trouble, Vendor
from sessions_app.attendance.imports.rules.stays import Finding

VENDORS = {
    Vendor.ZOOM: "Zoom",
    Vendor.BIGBLUEBUTTON: "BigBlueButton",
    Vendor.JITSI: "Jitsi Meet",
    Vendor.LIVEKIT: "LiveKit",
}
TROUBLES = {
    Trouble.MISSING_NAME: "it says nothing of who it was",
    Trouble.MISSING_TIME: "it has no time",
    Trouble.BAD_TIME: "a time in it cannot be read",
    Trouble.AMBIGUOUS_TIME: "this time came twice that night, when the clock was put back",
    Trouble.NO_SUCH_TIME: "the clock skipped this time",
    Trouble.TOO_FEW_COLUMNS: "it has too few columns",
    Trouble.TOO_LONG: "something in it is too long",
    Trouble.NOT_AN_OBJECT: "it is not made as it should be",
    Trouble.BAD_JSON: "it is no JSON",
    Trouble.UNKNOWN_EVENT: "we do not know this kind of line",
    Trouble.REPEATED_EVENT: "the same event came before",
}
FINDINGS = {
    Finding.ORPHAN_LEAVE: "Left without having joined. Not counted: nobody knows since when.",
    Finding.LOST_END: "Joined again without having left. Not counted: nobody knows until when.",
    Finding.MISSING_END: "Never left. Counted only if you say they were there until the end.",
    Finding.BACKWARDS: "Left before or when they joined. Not counted.",
    Finding.OUTSIDE: "Not while the group met. Not counted.",
    Finding.PARTLY_OUTSIDE: "Partly before or after the group. Only the part inside counts.",
    Finding.DUPLICATE: "In the log more than once. Counted once.",
    Finding.OVERLAP: "At the same time as another device. Counted once.",
    Finding.LOBBY: "In the waiting room. Earns no minutes.",
}
