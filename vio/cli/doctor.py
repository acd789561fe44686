"""`vio doctor`: is everything there that the stack needs, and does it work now?"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from vio.cli.attach import attach
from vio.embedded import locate, runtime
from vio.embedded.account import unprivileged
from vio.embedded.errors import StackError
from vio.embedded.state import home_path

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and what was found, never a secret or an address with a password."""

    name: str
    ok: bool
    detail: str


@app.command()
def run(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Check environment, services, migrations, keys and workers; exit code 1 when something is wrong."""
    findings = examine()
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name:<14} {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """All findings; what needs a running stack is looked at only when there is one."""
    findings = [_look("python", _python), _look("postgresql", _postgresql), _look("valkey", _valkey)]
    running = _look("running", _running)
    findings.append(running)
    if running.ok:
        findings += [_look(name, check) for name, check in _WHILE_RUNNING.items()]
    return findings


def _look(name: str, check: Callable[[], str]) -> Finding:
    """A check returns what it found, or raises with what is wrong."""
    try:
        return Finding(name, True, check())
    except (StackError, SystemExit) as error:
        return Finding(name, False, str(error))
    except Exception as error:  # a check that breaks is a finding; the others still run
        return Finding(name, False, type(error).__name__)


def _python() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def _postgresql() -> str:
    return str(locate.postgres_programs(unprivileged()))


def _valkey() -> str:
    return str(locate.valkey_server())


def _running() -> str:
    attach()
    found = runtime.find(home_path())
    return f"{found.url} (process {found.pid})" if found else "services given by the environment"


def _settings() -> str:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vio.settings")
    import django
    from django.core import checks

    django.setup()
    problems = [found for found in checks.run_checks() if found.level >= checks.WARNING]
    if problems:
        raise StackError(", ".join(str(found.id) for found in problems))
    return "system checks are clean"


def _database() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('server_version')")
        user, version = cursor.fetchone()
    return f"PostgreSQL {version} as {user}"


def _migrations() -> str:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        raise StackError(f"{len(pending)} not applied")
    return "none pending"


def _redis() -> str:
    import redis
    from django.conf import settings

    with redis.Redis.from_url(settings.BELL_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()
    return "answers"


def _keys() -> str:
    from vio.common import sealed

    place = "doctor.check:0"
    if sealed.unseal(sealed.seal("check", place=place), place=place) != "check":
        raise StackError("the field keys do not open what they sealed")
    return f"primary key {sealed.primary_key_id()}"


def _media() -> str:
    """What carries picture and sound, and whether people in a room learn one another's addresses (AZ-7)."""
    from django.conf import settings

    from sessions_app.room.media.backend import MediaUnavailableError, backend

    server = backend()
    if server.guarded:
        try:
            server.participants(uuid.UUID(int=0))
        except MediaUnavailableError as error:
            raise StackError(f"{settings.MEDIA_KIND} does not answer") from error
        pages = "" if settings.MEDIA_KIND == "janus" else "; our own pages do not speak it"
        return f"{settings.MEDIA_KIND} answers{pages}"
    if settings.MEDIA_RELAY_ONLY:
        return "browser to browser, only through a relay"
    return "browser to browser without a relay: people in a room can see one another's network addresses"


def _texts() -> str:
    """Whether texts to phones can be carried; nothing is sent."""
    from django.conf import settings

    from vio.common import texting

    if not texting.available():
        return "off: clients get mail only"
    try:
        texting.service()
    except texting.TextError as error:
        hint = (
            "; install vio with its extra: pip install 'vio[sms]'" if error.code == "library_missing" else ""
        )
        raise StackError(f"{settings.SMS_BACKEND}: {error.code}{hint}") from error
    return str(settings.SMS_BACKEND)


def _workers() -> str:
    from vio.common.health import worker_alive

    if not worker_alive():
        raise StackError("worker or scheduler has not reported for two minutes")
    return "worker and scheduler report"


_WHILE_RUNNING = {
    "settings": _settings,
    "database": _database,
    "migrations": _migrations,
    "redis": _redis,
    "keys": _keys,
    "media": _media,
    "texts": _texts,
    "workers": _workers,
}
