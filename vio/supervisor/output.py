"""What the children say: kept in VIO_HOME/log, and shown on the terminal as one safe line after another."""

from __future__ import annotations

import logging.handlers
import re
import sys
from collections import deque
from pathlib import Path

LOG_BYTES = 5_000_000
LOG_FILES = 3
LONGEST_LINE = 4_000  # characters; the rest of a longer line is dropped from the terminal and the log
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_WORTH_SHOWING = re.compile(
    r'"level": "(error|critical)"|\b(ERROR|CRITICAL|FATAL|PANIC)\b|^Traceback|^[\w.]+(Error|Exception)\b|^vio: '
)


def safe_line(raw: bytes) -> str:
    """One line of a child as printable text: no control character reaches a terminal or forges a log line."""
    text = raw.decode("utf-8", errors="backslashreplace").rstrip("\r\n")[:LONGEST_LINE]
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class Terminal:
    """Where people look. Writing to it never fails: a closed terminal must not end the stack."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.verbose = verbose
        self._width = 0

    def expect(self, names: list[str]) -> None:
        """Make the column of names wide enough for `names`."""
        self._width = max(self._width, *(len(name) for name in names))

    def say(self, text: str) -> None:
        """A line of the supervisor itself."""
        self._write(text)

    def child(self, name: str, line: str) -> None:
        """A line of a child, with its name in front."""
        self._write(f"{name:<{self._width}} | {line}")

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            return


class ChildOutput:
    """The lines of one child: all to its log file, the worrying ones (or all, if verbose) to the terminal."""

    def __init__(self, name: str, folder: Path, terminal: Terminal, *, quiet: bool = False) -> None:
        self.name = name
        self.path = folder / f"{name}.log"
        self.last: deque[str] = deque(maxlen=20)
        self._terminal = terminal
        self._quiet = quiet
        self._showing = False
        self._pending = b""
        self._file = logging.handlers.RotatingFileHandler(
            self.path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
        )

    def feed(self, data: bytes) -> list[str]:
        """Take bytes as they come and return the lines that are now complete."""
        *whole, self._pending = (self._pending + data).split(b"\n")
        if len(self._pending) > LONGEST_LINE * 4:
            whole.append(self._pending)
            self._pending = b""
        return [self._line(raw) for raw in whole]

    def end(self) -> None:
        """The child has ended: what it left without a line end is its last line."""
        if self._pending:
            self._line(self._pending)
        self._pending = b""
        self._file.close()

    def why(self) -> str:
        """The line that most likely says why the child ended."""
        speaking = [line for line in self.last if line.strip()]
        fatal = [line for line in speaking if re.search(r"FATAL|PANIC|Error|vio: ", line)]
        return (fatal or speaking or ["it said nothing"])[-1].strip()

    def _line(self, raw: bytes) -> str:
        line = safe_line(raw)
        self.last.append(line)
        self._file.emit(logging.makeLogRecord({"msg": line}))
        # A traceback's indented lines belong to the line before them.
        self._showing = bool(_WORTH_SHOWING.search(line)) or (self._showing and line.startswith(" "))
        if self._terminal.verbose or (self._showing and not self._quiet):
            self._terminal.child(self.name, line)
        return line
