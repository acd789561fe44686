"""Logs of an evening at Harbor as each service writes them; people and numbers are invented."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.factories import MONDAY_START

NEW_YORK = ZoneInfo("America/New_York")
ZOOM_HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room"


def at(minute: float) -> datetime:
    """So many minutes after the scheduled start."""
    return MONDAY_START + timedelta(minutes=minute)


def us(minute: float) -> str:
    """As Zoom's report writes it in New York: 04/13/2026 05:30:00 PM."""
    return at(minute).astimezone(NEW_YORK).strftime("%m/%d/%Y %I:%M:%S %p")


def zoom_csv(*rows: tuple[str, str, str, str, str], header: str = ZOOM_HEADER) -> bytes:
    """Rows of (name, e-mail, join, leave, in waiting room)."""
    body = [f'{name},{email},"{join}","{leave}",1,Yes,,{lobby}' for name, email, join, leave, lobby in rows]
    return ("\ufeff" + "\r\n".join([header, *body]) + "\r\n").encode()


def zoom_event(kind: str, when: float, **who: Any) -> dict[str, Any]:
    """One webhook of coming or going."""
    field = "leave_time" if kind.endswith("left") else "join_time"
    participant = {"user_name": "Guest", field: at(when).isoformat().replace("+00:00", "Z"), **who}
    return {
        "event": f"meeting.participant_{kind}", "event_ts": 1,
        "payload": {"account_id": "a", "object": {"id": "77", "participant": participant}},
    }  # fmt: skip


def seconds(minute: float) -> int:
    """Since 1970."""
    return int(at(minute).timestamp())


def jitsi_room(*occupants: dict[str, Any]) -> dict[str, Any]:
    """What is posted when a room is over."""
    return {
        "event_name": "muc-room-destroyed",
        "room_name": "evening",
        "is_breakout": False,
        "all_occupants": list(occupants),
    }


def occupant(name: str, joined: float, left: float | None, **more: Any) -> dict[str, Any]:
    """One occupant of it."""
    times = {"joined_at": seconds(joined), **({} if left is None else {"left_at": seconds(left)})}
    return {"name": name, "occupant_jid": f"evening@conference.example.org/{name}{joined}", **times, **more}


def livekit(
    kind: str, when: float, *, identity: str, sid: str, joined: float, key: str, **who: Any
) -> dict[str, Any]:
    """One webhook; whole numbers as text, as they are sent."""
    return {
        "event": kind, "id": key, "createdAt": str(seconds(when)), "room": {"sid": "RM_1", "name": "evening"},
        "participant": {"sid": sid, "identity": identity, "joinedAt": str(seconds(joined)), **who},
    }  # fmt: skip


def dashboard(*users: dict[str, Any]) -> dict[str, Any]:
    """BigBlueButton's Learning Dashboard file."""
    return {"intId": "m", "extId": "evening", "users": {str(n): user for n, user in enumerate(users)}}


def dashboard_user(name: str, ext: str, *stays: tuple[float, float | None]) -> dict[str, Any]:
    """One person on it, a connection a stay."""
    return {
        "name": name, "extId": ext, "intIds": {
            f"w_{n}": {
                "intId": f"{ext}-{n}", "registeredOn": 1000 * seconds(join),
                "leftOn": 0 if left is None else 1000 * seconds(left),
            } for n, (join, left) in enumerate(stays)
        },
    }  # fmt: skip


def as_lines(events: Iterable[Any]) -> bytes:
    """One JSON document a line."""
    return "\n".join(json.dumps(event) for event in events).encode()


def as_json(document: Any) -> bytes:
    """One document."""
    return json.dumps(document).encode()
