"""What a run found: one finding per check, gathered to one line per requirement."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_TOLD = 3


@dataclass(frozen=True)
class Finding:
    """One requirement seen in one scenario: held or not, and what was seen."""

    id: str
    ok: bool
    detail: str


@dataclass
class Book:
    """Collects what a scenario sees; a requirement holds when every check of it held. What does not hold is told at once."""

    findings: list[Finding] = field(default_factory=list)
    tell: Callable[[str], None] = lambda text: None

    def check(self, requirement: str, troubles: Sequence[str], seen: str) -> bool:
        """One check: no troubles is right, and `seen` says what was looked at."""
        told = "; ".join(troubles[:MOST_TOLD])
        more = f" (and {len(troubles) - MOST_TOLD} more)" if len(troubles) > MOST_TOLD else ""
        self.findings.append(Finding(requirement, not troubles, f"{told}{more}" if troubles else seen))
        if troubles:
            self.tell(f"    {requirement}: {told}{more}")
        return not troubles


@dataclass(frozen=True)
class Line:
    """The verdict on one requirement over all scenarios."""

    id: str
    ok: bool
    detail: str

    def __str__(self) -> str:
        return f"{self.id:<16} {'ok' if self.ok else 'FAILED':<6} {self.detail}"


def gather(findings: Iterable[Finding]) -> list[Line]:
    """One line per requirement: what failed if anything did, else everything that was seen."""
    by_id: dict[str, list[Finding]] = {}
    for finding in findings:
        by_id.setdefault(finding.id, []).append(finding)
    return [
        Line(
            key,
            all(f.ok for f in found),
            " | ".join(dict.fromkeys(f.detail for f in ([f for f in found if not f.ok] or found))),
        )
        for key, found in sorted(by_id.items(), key=lambda item: _order(item[0]))
    ]


def _order(key: str) -> tuple[str, int, str]:
    head, _, tail = key.partition("-")
    digits = "".join(letter for letter in tail if letter.isdigit())
    return head, int(digits or 0), tail


def write(lines: Sequence[Line], path: Path) -> None:
    """The result for machines: a list of {id, ok, detail}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([vars(line) for line in lines], indent=1) + "\n", encoding="utf-8")
