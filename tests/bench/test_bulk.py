"""Rows laid out while the indexes rest: afterwards the indexes know every row, and a constraint that is broken is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from bench.bulk import resting_indexes, settle
from tests.sessions_app.room.slow import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Iterator[Any]:
    """A connection as the owner, with a table that has a key, a constraint and an index."""
    with psycopg.connect(**address(), autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE bulk_seat (id int PRIMARY KEY, place int CONSTRAINT one_each UNIQUE, at int)"
        )
        connection.execute("CREATE INDEX bulk_seat_at ON bulk_seat (at)")
        connection.execute("INSERT INTO bulk_seat VALUES (0, 0, 0)")
        yield connection
        connection.execute("DROP TABLE bulk_seat")


def by_index(owner: Any, column: str, value: int) -> int:
    """How many rows an index alone finds."""
    owner.execute("SET enable_seqscan = off")
    wanted = sql.SQL("SELECT * FROM bulk_seat WHERE {} = {}").format(
        sql.Identifier(column), sql.Literal(value)
    )
    plan = "\n".join(row[0] for row in owner.execute(sql.SQL("EXPLAIN {}").format(wanted)))
    assert "Index" in plan, plan
    return len(owner.execute(wanted).fetchall())


def test_afterwards_every_index_knows_the_old_rows_and_the_new(owner: Any) -> None:
    with resting_indexes(owner, ["bulk_seat"]):
        owner.execute("INSERT INTO bulk_seat SELECT n, n, n / 2 FROM generate_series(1, 1000) n")
    settle(owner, ["bulk_seat"])
    assert [by_index(owner, column, 0) for column in ("id", "place", "at")] == [1, 1, 2]
    assert [by_index(owner, column, 500) for column in ("id", "place", "at")] == [1, 1, 1]
    with pytest.raises(errors.UniqueViolation):
        owner.execute("INSERT INTO bulk_seat VALUES (1001, 7, 0)")


def test_a_row_that_breaks_a_constraint_is_told_when_the_indexes_are_built(owner: Any) -> None:
    with pytest.raises(errors.UniqueViolation, match="one_each"), resting_indexes(owner, ["bulk_seat"]):
        owner.execute("INSERT INTO bulk_seat VALUES (1, 5, 0), (2, 5, 0)")


def test_an_index_that_is_still_at_rest_is_told(owner: Any) -> None:
    owner.execute("UPDATE pg_index SET indisready = false WHERE indexrelid = 'bulk_seat_at'::regclass")
    with pytest.raises(RuntimeError, match="bulk_seat_at"), resting_indexes(owner, []):
        pass
