"""What the kernel tells about processes and sockets of this machine (/proc), read and never changed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(one) for one in task.read_text(encoding="utf-8").split()]
    return found


def descendants(pid: int) -> list[int]:
    """Everything below a process."""
    return [one for child in children(pid) for one in (child, *descendants(child))]


def command_line(pid: int) -> str:
    """Its command line; '' when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def started_at(pid: int) -> int:
    """When it started, in ticks since the boot."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19])
    except OSError:
        return 0


def is_over(pid: int, began: int) -> bool:
    """Whether the process that began at that moment has ended: gone, waiting to be collected, or another under its number."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return True
    return facts[0] in {"Z", "X"} or int(facts[19]) != began


def memory(pid: int) -> float:
    """Its resident memory in MiB."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def holder(pids: list[int], server_port: int, peer_port: int) -> int | None:
    """Which of these processes holds the server's end of a connection."""
    for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]:
        facts = line.split()
        ports = [int(part.rsplit(":", 1)[1], 16) for part in facts[1:3]]
        if ports == [server_port, peer_port]:
            return next((pid for pid in pids if _holds(pid, facts[9])), None)
    return None


def _holds(pid: int, inode: str) -> bool:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(descriptor.readlink()) == f"socket:[{inode}]":
                return True
    return False


def ports_to(port: int) -> set[int]:
    """The other ends of the established TCP connections that the server holds on a port of this machine (IPv4)."""
    lines = Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
    facts = [line.split() for line in lines]
    return {
        int(f[2].rsplit(":", 1)[1], 16)
        for f in facts
        if f[3] == "01" and int(f[1].rsplit(":", 1)[1], 16) == port
    }
