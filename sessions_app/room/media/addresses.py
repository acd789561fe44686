"""Whether a signal would tell the other browser where its sender is (AZ-7). Pure."""

from __future__ import annotations

from sessions_app.room.commands import Signal


def reveals_address(signal: Signal) -> bool:
    """Whether the signal holds a candidate that is not a relay's: a host, reflexive or unreadable one."""
    lines = [*(signal.sdp or "").splitlines(), signal.candidate or ""]
    candidates = [line.removeprefix("a=") for line in lines if "candidate:" in line]
    return any(_reveals(line.split()) for line in candidates)


def _reveals(parts: list[str]) -> bool:
    """A relay's candidate is fine when it does not name the address behind the relay either."""
    if "typ" not in parts or parts[parts.index("typ") + 1 :][:1] != ["relay"]:
        return True
    behind = parts[parts.index("raddr") + 1 :][:1] if "raddr" in parts else []
    return bool(behind) and behind[0] not in {"0.0.0.0", "::"}  # noqa: S104  # compared, not bound
