"""Pages of a large program: how many statements they ask, and their time against the same page of an empty program."""

from __future__ import annotations

import http.client
import time
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from bench.history import History
from bench.people import _cookie, make_program
from bench.rows import Row, Target, judge
from bench.stack import Stack

TIMES = 15
OPEN_ALERTS = 400


def measure(stack: Stack, history: History, now: datetime) -> list[Row]:
    """Board, queue and sheet."""
    from sessions_app.models import AttendanceSheet, Session

    session = Session.objects.filter(program=history.program, local_date__gte=history.weeks[-1]).order_by(
        "pk"
    )[0]
    AttendanceSheet.objects.get_or_create(session=session, program=history.program, computed_at=now)
    _alerts(history, now)
    large = _director(history.program, now, "large")
    empty_program, _ = make_program("Empty", now)
    empty = _director(empty_program, now, "empty")
    week = (history.weeks[-1] + timedelta(days=3)).isoformat()
    pages = {
        "board": (f"/hours/?week={week}", f"/hours/?week={week}"),
        "queue": ("/desk/", "/desk/"),
        "sheet": (f"/sessions/{session.pk}/attendance/", "/hours/"),
    }
    made = []
    for name, (path, beside) in pages.items():
        queries, status = _queries(stack, path, large)
        theirs, ours = [], []
        for _ in range(TIMES):
            theirs.append(_time(stack, beside, empty))
            ours.append(_time(stack, path, large))
        note = f"{len(history.clients):,} clients" + ("" if status == 200 else f"; answered {status}")
        made += [
            judge(f"page {name}: queries", [float(queries)], "queries", Target(12), notes=[note], spoilt=status != 200),
            judge(f"page {name}: time against an empty page", [median(ours)], "ms", Target(2, "ratio"),
                  references=[median(theirs)], notes=[note], spoilt=status != 200),
        ]  # fmt: skip
    return made


def _director(program: Any, now: datetime, name: str) -> str:
    from allauth.mfa.models import Authenticator

    from groups.models import Person, StaffRole

    person = Person.objects.create(email=f"{name}@bench.example", first_name=name, password="!")
    for role in ("director", "clinician"):
        StaffRole.objects.create(program=program, person=person, role=role)
    Authenticator.objects.create(user=person, type="totp", data={"secret": "bench"})
    return _cookie(person, now)


def _alerts(history: History, now: datetime) -> None:
    from checkins.models import Alert

    Alert.objects.bulk_create(
        Alert(
            program=history.program, client=client, local_date=now.date(), level="yellow" if n % 3 else "red",
            reasons=[], rule_version=1, raised_at=now, changed_at=now, acknowledge_by=now + timedelta(hours=1),
        )
        for n, client in enumerate(history.clients[:OPEN_ALERTS])
    )  # fmt: skip


def _time(stack: Stack, path: str, cookie: str) -> float:
    """Milliseconds of one request to the web process."""
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    try:
        began = time.perf_counter()
        link.request("GET", path, headers={"Host": f"localhost:{stack.port}", "Cookie": cookie})
        link.getresponse().read()
        return (time.perf_counter() - began) * 1000
    finally:
        link.close()


def _queries(stack: Stack, path: str, cookie: str) -> tuple[int, int]:
    """How many statements the page asks, counted in this process with the application's own view; and its status.

    Everything counts: the scope, BEGIN and COMMIT, the login. As for a request to a server, nothing is in view at first.
    """
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from vio.common.scope import scope

    browser = Client(headers={"host": f"localhost:{stack.port}"})
    browser.cookies[settings.SESSION_COOKIE_NAME] = cookie.partition("=")[2]
    with scope(()):
        browser.get(path)  # what a process reads once is read
        connection.close()
        connection.force_debug_cursor = True
        try:
            before = len(connection.queries_log)
            answer = browser.get(path)
            return len(connection.queries_log) - before, answer.status_code
        finally:
            connection.force_debug_cursor = False
