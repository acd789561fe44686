"""How much one person may say in a time (WS-4). Pure: the time is passed in, in seconds of a clock that only goes forward."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

BAD_FRAMES = 10
BAD_WINDOW = 60.0
OVER_FOR = 10.0
SOCKETS = 5


@dataclass(slots=True)
class Bucket:
    """A token bucket: `rate` a second, at most `burst` at once."""

    rate: float
    burst: float
    tokens: float = -1.0
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Takes one token; False when there is none."""
        if self.tokens < 0:
            self.tokens = self.burst
        else:
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def _frames() -> Bucket:
    return Bucket(rate=60, burst=220)


def _commands() -> Bucket:
    return Bucket(rate=10, burst=20)


def _chat() -> Bucket:
    return Bucket(rate=1, burst=5)


def _signals() -> Bucket:
    return Bucket(rate=50, burst=200)


def _captions() -> Bucket:
    return Bucket(rate=4, burst=12)


def _handshakes() -> Bucket:
    return Bucket(rate=20 / 60, burst=20)


@dataclass(slots=True)
class Limits:
    """One person's allowance over all their connections of a process."""

    frames: Bucket = field(default_factory=_frames)
    commands: Bucket = field(default_factory=_commands)
    chat: Bucket = field(default_factory=_chat)
    signals: Bucket = field(default_factory=_signals)
    captions: Bucket = field(default_factory=_captions)
    handshakes: Bucket = field(default_factory=_handshakes)
    over_since: float | None = None
    last_over: float = 0.0
    bad: deque[float] = field(default_factory=deque)

    def allows(self, kind: str, now: float) -> bool:
        """Whether one more of this kind ("commands", "chat", "signals", "captions") may pass."""
        within = self.commands.take(now) if kind == "chat" else True
        bucket: Bucket = getattr(self, kind)
        if within and bucket.take(now):
            return True
        self.note_over(now)
        return False

    def note_over(self, now: float) -> None:
        """Remembers that something was over the limit; a second of quiet begins a new count."""
        if self.over_since is None or now - self.last_over > 1.0:
            self.over_since = now
        self.last_over = now

    def note_bad(self, now: float) -> None:
        """Remembers a frame that could not be read."""
        self.bad.append(now)
        while self.bad and now - self.bad[0] > BAD_WINDOW:
            self.bad.popleft()

    def exhausted(self, now: float) -> bool:
        """Whether this person is to be cut off: over for 10 s on end, or 10 bad frames within a minute."""
        flooding = (
            self.over_since is not None and now - self.over_since >= OVER_FOR and now - self.last_over <= 1.0
        )
        return flooding or len(self.bad) >= BAD_FRAMES
