"""`vio demo`: the demo program and the people in it."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

import typer

from vio.cli.attach import django

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def _demo() -> None:
    """The demo program: an evening program of invented people with weeks of history."""


@app.command()
def seed(
    seed: Annotated[
        int, typer.Option("--seed", help="Which of many lives; counts for a new program only.")
    ] = 1,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="Whole weeks of history of a new program.")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Make the demo program, or add what has happened since: safe to run at any time, and twice."""
    django()
    from django.utils import timezone

    from vio.demo.seed import seed_demo

    def told(through: date) -> None:
        if not as_json:
            typer.echo(f"history of the demo up to {through:%B %-d}")

    done = seed_demo(now=timezone.now(), seed=seed, weeks=weeks, told=told)
    if as_json:
        live = [{"id": str(s.pk), "group": s.group.name} for s in done.live]
        facts = {"founded": done.founded, "days": done.days, "live": live, "seconds": round(done.seconds, 1)}
        typer.echo(json.dumps(facts))
        return
    what = "made the demo program" if done.founded else "the demo program is up to date"
    typer.echo(f"{what}: {done.days} days of history added in {done.seconds:.1f} s")


@app.command()
def people(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with second-factor secrets.")] = False,
) -> None:
    """List the demo people: role, name, e-mail, password, and for staff the second factor."""
    django()
    from django.utils import timezone

    from vio.demo.people import DemoPerson, demo_people

    found = demo_people(now=timezone.now())
    if as_json:
        typer.echo(json.dumps([person.as_json() for person in found], indent=1))
        return

    def line(person: DemoPerson) -> str:
        return f"  {person.role:<20}{person.name:<19}{person.email:<36}{person.secret}"

    typer.echo(f"Sign in as one of them. The password of all is: {found[0].password}")
    typer.echo(
        "Staff also need a code: put the secret into an authenticator app, or see `vio demo people --json`."
    )
    for person in found:
        typer.echo(line(person).rstrip())
