"""What the history of evenings does not show: payers, people who wait for a place, a holiday, and a word before the group.

Each is made once, by the services that staff use, when the program has none of it yet; only the word is said anew for
each session that can be joined. So a first look at the product finds every list with something in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from groups.models import Client, Holiday, LevelOfCare, WaitlistEntry
from groups.selectors import current_agreement, today_of
from groups.services.agreements import accept_agreement
from groups.services.enrolment import add_client, enrol_client
from groups.services.holidays import add_holiday
from groups.services.offers import fill_group
from groups.services.people import PersonDetails
from groups.services.waitlist import add_to_waitlist
from sessions_app.coming.selectors import notice_of
from sessions_app.coming.services import Word, give_notice
from sessions_app.hours.authorisations import standings
from sessions_app.hours.paying import add_authorisation, add_payer, change_authorisation, cover_client
from sessions_app.hours.services import compute_client_weeks
from sessions_app.models import Authorisation, Payer, PresenceEvidence, Session
from vio.common.localtime import local_date
from vio.common.permissions import Role
from vio.demo import cast
from vio.demo.book import Book
from vio.demo.founding import open_accounts
from vio.demo.personas import Persona

PAYERS = (
    {"name": "Northern Health Plan", "code": "H0015", "rule": "unit15", "warn_units": 12},
    {"name": "Lakeshore Mutual", "code": "H0015", "rule": "h0015_day", "day_minutes": 150, "warn_units": 3},
)
COVERED = 6
AROUND = timedelta(days=28)
PLENTY = 1000
"""Units nobody uses in eight weeks."""
HOLIDAY = "Team day"
HOLIDAY_IN = timedelta(days=9)
WORD = Word(10, "The bus is late.")


@transaction.atomic
def furnish(book: Book, live: Sequence[Session], *, now: datetime) -> None:
    """Adds what is missing of all this; a second call at the same moment adds nothing."""
    if not Payer.objects.filter(program=book.program).exists():
        _payers(book, now)
    if not WaitlistEntry.objects.filter(program=book.program).exists():
        _waitlist(book, now)
    if not Holiday.objects.filter(program=book.program).exists():
        add_holiday(
            actor=book.house, program=book.program, on=_evening_after(book, now), name=HOLIDAY, now=now
        )
    for session in live:
        _word(book, session, now)


def _evening_after(book: Book, now: datetime) -> date:
    """An evening of the timetable (Monday to Thursday) at the end of next week or soon after."""
    on = today_of(book.program, now) + HOLIDAY_IN
    return on if on.weekday() < 4 else on + timedelta(days=7 - on.weekday())


# --- who pays -------------------------------------------------------------------------------------------------


def _payers(book: Book, now: datetime) -> None:
    """Two payers, six covered clients; the first one's last units have begun, the second one's plan needs more."""
    payers = [add_payer(actor=book.house, program=book.program, values=values) for values in PAYERS]
    today = today_of(book.program, now)
    players = [p for p in book.players(today) if p.persona is not Persona.DROPOUT][:COVERED]
    made = [
        _authorise(book, player, payers[number % len(payers)], today, now)
        for number, player in enumerate(players)
    ]
    rows = standings(book.program, made, now=now)
    for row, left in zip(rows, (2, max(rows[1].standing.planned - 1, 4)), strict=False):
        units = max(row.standing.used + left, 1)
        change_authorisation(
            actor=book.house, authorisation=row.authorisation, units=units,
            ends_on=row.authorisation.ends_on,
        )  # fmt: skip


def _authorise(book: Book, player: cast.Player, payer: Payer, today: date, now: datetime) -> Authorisation:
    client = book.client(player)
    enrolled = client.enrolments.get(ends_on=None).starts_on
    coverage = cover_client(
        actor=book.house,
        client=client,
        payer=payer,
        starts_on=enrolled,
        member_number=f"M-{client.pk.hex[:8]}",
    )
    made = add_authorisation(
        actor=book.house, coverage=coverage, units=PLENTY, starts_on=max(enrolled, today - AROUND),
        ends_on=today + AROUND, now=now, number=f"A-{client.pk.hex[-6:]}",
    )  # fmt: skip
    return Authorisation.objects.select_related("coverage__payer", "client__program", "client__person").get(
        pk=made.pk
    )


# --- who waits ------------------------------------------------------------------------------------------------


def _waitlist(book: Book, now: datetime) -> None:
    """Two clients who were admitted and have no group yet wait for a place in one; free places are offered to them."""
    quiet = book.program.quiet
    awake = quiet.last_before(now) - timedelta(minutes=1) if quiet.cover(now) else now
    arrived = awake - timedelta(hours=3)
    group = book.groups[cast.CEDAR]
    for number, player in enumerate(cast.WAITING):
        _admit(book, player, arrived + timedelta(minutes=20 * number))
    open_accounts([player.email for player in cast.WAITING])
    for number, player in enumerate(cast.WAITING):
        add_to_waitlist(
            actor=book.actor(book.staff(Role.SUPERVISOR)), group=group, client=book.client(player),
            now=arrived + timedelta(hours=1, minutes=number),
        )  # fmt: skip
    fill_group(group=group, now=awake)
    clients = [book.client(player).pk for player in cast.WAITING]
    compute_client_weeks(program=book.program, clients=clients, days=[today_of(book.program, now)], now=now)


def _admit(book: Book, player: cast.Player, now: datetime) -> None:
    client = add_client(
        actor=book.house, program=book.program, person=PersonDetails(player.email, player.first, player.last),
        now=now, home_state="NY",
    )  # fmt: skip
    book.__dict__.pop("people", None)
    book.__dict__.pop("clients", None)
    enrol_client(
        actor=book.house, client=client, level=LevelOfCare.objects.get(program=book.program, code=player.level),
        starts_on=local_date(now, book.program.zone), now=now,
        primary_clinician_id=book.person(book.staff(Role.CLINICIAN)).pk,
    )  # fmt: skip
    agreement = current_agreement(book.program.pk)
    if agreement is not None:
        accept_agreement(actor=book.actor(player), client=client, agreement=agreement, now=now)


# --- a word before the group ------------------------------------------------------------------------------------


def _word(book: Book, session: Session, now: datetime) -> None:
    """Whoever of the group is often late says so, unless they said something or are there."""
    today = today_of(book.program, now)
    if session.local_date != today:
        return  # it began before midnight: nobody can be late for it today
    for player in book.players(today):
        if player.persona is Persona.LATECOMER and player.group == session.group.name:
            client = book.client(player)
            if notice_of(session.pk, client.pk) is None and not _is_there(session, client):
                give_notice(actor=book.actor(player), session=session, client=client, word=WORD, now=now)


def _is_there(session: Session, client: Client) -> bool:
    return PresenceEvidence.objects.filter(session=session, client=client).exists()
