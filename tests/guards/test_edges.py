"""No edge without its permission: URLs, socket commands, tasks, the schedule (AZ-1)."""

from __future__ import annotations

import re

import pytest

from vio import introspect
from vio.common.permissions import ROLE_PERMISSIONS, Permission

# view -> why it carries no permission. A reason that no view needs any more fails the test.
UNMARKED: dict[str, str] = {}
# URL name -> why anybody may ask for it. Everything else needs at least a sign-in.
PUBLIC = {
    "healthz": "liveness, for the supervisor",
    "readyz": "readiness, for the balancer",
    "calendar_feed": "a calendar program cannot sign in; the secret in the address is the credential",
    "help": "crisis numbers are for everybody",
    "styleguide": "shows components with invented people",
    "styleguide_mock": "whole pages with invented people",
    "account_login": "signing in",
    "account_logout": "signing out, also twice",
    "account_inactive": "where a switched-off account lands",
    "account_reset_password": "who forgot the password is not signed in",
    "account_reset_password_done": "second page of the same",
    "account_reset_password_from_key": "third page of the same; the mailed key is the credential",
    "account_reset_password_from_key_done": "last page of the same",
    "account_welcome": "an invited person has no login yet; the opened link is the credential",
    "account_welcome_link": "the mailed link; its token is the credential",
    "mfa_authenticate": "second half of signing in; the library keeps the first half in the login",
    "mfa_login_webauthn": "signing in by passkey",
    "api_docs": "the same description as a page",
    "openapi": "the description of the API holds no data",
    "asyncapi": "the description of the sockets holds no data",
    "livekit_told": "the sender is a media server; a token over the body is the credential",
    "fhir_metadata": "the capability statement holds no data",
}
TASK_NAME = re.compile(r"^((vio\.)?common|groups|sessions_app|checkins)(\.[a-z_]+)*\.[a-z]+(_[a-z]+)*$")
EDGES = introspect.edges()


def test_every_view_carries_a_permission() -> None:
    unmarked = {e.view_path for e in EDGES if e.permission is None}
    assert unmarked == set(UNMARKED)


def test_every_view_has_a_name() -> None:
    assert [e.route for e in EDGES if not e.name.split(":")[-1]] == []


def test_names_are_used_once() -> None:
    routes: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for edge in EDGES:
        routes.setdefault((edge.name, edge.methods), set()).add(edge.route)
    assert {name: found for name, found in routes.items() if len(found) > 1} == {}


def test_what_is_public_is_public_for_a_reason() -> None:
    public = {e.name.split(":")[-1] for e in EDGES if e.permission is Permission.PUBLIC}
    assert sorted(public - set(PUBLIC)) == []


def test_no_url_acts_as_the_system() -> None:
    assert [e.route for e in EDGES if e.permission is Permission.SYSTEM] == []


@pytest.mark.parametrize("permission", [p for p in Permission if p is not Permission.SYSTEM])
def test_every_permission_is_held_by_somebody(permission: Permission) -> None:
    assert any(permission in held for held in ROLE_PERMISSIONS.values())


def test_no_role_may_what_only_the_system_may() -> None:
    assert [role for role, held in ROLE_PERMISSIONS.items() if Permission.SYSTEM in held] == []


def test_every_socket_command_carries_a_permission() -> None:
    assert [c.name for c in introspect.socket_commands() if c.permission is None] == []


def test_every_task_acts_as_the_system_and_is_named_by_our_pattern() -> None:
    found = introspect.tasks()
    assert [t.name for t in found if t.permission is not Permission.SYSTEM] == []
    assert [t.name for t in found if not TASK_NAME.fullmatch(t.name)] == []


def test_what_the_clock_calls_exists() -> None:
    known = {t.name for t in introspect.tasks()}
    assert {entry: task for entry, task in introspect.scheduled().items() if task not in known} == {}
