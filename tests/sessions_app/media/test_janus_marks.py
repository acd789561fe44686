"""Names and marks at a Janus server: each fits one person and one room, and nobody else can make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

import pytest

from sessions_app.room.media import janus_marks as marks

SESSION = UUID("0fd7a0a8-7f4b-4f3c-9a7e-6f1d2f7b5a10")
ROOM, SIDE = str(SESSION), f"{SESSION}-0a1b2c3d"
SECRET = "s3cret"


def test_a_token_names_its_end_and_the_one_plugin_and_proves_it() -> None:
    token = marks.token(SECRET, expires=datetime(2026, 6, 1, 21, 40, tzinfo=UTC))
    head, _, mark = token.rpartition(":")
    assert head == "1780350000,janus,janus.plugin.videoroom"
    assert mark == base64.b64encode(hmac.digest(SECRET.encode(), head.encode(), hashlib.sha1)).decode()


def test_entries_fit_one_person_one_room_and_one_secret() -> None:
    entries = {
        marks.entry(SECRET, ROOM, "ana"), marks.entry(SECRET, ROOM, "ben"), marks.entry(SECRET, SIDE, "ana"),
        marks.entry("other", ROOM, "ana"), marks.peer(SECRET, ROOM, "ana"),
    }  # fmt: skip
    assert len(entries) == 5


def test_a_name_tells_the_person_only_when_we_made_it_for_that_room() -> None:
    name = marks.peer(SECRET, ROOM, "ana")
    assert marks.participant(SECRET, ROOM, name, side="").person == "ana"
    for room, forged in (
        (SIDE, name),
        (ROOM, "ana"),
        (ROOM, "ana~0000000000000000"),
        (ROOM, name.replace("ana", "ben")),
        (ROOM, ""),
        (ROOM, "é~"),
    ):
        assert marks.participant(SECRET, room, forged, side="").person == ""


@pytest.mark.parametrize(
    ("room", "is_ours", "side"),
    [(ROOM, True, ""), (SIDE, True, "0a1b2c3d"), (ROOM[:-1] + "1", False, None), (f"{ROOM}0", False, None)],
)
def test_rooms_of_a_session(room: str, is_ours: bool, side: str | None) -> None:
    assert marks.belongs(room, SESSION) is is_ours
    if side is not None:
        assert marks.side_of(room, SESSION) == side
        assert marks.room_name(SESSION, side) == room
