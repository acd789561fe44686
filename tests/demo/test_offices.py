"""What a new user finds in the lists of the demo besides its evenings: payers, a waitlist, a holiday, a word before the group."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from groups.models import Group, Holiday, Person, Program, SeatOffer, WaitlistEntry
from groups.roles import actor_for
from sessions_app.hours.authorisations import running_out
from sessions_app.models import ArrivalNotice, Authorisation, Payer, Session
from tests.demo.conftest import NOON
from vio.demo import cast
from vio.demo.book import Book
from vio.demo.live import ensure_live
from vio.demo.offices import HOLIDAY, furnish
from vio.demo.people import demo_people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded")]
TONIGHT = date(2026, 4, 15)


def test_two_payers_six_authorisations_and_two_of_them_run_out() -> None:
    assert Payer.objects.count() == 2
    assert Authorisation.objects.count() == 6
    records = Person.objects.get(staff_roles__role="records")
    found = running_out(actor_for(records, source="test"), Program.objects.get(), now=NOON)
    assert [row.state for row in found].count("low") >= 1
    assert any(row.standing.short for row in found)
    assert len(found) < 6
    everybody = running_out(
        actor_for(records, source="test"), Program.objects.get(), now=NOON, all_of_them=True
    )
    assert len(everybody) == 6
    assert sum(1 for row in everybody if row.standing.used) >= 4


def test_a_waitlist_with_an_offer_that_its_client_can_take() -> None:
    group = Group.objects.get(name=cast.CEDAR)
    waiting = WaitlistEntry.objects.filter(group=group, status="waiting")
    assert waiting.count() == len(cast.WAITING)
    offer = SeatOffer.objects.filter(status="open").order_by("offered_at", "pk").first()
    assert offer is not None
    assert offer.offered_at <= NOON < offer.expires_at
    assert offer.client.person.email in {player.email for player in cast.WAITING}
    assert not offer.client.memberships.exists()
    assert offer.client.person.email in {person.email for person in demo_people(now=NOON)}


def test_an_evening_to_come_is_called_off_for_a_holiday() -> None:
    holiday = Holiday.objects.get()
    assert (holiday.on > TONIGHT, holiday.name) == (True, HOLIDAY)
    called_off = Session.objects.filter(local_date=holiday.on)
    assert called_off.count() == 2
    assert {(s.status, s.holiday) for s in called_off} == {("cancelled", HOLIDAY)}


def test_somebody_says_before_each_open_group_that_they_will_be_late() -> None:
    live = Session.objects.filter(series=None)
    said = {notice.session_id: notice.words for notice in ArrivalNotice.objects.filter(withdrawn_at=None)}
    assert said == {session.pk: "10 min late" for session in live}


def test_at_night_the_offer_was_made_before_it_became_quiet() -> None:
    night = datetime(2026, 4, 16, 4, 0, tzinfo=NOON.tzinfo)  # midnight in New York
    with transaction.atomic():
        SeatOffer.objects.all().delete()
        WaitlistEntry.objects.all().delete()
        _without_the_two()
        book = Book(Program.objects.get(), date(2026, 4, 6), 1)
        furnish(book, [], now=night)
        offer = SeatOffer.objects.order_by("offered_at").first()
        assert offer is not None
        assert not book.program.quiet.cover(offer.offered_at)
        assert offer.offered_at < night < offer.expires_at
        transaction.set_rollback(True)


def _without_the_two() -> None:
    """Their addresses are free again, so that they can be admitted once more."""
    for player in cast.WAITING:
        Person.objects.filter(email=player.email).update(email=f"old-{player.email}")
        EmailAddress.objects.filter(email=player.email).update(email=f"old-{player.email}")


def test_the_next_evening_brings_a_new_word_and_nothing_else() -> None:
    later = NOON + timedelta(hours=5)
    before = SimpleNamespace(payers=Payer.objects.count(), offers=SeatOffer.objects.count())
    book = Book(Program.objects.get(), date(2026, 4, 6), 1)
    groups = [group for _, group in sorted(book.groups.items())]
    live = [ensure_live(group, actor=book.house, now=later).session for group in groups]
    furnish(book, live, now=later)
    furnish(book, live, now=later)
    assert ArrivalNotice.objects.filter(session__in=live).count() == len(live)
    assert before == SimpleNamespace(payers=Payer.objects.count(), offers=SeatOffer.objects.count())
