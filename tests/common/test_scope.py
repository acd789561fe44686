"""What a connection has in view: never more than the scope says, whatever it was used for before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from vio.common import scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def connection_of_its_own() -> Iterator[None]:
    """The connection comes as from a pool and goes back, so that no other test has it."""
    yield
    connection.close()


def in_view() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT vio_scope()")
        return str(cursor.fetchone()[0])


def with_nothing_in_view(check: object, *values: object) -> None:
    """Runs a check as a request begins: without a scope."""

    def run() -> None:
        scope._current.set("")
        check(*values)  # type: ignore[operator]  # a function of this test

    copy_context().run(run)


def opened_again() -> list[str]:
    """What is asked when the same connection is taken up again, as from a pool."""
    with CaptureQueriesContext(connection) as seen:
        scope._on_connection(sender=None, connection=connection)
    return [query["sql"] for query in seen]


def test_a_connection_that_has_nothing_in_view_is_not_asked_again() -> None:
    def check(program: UUID) -> None:
        with scope.scope([program]):
            assert in_view() == str(program)
        assert in_view() == ""
        assert opened_again() == []

    connection.close()
    with_nothing_in_view(check, uuid4())


def test_what_was_left_in_view_is_taken_out_of_it() -> None:
    def check(program: UUID) -> None:
        with scope.scope([program]):
            in_view()
            scope._current.set("")  # as a thread that died inside would leave it
            assert len(opened_again()) == 1
            assert in_view() == ""

    connection.close()
    with_nothing_in_view(check, uuid4())


def test_a_scope_set_inside_a_transaction_is_not_trusted_afterwards() -> None:
    def check(program: UUID) -> None:
        with suppress(ZeroDivisionError), transaction.atomic(), scope.scope([program]):
            assert in_view() == str(program)
            raise ZeroDivisionError
        assert len(opened_again()) == 1
        assert in_view() == ""

    connection.close()
    with_nothing_in_view(check, uuid4())
