"""A new demo program comes with its history in one transaction, as the first start makes it."""

from __future__ import annotations

from contextvars import copy_context
from datetime import UTC, datetime

import pytest

from sessions_app.models import ClientNote, GroupNote, Session
from vio.common import scope
from vio.common.scope import every_program
from vio.demo.founding import find_program
from vio.demo.history import read_mark
from vio.demo.seed import Seeded, seed_demo

# Wednesday noon in New York: Monday and Tuesday of this week are its history.
NOON = datetime(2026, 4, 15, 16, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_new_program_is_there_with_its_history_and_the_mark_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing in it may be read from the trail before the commit has chained it; what hears of the commit sees it."""
    done = copy_context().run(_first_start)
    scope._apply()
    with every_program():
        program = find_program()
        assert program is not None
        mark = read_mark(program)
    assert mark is not None
    assert (done.founded, mark.through.isoformat()) == (True, "2026-04-14")
    _drafts_wait_for_the_evenings_left_open()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def _first_start() -> Seeded:
    """Seeds with nothing in view at first, as a process of its own does; a test's thread sees every program."""
    scope._current.set("")
    scope._apply()
    return seed_demo(now=NOON, weeks=0)


def _drafts_wait_for_the_evenings_left_open() -> None:
    with every_program():
        ended = set(
            Session.objects.filter(status=Session.Status.ENDED, attendance__credited_minutes__gt=0)
            .values_list("pk", flat=True)
            .distinct()
        )
        drafted = set(GroupNote.objects.filter(signed_at=None).values_list("session", flat=True))
        assert drafted
        assert ended == drafted | set(
            GroupNote.objects.exclude(signed_at=None).values_list("session", flat=True)
        )
        assert (
            set(ClientNote.objects.filter(session__in=drafted).values_list("session", flat=True)) == drafted
        )
