"""What every page knows: who is looking and whom to call."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from groups.access import first_program
from vio.common.actors import NOBODY, Actor

# Section 11 of the domain reference: shown on every page, whatever else is broken.
CRISIS_LINES = (
    ("988", "Suicide and Crisis Lifeline", "Call or text, any hour"),
    ("911", "Emergency", "If life is in danger"),
    ("1-800-662-4357", "SAMHSA helpline", "Free, private, any hour"),
)


def page_context(request: HttpRequest) -> dict[str, Any]:
    """`actor`, `crisis_lines`, `help_line` (the program's own number, when signed in)."""
    actor: Actor = getattr(request, "actor", NOBODY)
    program = first_program(actor)
    return {
        "actor": actor,
        "crisis_lines": CRISIS_LINES,
        "help_line": program.help_line if program else "",
        "program": program,
    }
