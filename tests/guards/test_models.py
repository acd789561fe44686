"""Tables: each row of client data has its program and stands behind the database's own wall (AZ-5, DP-1, RI-4)."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, models, transaction

from vio.common.sealed import SealedTextField
from vio.common.walls import own_models, program_column

# model -> why its rows belong to no program.
WITHOUT_PROGRAM = {
    "groups.person": "an account; what a person is, is told per program by StaffRole and Client",
    "groups.apitoken": "belongs to an account, acts with the roles of that account",
    "groups.calendarfeed": "the hash of a secret address of a person, who may be in several programs",
    "groups.signinthrottle": "failed tries under hashed keys, before anybody is known",
    "common.heartbeat": "signs of life of our processes",
}
# model -> why its program may be empty.
PROGRAM_MAY_BE_EMPTY = {
    "common.auditentry": "sign-in happens before a program is known",
    "common.auditdraft": "an entry until its act commits",
}
# field -> why it is text in the clear.
PLAIN_TEXT = {"groups.agreement.text": "the group agreement that every client reads"}

MODELS = own_models()
WALLED = [m for m in MODELS if program_column(m) is not None]
APPEND_ONLY = [m for m in MODELS if getattr(m, "append_only", False)]


def label(model: type[models.Model]) -> str:
    """app.model, for test ids."""
    return model._meta.label_lower


def rows(sql: str, *values: object) -> list[tuple[object, ...]]:
    """What the database answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def test_every_table_has_a_program_or_a_reason() -> None:
    assert {label(m) for m in MODELS if program_column(m) is None} == set(WITHOUT_PROGRAM)


@pytest.mark.parametrize("model", WALLED, ids=label)
def test_the_program_of_a_row_is_never_empty(model: type[models.Model]) -> None:
    column = program_column(model)
    field = next(f for f in model._meta.concrete_fields if f.column == column)
    assert field.null is (label(model) in PROGRAM_MAY_BE_EMPTY)


@pytest.mark.django_db
def test_the_database_holds_the_walls() -> None:
    secured = dict(rows("SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r'"))
    policies = rows("SELECT tablename, policyname, qual, with_check FROM pg_policies")
    assert [label(m) for m in WALLED if not secured[m._meta.db_table]] == []
    for model in WALLED:
        of_table = [policy[1:] for policy in policies if policy[0] == model._meta.db_table]
        assert [name for name, _, _ in of_table] == ["program_scope"], label(model)
        assert all(
            "vio_programs" in str(qual) and "vio_programs" in str(check) for _, qual, check in of_table
        )


@pytest.mark.django_db
def test_the_application_cannot_step_around_the_wall() -> None:
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'vio_app'") == [(False, False)]
    owners = rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = 'vio_app'")
    assert owners == [(0,)]


@pytest.mark.django_db
@pytest.mark.parametrize("model", APPEND_ONLY, ids=label)
def test_an_append_only_table_refuses_change(model: type[models.Model]) -> None:
    for act in ("UPDATE {t} SET {c} = {c}", "DELETE FROM {t}", "TRUNCATE {t}"):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|Cannot|append"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(act.format(t=model._meta.db_table, c=model._meta.pk.column))


def test_there_are_append_only_tables() -> None:
    assert {"common.auditentry", "groups.agreementacceptance"} <= {label(m) for m in APPEND_ONLY}


def test_text_that_people_write_is_sealed() -> None:
    plain = {
        f"{label(model)}.{field.name}"
        for model in MODELS
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField) and not isinstance(field, SealedTextField)
    }
    assert plain == set(PLAIN_TEXT)


def test_a_row_is_named_by_its_id_never_by_its_content() -> None:
    """`str()` of a row ends up in logs and errors (DP-3)."""
    unnamed = [label(m) for m in MODELS if m.__str__ is models.Model.__str__]
    assert unnamed == []


@pytest.mark.django_db
def test_no_index_begins_another() -> None:
    """What begins a larger index is found by that one: it costs every write and misleads the planner (docs/decisions/0022)."""
    tables = [m._meta.db_table for m in MODELS]
    found = rows(
        """SELECT small.indexrelid::regclass::text, large.indexrelid::regclass::text FROM pg_index small
           JOIN pg_index large ON large.indrelid = small.indrelid AND large.indexrelid <> small.indexrelid
             AND starts_with(large.indkey::text || ' ', small.indkey::text || ' ')
             AND starts_with(large.indclass::text || ' ', small.indclass::text || ' ')
           JOIN pg_class c ON c.oid = small.indrelid
           WHERE c.relname = ANY(%s) AND NOT small.indisunique AND small.indexprs IS NULL AND large.indexprs IS NULL
             AND small.indpred IS NULL AND large.indpred IS NULL""",
        tables,
    )
    assert found == []
