"""Week after week of history, each brought in as one transaction that ends with its marker in the audit trail.

The first history is one transaction as a whole, with the program. A later start of the demo adds the days that have
passed since; killed, it leaves whole weeks behind and nothing half done, and the next one goes on after the last marker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from groups.models import Program
from sessions_app.followup.watch import review_engagement, watch_weeks
from sessions_app.hours.services import compute_week
from sessions_app.models import Session
from sessions_app.services.scheduling import materialise_sessions
from vio.common import audit, outbox
from vio.common.localtime import WeekStart, local_date, week_of
from vio.common.models import AuditEntry
from vio.demo.book import Book
from vio.demo.days import checkins_of, keep_desk_busy, morning
from vio.demo.evenings import play
from vio.demo.founding import changes_of
from vio.demo.paperwork import finish_older, work_up

MARK = "demo.history"
LEFT_OPEN = 2  # evenings whose notes wait for the people of the demo
OVER_SINCE = timedelta(minutes=5)
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"  # nobody of the past has a mailbox
BEFORE_GROUP = 17 * 60 + 25


@dataclass(frozen=True)
class Mark:
    """How far the history reaches: all of the local day `through` is there. `began` is the Monday of week 0."""

    seed: int
    began: date
    through: date


def read_mark(program: Program) -> Mark | None:
    """The last marker of a program's history."""
    row = AuditEntry.objects.filter(program_id=program.pk, action=MARK).order_by("-number").first()
    if row is None:
        return None
    facts = row.details
    return Mark(int(facts["seed"]), date.fromisoformat(facts["began"]), date.fromisoformat(facts["through"]))


def write_mark(book: Book, through: date) -> None:
    """Says, inside the transaction that made it true, how far the history reaches."""
    audit.record(
        actor=book.house, action=MARK, program_id=book.program.pk, subject=book.program,
        details={"seed": book.seed, "began": book.began.isoformat(), "through": through.isoformat()},
    )  # fmt: skip


def chunks(after: date, until: date) -> Iterator[tuple[date, date]]:
    """The dates after one and up to another, cut behind Sundays."""
    first = after + timedelta(days=1)
    while first <= until:
        last = min(first + timedelta(days=6 - first.weekday()), until)
        yield first, last
        first = last + timedelta(days=1)


def bring_up_to_date(
    book: Book, *, through: date, now: datetime, told: Callable[[date], None] = lambda through: None
) -> int:
    """Adds every whole day between the marker and yesterday, then what today has brought so far; returns days added.

    `told` hears after each piece how far the history reaches.
    """
    yesterday = local_date(now, book.program.zone) - timedelta(days=1)
    added = 0
    for first, last in chunks(through, yesterday):
        with _all_or_nothing():
            open_evenings = _last_evenings(book, now)
            for on in _days(first, last):
                _day(book, on, open_evenings)
                added += 1
            _close_weeks(book, first, last)
            write_mark(book, last)
        told(last)
    with transaction.atomic():
        _today(book, yesterday + timedelta(days=1), now)
    return added


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """One transaction without savepoints inside: whatever fails undoes all of it, and the week is made again.

    They are half of all statements of a history, and none of its services runs into what they are there for.
    """
    before = connection.features.uses_savepoints
    connection.features.uses_savepoints = False
    try:
        with transaction.atomic():
            yield
    finally:
        connection.features.uses_savepoints = before


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _day(book: Book, on: date, left_open: frozenset[date]) -> None:
    end_of_day = book.at(on, 23, 30)
    if on.weekday() == 0:
        materialise_sessions(actor=book.house, now=book.at(on, 6))
    changes_of(book, on)
    checkins_of(book, on, until=end_of_day, to_minute=8 * 60)
    morning(book, on)
    checkins_of(book, on, until=end_of_day, since_minute=8 * 60, to_minute=BEFORE_GROUP)
    _evenings(book, on, end_of_day, left_open)
    checkins_of(book, on, until=end_of_day, since_minute=BEFORE_GROUP)
    _send_mail(end_of_day)


def _evenings(book: Book, on: date, now: datetime, left_open: frozenset[date]) -> None:
    """The evenings of the timetable on a date that are over and that nobody held."""
    over = Session.objects.filter(
        program=book.program, series__isnull=False, local_date=on, status=Session.Status.SCHEDULED,
        ends_at__lte=now - OVER_SINCE,
    ).select_related("group", "program")  # fmt: skip
    sessions = list(over.order_by("starts_at", "group__name"))
    if not sessions:
        return
    counted = play(book, sessions)
    for session in sessions:
        work_up(book, session, counted[session.pk], sign=on not in left_open)
    last = max(counted.values())
    watch_weeks(now=last + timedelta(minutes=1))
    review_engagement(now=last + timedelta(minutes=1), changed_since=min(counted.values()))


def _last_evenings(book: Book, now: datetime) -> frozenset[date]:
    """The latest evenings of the timetable (Monday to Thursday) that are over."""
    today = local_date(now, book.program.zone)
    evenings = [d for d in _days(today - timedelta(days=8), today) if d.weekday() < 4]
    return frozenset([d for d in evenings if book.at(d, 20, 45) <= now - OVER_SINCE][-LEFT_OPEN:])


def _close_weeks(book: Book, first: date, last: date) -> None:
    if last.weekday() == 6:
        end = book.at(last, 23, 58)
        for day in (first, last):
            week = week_of(day, WeekStart(book.program.week_start))
            compute_week(program=book.program, week=week, now=end)
        review_engagement(now=end)


def _today(book: Book, on: date, now: datetime) -> None:
    """What has happened today by now; the clinical team of today are those who sit in front of the demo."""
    open_evenings = _last_evenings(book, now)
    checkins_of(book, on, until=now)
    keep_desk_busy(book, now=now)
    _evenings(book, on, now, open_evenings)
    kept = Session.objects.filter(program=book.program, local_date__in=open_evenings)
    finish_older(book, before=now, keep=frozenset(kept.values_list("pk", flat=True)), now=now)
    materialise_sessions(actor=book.house, now=now)
    compute_week(program=book.program, week=week_of(on, WeekStart(book.program.week_start)), now=now)


def _send_mail(now: datetime) -> None:
    while outbox.send_due(now=now, mailer=NO_MAIL):
        pass
