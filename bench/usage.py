"""What processes cost: processor time and memory of a process and all its children, from /proc."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Stat:
    """The parts of /proc/<pid>/stat that are used: parent, own ticks, ticks of children that have ended."""

    parent: int
    own: int
    ended: int


def parse_stat(text: str) -> Stat:
    """Reads one line of /proc/<pid>/stat; the name in brackets may hold anything."""
    fields = text.rpartition(")")[2].split()
    user, system, ended_user, ended_system = (int(fields[n]) for n in range(11, 15))
    return Stat(parent=int(fields[1]), own=user + system, ended=ended_user + ended_system)


def cpu_seconds(root: int) -> float:
    """User and system seconds so far of a process, its living descendants and those of them that have ended."""
    stats = _all()
    ticks = sum(stats[pid].own + stats[pid].ended for pid in _tree(root, stats))
    return ticks / TICKS


def resident_kb(root: int) -> int:
    """Resident memory of a process and its descendants, in kB."""
    total = 0
    for pid in _tree(root, _all()):
        try:
            lines = (PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return total


def _all() -> dict[int, Stat]:
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = parse_stat((entry / "stat").read_text(encoding="utf-8"))
            except (OSError, ValueError, IndexError):
                continue  # it ended while we looked
    return found


def _tree(root: int, stats: dict[int, Stat]) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for pid, stat in stats.items():
        children[stat.parent].append(pid)
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if pid in stats:
            found.append(pid)
            waiting += children[pid]
    return found
