"""The recorder of lock orders tells what a statement locks, and finds an act that leaves the order."""

from __future__ import annotations

import pytest
from django.db import transaction

from groups.models import Series
from sessions_app.models import Session
from tests.factories import make_series
from tests.lock_order import LEVELS, UNDER, Act, locked_by, waits, watched
from tests.worlds import build_world
from vio.common.walls import own_models


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('SELECT "a"."id" FROM "a" WHERE "a"."id" = 1 LIMIT 21 FOR NO KEY UPDATE', ["a"]),
        ('SELECT "a"."id" FROM "a" INNER JOIN "b" ON (1) FOR UPDATE OF "a"', ["a"]),
        ('SELECT "a"."id" FROM "a" INNER JOIN "b" ON (1) FOR UPDATE', ["a", "b"]),
        ('SELECT "a"."id" FROM "a" FOR NO KEY UPDATE OF "a" SKIP LOCKED', ["a"]),
        ('UPDATE "a" SET "b" = 1', ["a"]),
        ('DELETE FROM "a" WHERE 1', ["a"]),
        ("SELECT pg_advisory_xact_lock(1)", ["advisory"]),
        ('INSERT INTO "a" ("b") VALUES (1)', []),
        ('SELECT "a"."id" FROM "a" INNER JOIN "b" ON (1)', []),
    ],
)
def test_what_a_statement_locks(sql: str, tables: list[str]) -> None:
    assert locked_by(sql) == tables
    assert waits(sql) is not sql.endswith("SKIP LOCKED")


def problems(*tables: str) -> list[str]:
    act = Act()
    for table in tables:
        act.locks(table)
    return act.problems


def test_parents_come_first_and_a_level_needs_the_lock_above_it() -> None:
    session, group_note, follow_up = "sessions_app_session", "sessions_app_groupnote", "sessions_app_followup"
    assert problems("groups_program", "groups_series", session, "groups_client", "checkins_alert") == []
    assert problems("checkins_alert", "groups_client") == ["groups_client after checkins_alert"]
    assert problems(session, group_note, follow_up) == problems(session, follow_up, group_note) == []
    assert problems(follow_up, group_note) == [f"{group_note} after {follow_up}"]
    assert problems(session, "a_new_table") == [f"a_new_table after {session}"]


def test_what_is_not_waited_for_and_what_is_held_may_come_at_any_time() -> None:
    act = Act()
    act.locks("sessions_app_session")
    act.locks("sessions_app_roomstate", waits=False)
    act.locks("sessions_app_roomstate")
    act.locks("sessions_app_session")
    assert act.problems == []


@pytest.mark.django_db(
    transaction=True
)  # so that the guard of every test, which would find it too, is not there
def test_an_act_that_leaves_the_order_is_found() -> None:
    make_series(build_world().group)
    with transaction.atomic(), watched() as acts:
        with transaction.atomic():
            list(Series.objects.select_for_update(no_key=True))
            list(Session.objects.select_for_update(no_key=True))
        with transaction.atomic():
            list(Session.objects.select_for_update(no_key=True))
            with transaction.atomic():
                Series.objects.update(title="Evening")
        Series.objects.update(title="Group")
    assert [act.problems for act in acts] == [[], ["groups_series after sessions_app_session"]]


def test_every_table_of_the_order_exists_and_stands_once() -> None:
    ours = {model._meta.db_table for model in own_models()} | {
        "advisory",
        "account_emailaddress",
        "django_session",
        "mfa_authenticator",
    }
    named = [table for level in LEVELS for table in level]
    assert set(named) <= ours
    assert len(named) == len(set(named))
    assert {*UNDER, *UNDER.values()} <= set(named)
