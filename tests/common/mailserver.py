"""A small SMTP server at the network's edge: it takes mail, or refuses it, or says nothing at all."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_string
from email.message import Message


@dataclass
class MailServer:
    """`mode` is "take", "refuse" or "hang" and may change between two mails; `hang_on` names addresses never answered."""

    mode: str = "take"
    hang_on: frozenset[str] = frozenset()
    port: int = 0
    taken: list[tuple[str, Message]] = field(default_factory=list)
    silence: threading.Event = field(default_factory=threading.Event)

    def talk(self, handler: socketserver.StreamRequestHandler) -> None:
        """One connection."""
        if self.mode == "hang":
            self.silence.wait(30)
            return
        say = lambda line: handler.wfile.write(f"{line}\r\n".encode())  # noqa: E731
        say("220 fake")
        recipient = ""
        while line := handler.rfile.readline().decode().strip():
            verb = line.split(":")[0].upper()
            if verb.startswith("RCPT"):
                recipient = line.split("<")[1].rstrip(">")
                if recipient in self.hang_on:
                    self.silence.wait(30)
                    return
                say("550 no such person here" if self.mode == "refuse" else "250 ok")
            elif verb == "DATA":
                say("354 go on")
                text = self._letter(handler)
                self.taken.append((recipient, message_from_string(text)))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    @staticmethod
    def _letter(handler: socketserver.StreamRequestHandler) -> str:
        lines = []
        while (line := handler.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        return "".join(lines)


@contextmanager
def mail_server(**given: object) -> Iterator[MailServer]:
    """Runs the server on a free port of this machine."""
    server = MailServer(**given)  # type: ignore[arg-type]

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                server.talk(self)
            except (BrokenPipeError, ConnectionResetError):
                return

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Listener(("127.0.0.1", 0), Handler) as listener:
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.silence.set()
            listener.shutdown()
            thread.join()


def closed_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
