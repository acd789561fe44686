"""The places of each shell: what the bar at the thumb (phone) or the rail (desk) leads to.

Names of URLs, not addresses: a place is shown when its page exists and the person may see it.
"""

from __future__ import annotations

from dataclasses import dataclass

from vio.common.permissions import Permission


@dataclass(frozen=True)
class Place:
    """One entry: its key (what a page names as current), its word, its icon, its URL name, the right it needs."""

    key: str
    word: str
    icon: str
    url_name: str
    needs: Permission


CLIENT_PLACES = (
    Place("tonight", "Tonight", "moon", "home", Permission.OWN_PAGES),
    Place("checkin", "Check-in", "sprout", "checkin", Permission.OWN_CHECKIN),
    Place("week", "My week", "calendar-days", "my_week", Permission.OWN_PAGES),
    Place("help", "Help", "life-buoy", "help", Permission.PUBLIC),
)

STAFF_PLACES = (
    Place("tonight", "Tonight", "moon", "tonight", Permission.TONIGHT_BOARD),
    Place("desk", "Desk", "inbox", "desk", Permission.SEE_ALERTS),
    Place("hours", "Hours", "hourglass", "hours_board", Permission.SEE_HOURS),
    Place("clients", "Clients", "users", "clients", Permission.SEE_CLIENTS),
    Place("notes", "Notes", "notebook-pen", "notes", Permission.SEE_NOTES),
    Place("manage", "Manage", "settings", "manage", Permission.SEE_PROGRAM),
)

SHELLS: dict[str, tuple[Place, ...]] = {"client": CLIENT_PLACES, "staff": STAFF_PLACES}
