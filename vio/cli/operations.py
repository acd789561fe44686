"""`vio recompute`, `vio verify-audit`, `vio rotate-keys`: each says what it checked."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from vio.cli import attach
from vio.embedded.errors import StackError
from vio.embedded.state import write_private

app = typer.Typer(add_completion=False, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_SHOWN = 50


@app.command()
def recompute(
    week: Annotated[str | None, typer.Option(help="Only the week that holds this date (2026-04-13).")] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute attendance and hours from evidence; report differences (exit code 1 if there are any)."""
    attach.django()
    day = _date(week)
    from vio.common.scope import every_program

    with every_program():
        report = _recompute(day)
    found = report["differences"]
    if as_json:
        typer.echo(json.dumps(report, default=str, indent=1))
    else:
        typer.echo(
            f"checked {report['sessions']} sessions, {report['records']} attendance records, {report['weeks']} weeks"
        )
        for difference in found[:_SHOWN]:
            typer.echo("DIFFERENT  " + "  ".join(f"{key}={value}" for key, value in difference.items()))
        typer.echo(f"{len(found)} differences")
    if found:
        raise typer.Exit(1)


def _recompute(day: date | None) -> dict[str, Any]:
    from datetime import timedelta

    from sessions_app.attendance.recompute import recompute as attendance
    from sessions_app.hours.recompute import recompute_weeks
    from sessions_app.models import Session

    sessions = Session.objects.all()
    if day is not None:
        sessions = sessions.filter(local_date__range=(day - timedelta(days=6), day + timedelta(days=6)))
    report = attendance(sessions)
    weeks = recompute_weeks(now=datetime.now(UTC), day=day)
    differences = [
        *({"kind": "attendance", **asdict(one)} for one in report.differences),
        *({"kind": "week", **asdict(one)} for one in weeks.differences),
        *({"kind": "evidence", **asdict(one)} for one in weeks.deep),
    ]
    return {
        "sessions": report.sessions,
        "records": report.records,
        "weeks": weeks.weeks,
        "differences": differences,
    }


@app.command(name="verify-audit")
def verify_audit(
    heads: Annotated[
        Path | None, typer.Option(help="File with heads published earlier; proves that nothing was cut off.")
    ] = None,
    publish: Annotated[Path | None, typer.Option(help="Write the present heads to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the chain of the audit log; exit code 1 at any entry changed, removed, inserted or cut off."""
    attach.django()
    from vio.common import audit
    from vio.common.scope import every_program

    with every_program():
        problems = [asdict(problem) for problem in audit.verify()]
        present = {str(program): (number, mark) for program, number, mark in audit.heads()}
        problems += _cut_off(heads) if heads is not None else []
    if publish is not None:
        write_private(publish, json.dumps(present, indent=1))
    entries = sum(number for number, _ in present.values())
    if as_json:
        result = {"chains": len(present), "entries": entries, "problems": problems}
        typer.echo(json.dumps(result, default=str, indent=1))
    else:
        for problem in problems[:_SHOWN]:
            typer.echo("BROKEN  " + "  ".join(f"{key}={value}" for key, value in problem.items()))
        typer.echo(f"checked {entries} entries in {len(present)} chains: {len(problems)} problems")
    if problems:
        raise typer.Exit(1)


def _cut_off(file: Path) -> list[dict[str, Any]]:
    """Heads of the file that the chains do not hold any more."""
    from vio.common.models import AuditEntry

    missing = []
    for program, (number, mark) in _read_heads(file).items():
        known = AuditEntry.objects.filter(
            program_id=None if program == "None" else program, number=number, hash=mark
        )
        if not known.exists():
            missing.append({"program_id": program, "number": number, "what": "cut off or replaced"})
    return missing


def _read_heads(file: Path) -> dict[str, tuple[int, str]]:
    try:
        return {program: (int(n), str(mark)) for program, (n, mark) in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StackError(f"{file} does not hold heads of the audit log") from error


@app.command(name="rotate-keys")
def rotate_keys(
    add: Annotated[
        bool, typer.Option("--add", help="First: add a key to the file, then restart all.")
    ] = False,
    promote: Annotated[
        bool, typer.Option("--promote", help="Second: seal with the newest key, then restart all.")
    ] = False,
    retire: Annotated[
        bool, typer.Option("--retire", help="Last: remove keys that no row uses from the file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Seal every field again with the primary key; killed at any moment, it goes on where it was.

    --add, --promote and --retire change the file that VIO_FIELD_KEYS_FILE names, in this order, and every
    process is restarted after each: so all can open what any of them seals.
    """
    if add + promote + retire > 1:
        raise StackError("one step at a time: --add, --promote or --retire")
    attach.django()
    from vio.common import key_rotation
    from vio.common.scope import every_program

    result: dict[str, Any] = {}
    with every_program():
        if add or promote or retire:
            result["keys"] = _change_file(add=add, promote=promote)
        else:
            done = key_rotation.reseal_all(None if as_json else _tell_progress)
            result |= {"resealed": done.rows, "unreadable": done.unreadable, "left": key_rotation.outdated()}
    if as_json:
        typer.echo(json.dumps(result, indent=1))
    elif "keys" in result:
        typer.echo(f"the file holds {result['keys']} keys; restart every process before the next step")
    else:
        typer.echo(
            f"sealed {sum(result['resealed'].values())} rows again, {sum(result['left'].values())} left"
        )
    if result.get("left"):
        raise typer.Exit(1)


def _tell_progress(label: str, rows: int) -> None:
    typer.echo(f"{label}: {rows}")


def _change_file(*, add: bool, promote: bool) -> int:
    """Writes the changed keyset in place of the old one, whole or not at all; how many keys it holds."""
    import os

    from vio.common import key_rotation

    name = os.environ.get("VIO_FIELD_KEYS_FILE")
    if not name:
        raise StackError("the keys are not in a file (VIO_FIELD_KEYS_FILE): change them where they are kept")
    path = Path(name)
    keyset = path.read_text(encoding="utf-8")
    if add:
        keyset = key_rotation.with_new_key(keyset)
    elif promote:
        if key_rotation.promoted(keyset) == json.dumps(json.loads(keyset)):
            raise StackError("the newest key is primary already; add one first")
        keyset = key_rotation.promoted(keyset)
    else:
        keyset = key_rotation.retired(keyset, key_rotation.keys_in_use())
    write_private(path, keyset)
    return len(json.loads(keyset)["key"])


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("a date like 2026-04-13") from error
