"""`vio explain`: one figure with its evidence, the rules by number and the version of the policy, in words or as JSON."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from vio.cli import attach
from vio.embedded.errors import StackError

if TYPE_CHECKING:
    from sessions_app.attendance.selectors import Line
    from sessions_app.hours.reading import WeekReading

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Explain a figure.")
AsJson = Annotated[bool, typer.Option("--json", help="Print the explanation as JSON.")]


@app.command()
def attendance(
    session: Annotated[str, typer.Argument(help="Id of the session.")],
    client: Annotated[str, typer.Argument(help="Id of the client.")],
    as_json: AsJson = False,
) -> None:
    """Why a client is credited what they are credited for one session."""
    attach.django()
    from vio.common.scope import every_program

    with every_program():
        told = _explain_attendance(_uuid(session), _uuid(client))
    typer.echo(json.dumps(told, indent=1, default=str) if as_json else "\n".join(_attendance_words(told)))


@app.command()
def hours(
    client: Annotated[str, typer.Argument(help="Id of the client.")],
    week: Annotated[str, typer.Argument(help="Any date of the week, as 2026-04-13.")],
    as_json: AsJson = False,
) -> None:
    """Why a client's week has the minutes it has."""
    attach.django()
    from vio.common.scope import every_program

    with every_program():
        told = _explain_hours(_uuid(client), _date(week))
    typer.echo(json.dumps(told, indent=1, default=str) if as_json else "\n".join(_hours_words(told)))


def _explain_attendance(session_id: UUID, client_id: UUID) -> dict[str, Any]:
    from sessions_app.attendance.rules import RULE_VERSION
    from sessions_app.attendance.selectors import line_of, open_imports, proposals_of
    from sessions_app.models import PresenceEvidence, Session

    session = Session.objects.select_related("program", "group").filter(pk=session_id).first()
    found = line_of(session, client_id) if session is not None else None
    if session is None or found is None:
        raise StackError("there is no attendance of that client in that session")
    line, facts = found
    evidence = PresenceEvidence.objects.filter(session=session, client=client_id).order_by("at", "pk")
    return {
        "session": session.pk,
        "client": client_id,
        "timezone": session.program.timezone,
        "scheduled": [session.starts_at, session.ends_at],
        "held": [session.started_at, session.ended_at],
        "rule": RULE_VERSION,
        "policy_version": facts.policy_version,
        "policy": {**vars(facts.policy), "attribution": str(facts.policy.attribution)},
        **_reading(line),
        "versions": [_version(row) for row in (*line.history, line.record)],
        "evidence": [
            {
                "at": row.at,
                "kind": row.kind,
                "cause": row.cause,
                "connection": row.connection,
                "source": row.source or "room",
            }
            for row in evidence
        ],
        "waiting": {
            "corrections": [
                _proposal(row) for row in proposals_of(session, client_id) if row.state == "open"
            ],
            "imports": [_import(row) for row in open_imports(session)],
        },
    }


def _proposal(row: Any) -> dict[str, Any]:
    """A correction that waits for a second signature, without the reason: that is text somebody wrote."""
    return {"id": row.pk, "on_version": row.base_version, "by": row.proposed_by_id, "at": row.proposed_at}


def _import(row: Any) -> dict[str, Any]:
    """A log that was read and that nobody has decided about: nothing of it counts."""
    return {
        "id": row.pk,
        "vendor": row.vendor,
        "lines": row.lines,
        "bad_lines": row.bad_lines,
        "by": row.created_by_id,
        "at": row.created_at,
    }


def _reading(line: Line) -> dict[str, Any]:
    presence, result = line.reading.presence, line.reading.result
    return {
        "expected": line.expected,
        "window_R2": [[i.start, i.end] for i in line.reading.window],
        "in_room_R4": [[i.start, i.end] for i in presence.in_room],
        "credited_R5": [[i.start, i.end] for i in result.credited_intervals],
        "gaps": [
            {"from": gap.interval.start, "to": gap.interval.end, "cause": str(gap.cause)}
            for gap in presence.gaps
        ],
        "computed": {
            "seconds": result.credited_seconds,
            "minutes": result.credited_minutes,
            "delivered_minutes": result.delivered_minutes,
            "status_R7": str(result.status),
            "flags_R8": sorted(map(str, result.flags)),
        },
    }


def _version(row: Any) -> dict[str, Any]:
    """One version, without the reason: that is text somebody wrote."""
    return {
        "version": row.version,
        "source": row.source,
        "author": row.author_id,
        "minutes": row.credited_minutes,
        "seconds": row.credited_seconds,
        "status": row.status,
        "flags": row.flags,
        "recorded_at": row.recorded_at,
    }


def _attendance_words(told: dict[str, Any]) -> list[str]:
    computed, latest = told["computed"], told["versions"][-1]
    lines = [
        f"{latest['minutes']} minutes credited, {latest['status']} (version {latest['version']}, {latest['source']}).",
        f"Rules version {told['rule']}, attendance policy version {told['policy_version']}. All times UTC.",
        f"R2  The countable time was {_spans(told['window_R2'])} ({computed['delivered_minutes']} minutes).",
        f"R4  In the room, all devices together: {_spans(told['in_room_R4'])}, from {len(told['evidence'])} evidence rows.",
        f"R5  Of that counts {_spans(told['credited_R5'])}: {computed['seconds']} s, floored once to "
        f"{computed['minutes']} minutes.",
        f"R7  Status by rule: {computed['status_R7']}. R8  Flags: {', '.join(computed['flags_R8']) or 'none'}.",
    ]
    lines += [f"    Away {_spans([[gap['from'], gap['to']]])}: {gap['cause']}." for gap in told["gaps"]]
    for row in told["versions"]:
        lines.append(
            f"R14 Version {row['version']}: {row['minutes']} minutes, {row['status']}, {row['source']}."
        )
    return lines + _waiting_words(told["waiting"])


def _waiting_words(waiting: dict[str, Any]) -> list[str]:
    """What could still change the figure and counts for nothing yet."""
    lines = [
        f"Waits for a second signature since {row['at']:%Y-%m-%d %H:%M}: a correction of version {row['on_version']}."
        for row in waiting["corrections"]
    ]
    return lines + [
        f"Waits for a decision since {row['at']:%Y-%m-%d %H:%M}: a log of {row['vendor']} with {row['lines']} lines "
        f"({row['bad_lines']} not used), import {row['id']}. Nothing of it counts."
        for row in waiting["imports"]
    ]


def _explain_hours(client_id: UUID, day: date) -> dict[str, Any]:
    from django.utils import timezone

    from groups.models import Client
    from sessions_app.hours.reading import read_week
    from sessions_app.models import WeekHours
    from vio.common.localtime import WeekStart, week_of

    client = Client.objects.select_related("program", "person").filter(pk=client_id).first()
    if client is None:
        raise StackError("there is no such client")
    week = week_of(day, WeekStart(client.program.week_start))
    reading = read_week(client, week, now=timezone.now())
    if reading is None:
        raise StackError("the client was not enrolled in that week")
    stored = WeekHours.objects.filter(client=client, week=week.first).first()
    return {**_week(reading), "stored_minutes": stored.minutes if stored else None}


def _week(reading: WeekReading) -> dict[str, Any]:
    from sessions_app.hours.policies import definition_words
    from sessions_app.hours.rules import RULE_VERSION, hours_text

    return {
        "client": reading.client.pk,
        "week": [reading.week.first, reading.week.last],
        "episode_in_week": [reading.first, reading.last],
        "minutes": reading.minutes,
        "hours": hours_text(reading.minutes),
        "days": sorted(reading.days),
        "prescribed_minutes": reading.dose.minutes,
        "prescribed_days": reading.dose.days,
        "target": _target(reading),
        "to_come_minutes": reading.to_come,
        "forecast": str(reading.outlook.outlook),
        "rule": RULE_VERSION,
        "policy_version": reading.policy.version,
        "definition": definition_words(reading.policy),
        "sessions": [
            {
                "session": part.record.session_id,
                "date": part.record.local_date,
                "service_type": part.record.session.service_type,
                "status": part.record.status,
                "credited": part.record.credited_minutes,
                "counted": part.minutes,
                "record_version": part.record.version,
                "policy_version": part.policy.version,
            }
            for part in reading.parts
        ],
    }


def _target(reading: WeekReading) -> dict[str, Any]:
    from sessions_app.hours.targets import newest_target, words_of

    goal, chosen = reading.target, newest_target(reading.client, reading.week)
    return {
        "basis": str(goal.basis),
        "words": words_of(goal),
        "full_minutes": goal.full.minutes,
        "days_in_force": goal.days_in_force,
        "called_off_minutes": goal.called_off,
        "parts": [
            {"days": [part.first, part.last], "weekly_minutes": part.dose.minutes, "minutes": minutes}
            for part, minutes in goal.parts
        ],
        "set_by": chosen.author_id if chosen else None,  # without the reason: that is text somebody wrote
    }


def _hours_words(told: dict[str, Any]) -> list[str]:
    lines = [
        f"{told['minutes']} minutes ({told['hours']} h) on {len(told['days'])} days, week {told['week'][0]} to "
        f"{told['week'][1]} (R9, R11).",
        f"{told['definition']}. Rules version {told['rule']}, hours policy version {told['policy_version']} (C12).",
    ]
    lines += [
        f"{row['date']}  {row['service_type']:<18} {row['status']:<10} credited {row['credited']:>3}, counted "
        f"{row['counted']:>3}  (record version {row['record_version']})"
        for row in told["sessions"]
    ]
    lines.append(
        f"Prescribed {told['prescribed_minutes']} minutes on {told['prescribed_days']} days; {told['to_come_minutes']} "
        f"still to come: {told['forecast'].replace('_', ' ')}."
    )
    if told["target"]["words"]:
        lines.append(told["target"]["words"])
    if told["target"]["set_by"]:
        lines.append(f"A person set or gave back this goal: {told['target']['set_by']}.")
    if told["stored_minutes"] != told["minutes"]:
        lines.append(f"STORED DIFFERENTLY: {told['stored_minutes']} minutes.")
    return lines


def _spans(spans: list[list[datetime]]) -> str:
    return ", ".join(f"{a:%H:%M:%S} to {b:%H:%M:%S}" for a, b in spans) or "nothing"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not an id") from error


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("a date like 2026-04-13") from error
