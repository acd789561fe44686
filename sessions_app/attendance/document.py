"""The attendance sheet as a PDF that a payer's reviewer can read without us: who, when, how long, who says so, and why."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from groups.models import StaffRole
from sessions_app.attendance.rules import RULE_VERSION
from sessions_app.attendance.seals import latest_head
from sessions_app.attendance.selectors import Line, SheetPage
from sessions_app.models import Session
from sessions_app.staffing.leaders import hosts_of
from vio.common import wording
from vio.common.badges import badge_for
from vio.common.disclosure import NOTICE

TEMPLATE = Path(__file__).with_name("sheet.typ")
COLUMNS = ("Client", "Start", "Stop", "Minutes", "Of", "Status", "Version", "To know")
MODALITY = "Telehealth, live audio and video"


def sheet_pdf(page: SheetPage, *, printed_at: datetime) -> bytes:
    """The sheet as PDF/UA bytes. Times are the program's; the text is data to the typesetter and never markup."""
    import typst  # only who prints loads the typesetter

    data = json.dumps(sheet_data(page, printed_at=printed_at))
    return typst.compile(TEMPLATE, sys_inputs={"data": data}, pdf_standards=["ua-1"])


def sheet_data(page: SheetPage, *, printed_at: datetime) -> dict[str, object]:
    """What stands on the sheet: {"program", "head": [[name, value]], "columns", "lines", "remarks", "signature", ...}."""
    session = page.session
    return {
        "program": session.program.name,
        "head": _head(page),
        "columns": COLUMNS,
        "lines": [_line(page, line) for line in page.lines],
        "remarks": _remarks(page),
        "signature": _signature(page),
        "proof": _proof(page, printed_at),
        "notice": NOTICE,
    }


def _head(page: SheetPage) -> list[tuple[str, str]]:
    session, zone = page.session, page.session.program.zone
    planned = f"{wording.clock(session.starts_at, zone)} to {wording.clock(session.ends_at, zone)}"
    return [
        ("Program", session.program.name),
        (
            "Date of service",
            f"{session.local_date:%A, %B} {session.local_date.day}, {session.local_date.year}",
        ),
        ("Group", session.group.name),
        ("Planned", f"{planned} ({session.program.timezone})"),
        ("Session", session.title),
        ("Held", _held(session)),
        ("Service", session.get_service_type_display()),
        ("Place", MODALITY),
        ("Led by", "; ".join(leaders(session)) or "nobody on record"),
        ("Clients present", f"{page.sheet.group_size} (counted by the program's rule)"),
    ]


def _held(session: Session) -> str:
    zone = session.program.zone
    if session.started_at is None or session.ended_at is None:
        return "not held"
    times = f"{wording.clock(session.started_at, zone)} to {wording.clock(session.ended_at, zone)}"
    breaks = [
        f"{wording.clock(b.taken_start, zone)} to {wording.clock(b.taken_end, zone)}"
        for b in session.breaks.exclude(taken_start=None).exclude(taken_end=None).order_by("taken_start")
        if b.taken_start is not None and b.taken_end is not None
    ]
    return f"{times}, break {', '.join(breaks)}" if breaks else times


def leaders(session: Session) -> list[str]:
    """Who led the session, with credentials: "Maya Lin, LCSW"."""
    people = [each.person for each in hosts_of(session)]
    titles = dict(
        StaffRole.objects.filter(program=session.program_id, person__in=people)
        .exclude(credentials="")
        .values_list("person_id", "credentials")
    )
    return [", ".join(filter(None, (p.full_name, titles.get(p.pk, "")))) for p in people]


def _line(page: SheetPage, line: Line) -> list[str]:
    record, zone = line.record, page.session.program.zone
    flags = [badge_for("flag", flag).word for flag in record.flags]
    words = [*flags, *(["Corrected"] if record.source == "corrected" else [])]
    return [
        record.client.person.full_name,
        wording.clock(record.first_at, zone) if record.first_at else "-",
        wording.clock(record.last_at, zone) if record.last_at else "-",
        str(record.credited_minutes),
        str(record.delivered_minutes),
        badge_for("attendance", record.status).word,
        str(record.version),
        ", ".join(words),
    ]


def _remarks(page: SheetPage) -> list[str]:
    found = []
    if page.sheet.size_flag:
        group = page.session.group
        found.append(f"Group size outside {group.min_size} to {group.max_size}.")
    for line in page.lines:
        if line.record.source == "corrected":
            author = line.record.author.full_name if line.record.author else "unknown"
            before = line.history[-1].credited_minutes if line.history else 0
            found.append(
                f"{line.record.client.person.full_name}: {before} minutes corrected to "
                f"{line.record.credited_minutes} by {author}. Reason: {line.record.reason}"
            )
    return found


def _signature(page: SheetPage) -> str:
    sheet, session = page.sheet, page.session
    if sheet.attested_at is None or sheet.attested_by is None:
        return ""
    titles = StaffRole.objects.filter(program=session.program_id, person=sheet.attested_by).exclude(
        credentials=""
    )
    credentials = titles.values_list("credentials", flat=True).first() or ""
    name = ", ".join(filter(None, (sheet.attested_by.full_name, credentials)))
    zone = session.program.zone
    return f"{name}, {wording.local_day(sheet.attested_at, zone)}, {wording.clock(sheet.attested_at, zone)}"


def _proof(page: SheetPage, printed_at: datetime) -> str:
    policies = sorted({line.record.policy.version for line in page.lines})
    versions = ", ".join(map(str, policies)) or "-"
    zone = page.session.program.zone
    return (
        f"Computed from {page.sheet.evidence_rows} rows of presence evidence, rule {RULE_VERSION}, policy {versions}. "
        f"Evidence seal (SHA-256): {latest_head(page.session) or 'none'}. Session {page.session.pk}. "
        f"Printed {wording.local_day(printed_at, zone)}, {wording.clock(printed_at, zone)}."
    )


__all__ = ["leaders", "sheet_data", "sheet_pdf"]
