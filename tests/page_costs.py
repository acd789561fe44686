"""What a page asks of the database, counted as in production: login, scope, transactions, everything."""

from __future__ import annotations

from contextvars import copy_context

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from vio.common import scope


def statements_of(browser: Browser, path: str) -> list[str]:
    """Every statement of one request by somebody signed in, from the login's to the last; the page must be there.

    A request of a test's own thread would find every program in view already; here it begins with none, as a server's
    does.
    """
    browser.get(path)  # what a process reads once is read
    asked = copy_context().run(_asked, browser, path)
    scope._apply()
    return asked


def _asked(browser: Browser, path: str) -> list[str]:
    scope._current.set("")
    with CaptureQueriesContext(connection) as seen:
        answer = browser.get(path)
    assert answer.status_code == 200, answer.status_code
    return [query["sql"] for query in seen.captured_queries]
