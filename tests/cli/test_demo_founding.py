"""A new demo program comes with its history in one transaction, as the first start makes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vio.common.scope import every_program
from vio.demo.founding import find_program
from vio.demo.history import read_mark
from vio.demo.seed import seed_demo

# Wednesday noon in New York: Monday and Tuesday of this week are its history.
NOON = datetime(2026, 4, 15, 16, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_new_program_is_there_with_its_history_and_the_mark_of_it() -> None:
    """Nothing in it may be read from the trail before the commit has chained it."""
    done = seed_demo(now=NOON, weeks=0)
    with every_program():
        program = find_program()
        assert program is not None
        mark = read_mark(program)
    assert mark is not None
    assert (done.founded, mark.through.isoformat()) == (True, "2026-04-14")
