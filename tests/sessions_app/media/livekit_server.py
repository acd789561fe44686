"""A LiveKit server at the network's edge: its RoomService as it answers over HTTP, with nothing behind it but lists.

It refuses what a real one refuses: a wrong key, a token that is over, and a call beyond what its token allows.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone

from sessions_app.room.media import jwt

KEY, SECRET = "test-key", "test-secret-of-the-key-pair"


class LiveKitServer:
    """Rooms as {name: {identity: tracks}}; every call that was let through is remembered, and each browser at the door."""

    def __init__(self) -> None:
        self.rooms: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.knocks: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"ws://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stops it."""
        self._http.shutdown()
        self._http.server_close()

    def answer(self, method: str, body: dict[str, Any], may: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and body of one call."""
        if not (
            may.get("roomList")
            if method == "ListRooms"
            else may.get("roomAdmin") and may.get("room") == body["room"]
        ):
            return 403, {"code": "permission_denied"}
        self.calls.append((method, body))
        if method == "ListRooms":
            return 200, {"rooms": [{"name": name} for name in self.rooms]}
        inside = self.rooms.get(body["room"], {})
        if method == "ListParticipants":
            return 200, {"participants": [{"identity": who, "tracks": has} for who, has in inside.items()]}
        if method == "RemoveParticipant":
            return (200, {}) if inside.pop(body["identity"], None) is not None else (404, {})
        if method == "MutePublishedTrack":
            for track in inside[body["identity"]]:
                track["muted"] = body["muted"] if track["sid"] == body["track_sid"] else track["muted"]
        if method == "DeleteRoom":
            del self.rooms[body["room"]]
        return 200, {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                prefix, _, method = self.path.rpartition("/")
                try:
                    claims = jwt.read(
                        self.headers["Authorization"].removeprefix("Bearer "), SECRET, now=timezone.now()
                    )
                    known = claims["iss"] == KEY and prefix == "/twirp/livekit.RoomService"
                    status, answer = server.answer(method, body, claims["video"]) if known else (401, {})
                except jwt.BadTokenError:
                    status, answer = 401, {"code": "unauthenticated"}
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self) -> None:
                """A browser at the door: there is no media here, so everybody is turned away."""
                server.knocks.append(self.path)
                self.send_response(503)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
