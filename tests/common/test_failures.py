"""An unexpected exception is told once, under the id that the page shows, wherever it arose (P10, WE-7)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from structlog.testing import capture_logs

pytestmark = pytest.mark.django_db


def _refuses(only: str) -> Any:
    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if only in sql and ("set_config" in sql) == (only == "set_config"):
            raise OperationalError("gone")
        return execute(sql, params, many, context)

    return refuse


@pytest.mark.parametrize(("where", "sql"), [("a middleware", "set_config"), ("a view", "SELECT")])
def test_an_exception_is_told_once_and_the_page_names_it(client: Client, where: str, sql: str) -> None:
    client.raise_request_exception = False
    with capture_logs() as told, connection.execute_wrapper(_refuses(sql)):
        answer = client.get("/calendar/a-token-that-is-none.ics")
    failures = [line for line in told if line["event"] == "request.failed"]
    assert answer.status_code == 500, where
    assert len(failures) == 1
    assert isinstance(failures[0]["exc_info"], OperationalError)
    assert failures[0]["request_id"] == answer["X-Request-Id"]
    assert failures[0]["request_id"] in answer.content.decode()
    assert "gone" not in answer.content.decode()
