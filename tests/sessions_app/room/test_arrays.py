"""What is written by hand for PostgreSQL is read by it as it was meant."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.room.arrays import array, columns, key_or_null, text

pytestmark = pytest.mark.django_db

# NUL cannot be stored as text and is refused at the socket (WS-3), like half a surrogate pair.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


READ = {
    "text": "SELECT value FROM unnest(%s::text::text[]) AS value",
    "uuid": "SELECT value FROM unnest(%s::text::uuid[]) AS value",
    "bigint": "SELECT value FROM unnest(%s::text::bigint[]) AS value",
    "timestamptz": "SELECT value FROM unnest(%s::text::timestamptz[]) AS value",
    "bytea": "SELECT value FROM unnest(%s::text::bytea[]) AS value",
}


def read(written: str, kind: str) -> list[object]:
    """The elements as PostgreSQL sees them."""
    with connection.cursor() as cursor:
        cursor.execute(READ[kind], [written])
        return [row[0] for row in cursor.fetchall()]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), TEXT)))
def test_text_of_any_kind(values: list[str | None]) -> None:
    assert read(array(values), "text") == values


@pytest.mark.parametrize(
    "text", ["", "NULL", "null", "{}", '"', "\\", "a,b", " x ", "\\x00", "'", "line\nbreak"]
)
def test_text_that_looks_like_an_array(text: str) -> None:
    assert read(array([text, None]), "text") == [text, None]


def test_every_other_kind() -> None:
    key, at = uuid.uuid4(), datetime(2026, 3, 8, 6, 59, 59, 123456, tzinfo=UTC)
    assert read(array([key, None]), "uuid") == [key, None]
    assert read(array([0, -1, 2**62]), "bigint") == [0, -1, 2**62]
    assert read(array([at]), "timestamptz") == [at]
    assert [bytes(value) for value in read(array([b"", b"\x00\xff\\"]), "bytea")] == [b"", b"\x00\xff\\"]  # type: ignore[arg-type]


def test_rows_become_columns() -> None:
    assert columns([(1, "a"), (2, "b")], (str, text)) == ["{1,2}", '{"a","b"}']
    assert columns([], (str, text, key_or_null)) == ["{}", "{}", "{}"]
    assert columns([(None,)], (key_or_null,)) == ["{NULL}"]
