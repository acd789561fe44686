"""The embedded Janus: carries picture and sound for larger groups when its program is on this machine.

Everything it may do is in a folder of generated files: two doors on the loopback (a socket for browsers, the admin
interface for us), one plugin, no recording.
"""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from vio.embedded.errors import StackError
from vio.embedded.state import Home, write_private

STOP_SIGNAL = signal.SIGINT
PLUGINS_LEFT_OUT = [
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
]
TRANSPORTS_LEFT_OUT = ["mqtt", "nanomsg", "pfunix", "rabbitmq"]
RTP_PORTS = "20000-40000"


@dataclass(frozen=True)
class Janus:
    """The server of one state folder."""

    folder: Path
    program: Path
    socket_port: int
    admin_port: int
    only_loopback: bool = False
    """For tests: candidates of the loopback alone."""

    @classmethod
    def of(cls, home: Home) -> Janus:
        """The server of `home` on two free ports. Raises StackError when the program is not here."""
        return cls(home.secrets / "janus", _program(), _free_port(), _free_port())

    def environment(self) -> dict[str, str]:
        """What the product must know to use it."""
        known = self._secrets()
        return {
            "VIO_JANUS_URL": f"ws://localhost:{self.socket_port}",
            "VIO_JANUS_ADMIN_URL": f"http://127.0.0.1:{self.admin_port}/admin",
            "VIO_JANUS_ADMIN_SECRET": known["admin"],
            "VIO_JANUS_TOKEN_SECRET": known["token"],
            "VIO_JANUS_ROOM_KEY": known["rooms"],
        }

    def prepare(self) -> None:
        """Writes its configuration anew."""
        known = self._secrets()
        lines = 'ice_enforce_list = "lo"\n' if self.only_loopback else ""
        files = {
            "janus.jcfg": _core(known, lines),
            "janus.transport.http.jcfg": _admin_door(self.admin_port),
            "janus.transport.websockets.jcfg": _browser_door(self.socket_port),
            "janus.plugin.videoroom.jcfg": (
                f'general: {{\n admin_key = "{known["rooms"]}"\n lock_rtp_forward = true\n string_ids = true\n}}\n'
            ),
        }
        for name, text in files.items():
            write_private(self.folder / name, text)

    def command(self) -> list[str]:
        """The command line."""
        return [str(self.program), "-F", str(self.folder), "-o"]

    def answers(self) -> bool:
        """Whether both doors are open."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.admin_port}/admin",
            json.dumps({"janus": "ping", "transaction": "ready"}).encode(),
        )
        try:
            with urllib.request.urlopen(asked, timeout=2) as answer:  # noqa: S310  # our own child
                open_ = json.load(answer).get("janus") == "pong"
            socket.create_connection(("127.0.0.1", self.socket_port), timeout=2).close()
        except (urllib.error.URLError, OSError, ValueError):
            return False
        return bool(open_)

    def _secrets(self) -> dict[str, str]:
        path = self.folder / "secrets.json"
        if not path.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = {name: secrets.token_urlsafe(32) for name in ("admin", "token", "rooms", "api")}
            write_private(path, json.dumps(made))
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found


def _program() -> Path:
    found = shutil.which("janus")
    if found is None:
        raise StackError(
            "VIO_MEDIA is janus, but there is no janus here: apt-get install janus, or set VIO_JANUS_URL"
        )
    return Path(found)


def _core(known: dict[str, str], nat: str) -> str:
    plugins = ",".join(f"libjanus_{name}.so" for name in PLUGINS_LEFT_OUT)
    transports = ",".join(f"libjanus_{name}.so" for name in TRANSPORTS_LEFT_OUT)
    return f"""general: {{
 api_secret = "{known["api"]}"
 token_auth = true
 token_auth_secret = "{known["token"]}"
 admin_secret = "{known["admin"]}"
 server_name = "media"
 session_timeout = 60
 reclaim_session_timeout = 0
 hide_dependencies = true
 debug_level = 3
 debug_colors = false
}}
media: {{
 rtp_port_range = "{RTP_PORTS}"
}}
nat: {{
 full_trickle = true
 {nat}}}
plugins: {{
 disable = "{plugins}"
}}
transports: {{
 disable = "{transports}"
}}
events: {{
 broadcast = false
}}
"""


def _admin_door(port: int) -> str:
    return f"""general: {{
 json = "compact"
 http = false
 https = false
}}
admin: {{
 admin_base_path = "/admin"
 admin_http = true
 admin_port = {port}
 admin_ip = "127.0.0.1"
 admin_https = false
}}
"""


def _browser_door(port: int) -> str:
    return f"""general: {{
 json = "compact"
 ws = true
 ws_port = {port}
 ws_ip = "127.0.0.1"
 wss = false
}}
admin: {{
 admin_ws = false
 admin_wss = false
}}
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
