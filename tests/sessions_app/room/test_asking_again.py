"""Who is connected is asked about again: one small question as long as nothing was changed, and the whole answer where it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session as Login
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from groups.logins import BEGAN, KIND
from groups.models import Membership, Person
from sessions_app.room import access, asking_again
from sessions_app.room.access import AccessError, Ticket
from sessions_app.room.asking_again import standings_again
from sessions_app.room.rights import OLDEST, View, rights
from tests.sessions_app.room.live import LiveRoom

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three(live: LiveRoom) -> list[Ticket]:
    """Fay, Ana and Ben, about whom was asked a moment ago."""
    people = (live.world.facilitator, live.world.ana.person, live.world.ben.person)
    tickets = [Ticket(live.session.pk, person.pk, live.login(person)) for person in people]
    access.standings(tickets, now=live.now)
    return tickets


def asks(
    live: LiveRoom, tickets: Sequence[Ticket], in_full: Sequence[Ticket] = ()
) -> tuple[list[str], int, bool]:
    """What is said of each ("" for who may stay), how many were read in full, and whether notes were looked at."""
    read: list[Ticket] = []
    standings = access.standings

    def reads(some: Sequence[Ticket], *, now: datetime) -> list[access.Standing | AccessError]:
        read.extend(some)
        return standings(some, now=now)

    with pytest.MonkeyPatch.context() as patch, CaptureQueriesContext(connection) as asked:
        patch.setattr(access, "standings", reads)
        found = standings_again(tickets, now=live.now, in_full=in_full)
    looked = any("vio_access_change" in query["sql"] for query in asked)
    return [one.code if isinstance(one, AccessError) else "" for one in found], len(read), looked


def test_as_long_as_nothing_is_changed_nobody_is_read(live: LiveRoom, three: list[Ticket]) -> None:
    for _ in range(3):
        assert asks(live, three) == (["", "", ""], 0, True)
        live.now += timedelta(seconds=4)


def test_it_goes_on_for_longer_than_an_answer_is_believed_by_itself(
    live: LiveRoom, three: list[Ticket]
) -> None:
    """Each look at the notes makes the answers young again."""
    for _ in range(4):
        live.now += OLDEST - timedelta(seconds=1)
        assert asks(live, three) == (["", "", ""], 0, True)
    live.now += OLDEST
    assert asks(live, three) == (["", "", ""], 3, False)


def test_only_those_are_read_of_whom_something_was_changed(live: LiveRoom, three: list[Ticket]) -> None:
    Membership.objects.filter(client=live.world.ana).delete()
    assert asks(live, three) == (["", "not_found", ""], 1, True)
    assert asks(live, three) == (["", "not_found", ""], 0, True)


def test_a_login_that_was_ended_and_one_that_is_too_old(live: LiveRoom, three: list[Ticket]) -> None:
    Login.objects.filter(session_key=three[2].login).delete()
    assert asks(live, three) == (["", "", "signed_out"], 1, True)
    stored = Login.objects.get(pk=three[1].login).get_decoded()
    ends = datetime.fromtimestamp(stored[BEGAN], UTC) + settings.LOGIN_OVERALL[stored[KIND]]
    live.now = ends - timedelta(seconds=1)
    access.standings(three, now=live.now)
    live.now = ends + timedelta(seconds=1)
    assert asks(live, three[1:2]) == (["signed_out"], 0, True)


def test_who_is_to_be_read_in_full_is_read(live: LiveRoom, three: list[Ticket]) -> None:
    """A note may be lost (a restore sets tables back without any); nobody stays for ever on the strength of notes."""
    with transaction.atomic(), connection.cursor() as cursor:
        Membership.objects.filter(client=live.world.ana).delete()
        cursor.execute("DELETE FROM vio_access_change WHERE xid = pg_current_xact_id()")
    assert asks(live, three) == (["", "", ""], 0, True)
    assert asks(live, three, in_full=three[1:2]) == (["", "not_found", ""], 1, True)


def test_who_was_never_asked_about_is_read(live: LiveRoom, three: list[Ticket]) -> None:
    stranger = Ticket(live.session.pk, live.world.cleo.person_id, live.login(live.world.cleo))
    assert asks(live, [*three, stranger]) == (["", "", "", "not_found"], 1, True)
    assert asks(live, []) == ([], 0, False)


def test_after_a_restart_of_the_server_everybody_is_read(live: LiveRoom, three: list[Ticket]) -> None:
    for ticket in three:
        told, view = rights._known[ticket]
        assert view
        rights._known[ticket] = (told, View.of(view.text.replace(view.server, "1.0")))
    assert asks(live, three) == (["", "", ""], 3, True)


def test_where_very_much_was_changed_everybody_is_read(
    live: LiveRoom, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_again, "MOST_CHANGES", 1)
    Person.objects.filter(pk=live.world.cleo.person_id).update(last_name="Other")
    assert asks(live, three) == (["", "", ""], 3, True)


def test_in_a_transaction_that_changes_rights_itself_nothing_is_made_young_again(
    live: LiveRoom, three: list[Ticket]
) -> None:
    with transaction.atomic():
        Person.objects.filter(pk=live.world.cleo.person_id).update(last_name="Other")
        assert asks(live, three) == (["", "", ""], 3, True)
