"""Credentials of the relay: for one person, for a time, by the scheme that relays check."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from sessions_app.room.media.turn import credentials, servers

EXPIRES = datetime(2026, 6, 1, 21, 40, tzinfo=UTC)


def test_user_names_the_end_and_the_person_and_the_password_proves_both() -> None:
    user, password = credentials("ana", secret="s3cret", expires=EXPIRES)
    assert user == "1780350000:ana"
    assert password == base64.b64encode(hmac.digest(b"s3cret", user.encode(), hashlib.sha1)).decode()


def test_another_person_another_time_or_another_secret_gives_another_password() -> None:
    passwords = {
        credentials("ana", secret="s", expires=EXPIRES)[1],
        credentials("ben", secret="s", expires=EXPIRES)[1],
        credentials("ana", secret="s", expires=EXPIRES.replace(minute=50))[1],
        credentials("ana", secret="t", expires=EXPIRES)[1],
    }
    assert len(passwords) == 4


def test_only_relays_get_credentials() -> None:
    found = servers(["stun:relay:3478", "turn:relay:3478"], "ana", secret="s", expires=EXPIRES)
    assert [(one.urls, one.credential is not None) for one in found] == [
        (("stun:relay:3478",), False),
        (("turn:relay:3478",), True),
    ]


def test_without_a_relay_there_is_nothing_to_hand_out() -> None:
    assert servers([], "ana", secret="", expires=EXPIRES) == ()
