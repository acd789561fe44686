"""LiveKit: what a token allows, what is asked of its service, and which webhooks are believed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from sessions_app.room.media import jwt
from sessions_app.room.media.backend import MediaUnavailableError
from sessions_app.room.media.grants import Participant, Seat
from sessions_app.room.media.livekit import Happened, LiveKit, LiveKitSettings, happened
from sessions_app.room.words import Role
from tests.sessions_app.media.livekit_server import KEY, SECRET, LiveKitServer

NOW = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)
SESSION = UUID("0fd7a0a8-7f4b-4f3c-9a7e-6f1d2f7b5a10")
ANA = "0b9f6a52-0000-4000-8000-000000000001"


@pytest.fixture
def server() -> Iterator[LiveKitServer]:
    running = LiveKitServer()
    yield running
    running.close()


def livekit(server: LiveKitServer, *, secret: str = SECRET) -> LiveKit:
    return LiveKit(LiveKitSettings(url=server.url, key=KEY, secret=secret))


def track(sid: str, source: str) -> dict[str, object]:
    return {"sid": sid, "source": source, "muted": False}


def claims_of(role: Role, *, share_open: bool = False, side: str = "") -> dict[str, object]:
    seat = Seat(session=SESSION, person=ANA, role=role, share_open=share_open, side=side)
    grant = LiveKit(LiveKitSettings("wss://media.example", KEY, SECRET)).grant(seat, now=NOW)
    assert (grant.kind, grant.url, grant.expires) == (
        "livekit",
        "wss://media.example",
        NOW + timedelta(minutes=10),
    )
    return jwt.read(grant.token, SECRET, now=NOW)


class TestTokens:
    def test_a_token_is_for_one_person_one_room_and_ten_minutes(self) -> None:
        claims = claims_of(Role.CLIENT)
        assert (claims["iss"], claims["sub"]) == (KEY, ANA)
        assert claims["video"] == {
            "room": str(SESSION), "roomJoin": True, "canSubscribe": True, "canPublish": True,
            "canPublishData": False, "canPublishSources": ["microphone", "camera"],
        }  # fmt: skip
        assert claims["exp"] == int((NOW + timedelta(minutes=10)).timestamp())

    def test_staff_share_and_observers_only_listen(self) -> None:
        assert "screen_share" in claims_of(Role.FACILITATOR)["video"]["canPublishSources"]  # type: ignore[index]
        assert claims_of(Role.OBSERVER)["video"]["canPublish"] is False  # type: ignore[index]

    def test_a_side_room_is_another_room(self) -> None:
        assert claims_of(Role.CLIENT, side="0a1b2c3d")["video"]["room"] == f"{SESSION}-0a1b2c3d"  # type: ignore[index]

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda token: token[:-2] + "AA",
            lambda token: token.rpartition(".")[0] + ".",
            lambda token: "",
            lambda token: "a.b.c",
            lambda token: jwt.sign({"iss": KEY}, SECRET),
            lambda token: jwt.sign({"iss": KEY, "exp": NOW.timestamp() - 61}, SECRET),
            lambda token: jwt.sign(
                {"iss": KEY, "exp": NOW.timestamp() + 900, "nbf": NOW.timestamp() + 61}, SECRET
            ),
            lambda token: jwt.sign({"iss": KEY, "exp": NOW.timestamp() + 900}, "another secret"),
        ],
    )
    def test_others_tokens_and_those_that_are_over_are_refused(self, spoil: object) -> None:
        good = jwt.sign({"iss": KEY, "exp": NOW.timestamp() + 900}, SECRET)
        assert jwt.read(good, SECRET, now=NOW)["iss"] == KEY
        with pytest.raises(jwt.BadTokenError):
            jwt.read(spoil(good), SECRET, now=NOW)  # type: ignore[operator]

    def test_no_other_algorithm_is_believed(self) -> None:
        text = ".".join(jwt._plain(json.dumps(part).encode()) for part in ({"alg": "none"}, {"exp": 9e9}))
        with pytest.raises(jwt.BadTokenError):
            jwt.read(f"{text}.", SECRET, now=NOW)
        with pytest.raises(jwt.BadTokenError):
            jwt.read(f"{text}.{jwt._mark(text, SECRET)}", SECRET, now=NOW)


class TestService:
    def test_removal_and_mute_reach_the_one_who_is_meant(self, server: LiveKitServer) -> None:
        other = str(uuid4())
        server.rooms = {
            str(SESSION): {
                ANA: [track("a1", "MICROPHONE"), track("a2", "CAMERA")],
                other: [track("b1", "MICROPHONE")],
            },
            str(uuid4()): {ANA: [track("c1", "MICROPHONE")]},
        }
        livekit(server).mute(SESSION, ANA, "mic")
        assert [one["muted"] for one in server.rooms[str(SESSION)][ANA]] == [True, False]
        livekit(server).remove(SESSION, ANA)
        assert set(server.rooms[str(SESSION)]) == {other}
        livekit(server).remove(SESSION, ANA)  # again: nothing to do
        assert [ANA in inside for inside in server.rooms.values()] == [False, True]

    def test_letting_through_again_is_the_persons_own_act(self, server: LiveKitServer) -> None:
        server.rooms = {str(SESSION): {ANA: [track("a1", "MICROPHONE")]}}
        livekit(server).mute(SESSION, ANA, "mic", on=False)
        assert server.calls == []

    def test_side_rooms_are_told_apart_and_closed_together(self, server: LiveKitServer) -> None:
        server.rooms = {str(SESSION): {"a": []}, f"{SESSION}-0a1b2c3d": {"b": []}, str(uuid4()): {"c": []}}
        assert livekit(server).participants(SESSION) == [
            Participant(peer="a", person="a", side=""),
            Participant(peer="b", person="b", side="0a1b2c3d"),
        ]
        livekit(server).close(SESSION)
        assert [list(inside) for inside in server.rooms.values()] == [["c"]]

    def test_somebody_without_a_place_is_put_out(self, server: LiveKitServer) -> None:
        server.rooms = {str(SESSION): {"stranger": []}}
        livekit(server).expel(SESSION, Participant(peer="stranger", person="stranger"))
        assert server.rooms == {str(SESSION): {}}

    def test_a_wrong_key_is_refused_and_said_so(self, server: LiveKitServer) -> None:
        with pytest.raises(MediaUnavailableError):
            livekit(server, secret="wrong").participants(SESSION)

    def test_a_server_that_is_gone_is_said_so(self, server: LiveKitServer) -> None:
        gone = livekit(server)
        server.close()
        with pytest.raises(MediaUnavailableError):
            gone.participants(SESSION)


class TestWebhooks:
    BODY = json.dumps(
        {"event": "participant_joined", "room": {"name": str(SESSION)}, "participant": {"identity": ANA}}
    ).encode()

    def token(self, body: bytes, *, key: str = KEY, secret: str = SECRET) -> str:
        mark = base64.b64encode(hashlib.sha256(body).digest()).decode()
        return jwt.sign({"iss": key, "exp": int(NOW.timestamp()) + 300, "sha256": mark}, secret)

    def read(self, body: bytes, token: str) -> Happened:
        return happened(LiveKitSettings("wss://media.example", KEY, SECRET), body, token, now=NOW)

    def test_what_our_server_tells_is_believed(self) -> None:
        assert self.read(self.BODY, self.token(self.BODY)) == Happened(
            "participant_joined", str(SESSION), ANA
        )

    def test_another_body_another_key_another_secret_are_not(self) -> None:
        for body, token in (
            (self.BODY + b" ", self.token(self.BODY)),
            (self.BODY, self.token(self.BODY, key="other")),
            (self.BODY, self.token(self.BODY, secret="other")),
            (b"[]", self.token(b"[]")),
            (b"nonsense", self.token(b"nonsense")),
        ):
            with pytest.raises(jwt.BadTokenError):
                self.read(body, token)
