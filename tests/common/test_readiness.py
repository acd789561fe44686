"""Readiness names what is missing, and asks a database that does not answer no more than once (FT-1)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from vio.common.health import WORKERS
from vio.common.models import Heartbeat

pytestmark = pytest.mark.django_db


class Hung:
    """A database that never answers: whoever asks is told so after the full wait. Counts who asked.

    A request has no connection before somebody asks; the test's is open already, and its scope is set on it as on any open one.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "set_config" in sql:
            return execute(sql, params, many, context)
        self.asked.append(sql)
        raise OperationalError("no answer in time")


def told(client: Client) -> tuple[int, dict[str, bool]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def test_a_database_that_does_not_answer_is_asked_once(client: Client) -> None:
    hung = Hung()
    with connection.execute_wrapper(hung):
        status, found = told(client)
    assert hung.asked == ["SELECT 1"]
    assert (status, found["ok"], found["database"]) == (503, False, False)
    assert (found["migrations"], found["worker"]) == (False, False)


def test_everything_that_is_there_is_named(client: Client) -> None:
    for name in WORKERS:
        Heartbeat.objects.create(name=name, at=timezone.now())
    assert told(client) == (200, dict.fromkeys(("ok", "database", "redis", "migrations", "worker"), True))


def test_a_silent_clockwork_alone_is_named_alone(client: Client) -> None:
    status, found = told(client)
    assert status == 503
    assert [name for name, holds in found.items() if not holds] == ["ok", "worker"]
