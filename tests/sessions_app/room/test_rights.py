"""Remembered rights hold until something they rest on was changed, whenever the change began and whoever made it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session as Login
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from groups.logins import BEGAN, KIND
from groups.models import Client, Membership, Person
from sessions_app.room import access, rights, statements, tasks
from sessions_app.room.access import Ticket
from sessions_app.room.rights import OLDEST, Told, View
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.test_express import Short, chat, running, short
from vio.common.pipeline import Step, Then

__all__ = ["running", "short"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(short: Short) -> Iterator[list[str]]:
    """The names of the questions the short way asks."""
    names: list[str] = []
    line = short.express._line
    put = line.put

    def listens(steps: Sequence[Step], then: Then) -> None:
        names.append(steps[-1][0])
        put(steps, then)

    line.put = listens  # type: ignore[method-assign]  # listens in, and goes on as before
    yield names
    line.put = put  # type: ignore[method-assign]


def knows_all(live: LiveRoom) -> None:
    """Asks about everybody, outside of any transaction, as it happens every few seconds."""
    people = (live.world.facilitator, live.world.ana.person, live.world.ben.person)
    access.standings([Ticket(live.session.pk, p.pk, live.login(p)) for p in people], now=live.now)


def says(live: LiveRoom, short: Short, who: Person | Client) -> bool:
    return short.takes(live, live.entry(who, chat())) is not None


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0, statement


def test_as_long_as_nothing_is_changed_only_that_is_asked(
    running: LiveRoom, short: Short, asked: list[str]
) -> None:
    knows_all(running)
    for who in (running.world.ana, running.world.ben, running.world.facilitator):
        assert says(running, short, who)
    assert asked == ["unchanged"] * 3


# A harmless change of one row of each table that says who may be in a room, and whom it concerns.
CHANGES: dict[str, Callable[[LiveRoom], tuple[str, object]]] = {
    "sessions_app_session": lambda live: ("UPDATE {} SET title = 'Other' WHERE id = %s", live.session.pk),
    "groups_program": lambda live: ("UPDATE {} SET name = 'Other' WHERE id = %s", live.session.program_id),
    "groups_person": lambda live: ("UPDATE {} SET last_name = 'Other' WHERE id = %s", live.world.ana.person_id),
    "groups_client": lambda live: ("UPDATE {} SET privacy_name = 'Anna' WHERE id = %s", live.world.ana.pk),
    "groups_membership": lambda live: ("UPDATE {} SET starts_on = starts_on - 1 WHERE client_id = %s", live.world.ana.pk),
    "groups_enrolment": lambda live: ("UPDATE {} SET starts_on = starts_on - 1 WHERE client_id = %s", live.world.ana.pk),
    "django_session": lambda live: ("UPDATE {} SET expire_date = expire_date + interval '1 s' WHERE session_key = %s",
                                    live.login(live.world.ana)),
}  # fmt: skip


@pytest.mark.parametrize("table", CHANGES)
def test_a_change_of_what_somebody_rests_on_is_noticed(
    table: str, running: LiveRoom, short: Short, asked: list[str]
) -> None:
    knows_all(running)
    statement, key = CHANGES[table](running)
    sql(statement.format(table), key)
    says(running, short, running.world.ana)
    assert asked == ["unchanged", "same"]


@pytest.mark.parametrize("table", set(CHANGES) - {"sessions_app_session", "groups_program"})
def test_a_change_that_concerns_others_is_passed_over(
    table: str, running: LiveRoom, short: Short, asked: list[str]
) -> None:
    knows_all(running)
    statement, key = CHANGES[table](running)
    sql(statement.format(table), key)
    assert says(running, short, running.world.ben)
    assert asked == ["unchanged"]


def test_every_table_that_is_asked_notes_its_changes_under_a_key_that_is_looked_for() -> None:
    """A table that comes into the question without its triggers would let a withdrawn right live on."""
    tables = set(re.findall(r"(?:FROM|JOIN) (\w+_\w+)", access.QUERY)) - {"pg_postmaster_start_time"}
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.relname, count(*), min(encode(t.tgargs, 'escape')) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE t.tgname LIKE 'vio_access_%' AND t.tgenabled = 'O' GROUP BY c.relname""")
        noted = {table: (number, column.removesuffix("\\000")) for table, number, column in cursor.fetchall()}
    assert set(noted) == tables
    assert {number for number, _ in noted.values()} == {3}  # made, changed, gone
    looked_for = {
        "id",
        "session_id",
        "program_id",
        "group_id",
        "person_id",
        "client_id",
        "user_id",
        "session_key",
    }
    assert {column for _, column in noted.values()} <= looked_for


@pytest.mark.parametrize("act", ["made", "changed", "gone"])
def test_rows_made_changed_and_gone_are_noted(
    act: str, running: LiveRoom, short: Short, asked: list[str]
) -> None:
    ana = running.world.ana
    if act == "gone":
        extra = Membership.objects.create(
            program_id=ana.program_id,
            client=ana,
            group=running.world.other_group,
            starts_on=running.session.local_date,
        )
    knows_all(running)
    if act == "made":
        Membership.objects.create(
            program_id=ana.program_id,
            client=ana,
            group=running.world.other_group,
            starts_on=running.session.local_date,
        )
    elif act == "changed":
        Membership.objects.filter(client=ana).update(starts_on=F("starts_on") - timedelta(days=1))
    else:
        extra.delete()
    assert says(running, short, ana)
    assert asked == ["unchanged", "same"]
    assert says(running, short, ana)
    assert asked[2:] == ["unchanged"]  # what was confirmed holds again


def test_a_change_that_began_before_the_question_and_ended_after_it_is_noticed(
    running: LiveRoom, short: Short, asked: list[str]
) -> None:
    begun, end, done = threading.Event(), threading.Event(), threading.Event()

    def withdraws() -> None:
        with transaction.atomic():
            Person.objects.filter(pk=running.world.ana.person_id).update(login_epoch=F("login_epoch") + 1)
            begun.set()
            assert end.wait(20)
        connections.close_all()
        done.set()

    thread = threading.Thread(target=withdraws)
    thread.start()
    assert begun.wait(20)
    Person.objects.filter(pk=running.world.ben.person_id).update(last_name="Later")  # a number after theirs
    knows_all(running)
    assert says(running, short, running.world.ana)
    end.set()
    assert done.wait(20)
    thread.join()
    assert not says(running, short, running.world.ana)
    assert asked == ["unchanged", "unchanged", "same"]


def test_an_answer_from_a_transaction_that_may_have_changed_it_is_compared_word_for_word(
    running: LiveRoom, short: Short, asked: list[str]
) -> None:
    """What was changed and taken back again left no note."""
    before = running.world.ana.person.last_name
    with transaction.atomic():
        Person.objects.filter(pk=running.world.ana.person_id).update(last_name="Taken back")
        knows_all(running)
        transaction.set_rollback(True)
    assert Person.objects.get(pk=running.world.ana.person_id).last_name == before
    assert not says(running, short, running.world.ana)
    assert asked == ["same"]


def test_an_old_answer_is_compared_word_for_word(running: LiveRoom, short: Short, asked: list[str]) -> None:
    knows_all(running)
    running.now += OLDEST
    assert says(running, short, running.world.ana)
    assert says(running, short, running.world.ana)
    assert asked == ["same", "unchanged"]


def test_a_login_that_ends_by_itself_ends_without_a_change(running: LiveRoom, short: Short) -> None:
    knows_all(running)
    stored = Login.objects.get(pk=running.login(running.world.ana)).get_decoded()
    ends = datetime.fromtimestamp(stored[BEGAN], UTC) + settings.LOGIN_OVERALL[stored[KIND]]
    running.now = ends - timedelta(seconds=20)
    knows_all(running)
    assert says(running, short, running.world.ana)
    running.now = ends
    assert not says(running, short, running.world.ana)
    refused = running.does(running.world.ana, chat())
    assert refused.error
    assert refused.error.code == "signed_out"


def test_an_answer_that_was_replaced_meanwhile_is_not_confirmed() -> None:
    ticket, now, memory = Ticket(uuid4(), uuid4(), "login"), timezone.now(), rights.Rights()
    first = Told("a", ("k",), now, "not_found", 0.0)
    memory.remember(ticket, first, view="1.5/10:12:")
    asked_with = memory.recall([ticket], now=now)
    assert asked_with
    memory.remember(ticket, Told("b", ("k",), now, "not_found", 0.0), view="1.5/9:9:")
    memory.confirm(asked_with, view="1.5/20:20:", now=now)
    kept = memory.recall([ticket], now=now)
    assert kept
    assert kept.view == View.of("1.5/9:9:")


@pytest.mark.parametrize(
    ("views", "earliest"),
    [
        (["1/10:12:", "1/10:14:"], "1/10:12:"),
        (["1/11:14:", "1/10:14:"], "1/10:14:"),
        (["1/10:14:10,12", "1/10:14:10"], "1/10:14:10,12"),
        (["1/10:14:", None], None),
        (["1/10:14:", "2/10:14:"], None),  # the server was started again in between
    ],
)
def test_several_answers_hold_since_the_earliest(views: list[str | None], earliest: str | None) -> None:
    now, memory = timezone.now(), rights.Rights()
    tickets = [Ticket(uuid4(), uuid4(), "login") for _ in views]
    for ticket, view in zip(tickets, views, strict=True):
        memory.remember(ticket, Told("", (), now, "not_found", 0.0), view=view)
    found = memory.recall(tickets, now=now)
    assert found
    assert found.view == (View.of(earliest) if earliest else None)


def test_who_was_never_asked_about_is_not_recalled() -> None:
    assert rights.Rights().recall([Ticket(uuid4(), uuid4(), "login")], now=timezone.now()) is None


def test_a_restored_server_is_not_believed(running: LiveRoom, short: Short, asked: list[str]) -> None:
    knows_all(running)
    ticket = Ticket(running.session.pk, running.world.ana.person_id, running.login(running.world.ana))
    told, view = rights.rights._known[ticket]
    assert view
    rights.rights._known[ticket] = (told, View.of(view.text.replace(view.server, "1.0")))
    assert says(running, short, running.world.ana)
    assert asked == ["unchanged", "same"]


def test_notes_go_ten_minutes_after_they_could_be_seen() -> None:
    now = timezone.now()
    tasks.forget_access_changes()
    statements.forget_access_changes(now=now + timedelta(days=1))
    Person.objects.create_user(email="new@example.org", password=None)
    assert statements.forget_access_changes(now=now) == 0  # seen now for the first time
    assert statements.forget_access_changes(now=now + timedelta(minutes=9)) == 0
    assert statements.forget_access_changes(now=now + timedelta(minutes=11)) == 1
