"""After an evening: the sheet is corrected and signed, the notes are written and signed."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.records import latest
from sessions_app.attendance.services import (
    answer_dispute,
    attest_sheet,
    correct_attendance,
    raise_dispute,
)
from sessions_app.models import AttendanceRecord, AttendanceSheet, ClientNote, GroupNote, Session
from sessions_app.notes.services import Draft, EveningDraft, open_notes, save_drafts, sign_notes
from vio.demo import cast, phrases
from vio.demo.book import Book

CORRECTED = 0.09  # of all evenings
DISPUTED = frozenset({(4, 1, cast.CEDAR), (8, 2, cast.LANTERN)})
HELD = ("attended", "partial")


def work_up(book: Book, session: Session, counted_at: datetime, *, sign: bool) -> None:
    """Everything that is done about one evening; without `sign` it is left half done for the people of the demo."""
    session.refresh_from_db()
    random = book.stream("paperwork", session.group.name, session.local_date)
    _dispute(book, session, counted_at)
    _correct(book, session, counted_at + timedelta(minutes=14), random)
    leader = book.actor(book.leader(session.group.name))
    open_notes(actor=leader, session=session, now=counted_at + timedelta(seconds=5))
    write_notes(book, session, now=counted_at + timedelta(minutes=25), random=random, clients=sign)
    if sign:
        finish(book, session, now=counted_at + timedelta(minutes=random.randint(32, 75)))


def finish(book: Book, session: Session, *, now: datetime) -> None:
    """The facilitator signs sheet and notes."""
    leader = book.actor(book.leader(session.group.name))
    if AttendanceSheet.objects.filter(session=session, attested_at=None).exists():
        attest_sheet(actor=leader, session=session, now=now)
    sign_notes(actor=leader, session=session, now=now + timedelta(minutes=2))


def write_notes(book: Book, session: Session, *, now: datetime, random: Random, clients: bool = True) -> None:
    """Fills what is still empty in the drafts: the group note, and each client's."""
    leader = book.actor(book.leader(session.group.name))
    group = GroupNote.objects.get(session=session)
    texts = phrases.group_note(session.service_type, random)
    drafts = EveningDraft(
        group=_draft(group, texts),
        clients={
            note.client_id: _draft(note, phrases.client_note(random))
            for note in ClientNote.objects.filter(session=session, signed_at=None).order_by("client_id")
        }
        if clients
        else {},
    )
    save_drafts(actor=leader, session=session, drafts=drafts, now=now)


def _draft(note: GroupNote | ClientNote, texts: dict[str, str]) -> Draft:
    empty = {name: text for name, text in texts.items() if not getattr(note, name)}
    return Draft(note.version, {} if note.signed_at else empty)


def finish_older(book: Book, *, before: datetime, keep: frozenset[object], now: datetime) -> int:
    """Signs evenings of the timetable that were left half done earlier and are not among `keep` (ids of sessions)."""
    open_still = GroupNote.objects.filter(
        session__program=book.program,
        session__series__isnull=False,
        session__ends_at__lt=before,
        signed_at=None,
    ).exclude(session__in=list(keep))
    done = 0
    for note in open_still.select_related("session__group", "session__program"):
        random = book.stream("paperwork", note.session.group.name, note.session.local_date, "later")
        write_notes(book, note.session, now=now, random=random)
        finish(book, note.session, now=now)
        done += 1
    return done


# --- corrections --------------------------------------------------------------------------------------------


def _correct(book: Book, session: Session, now: datetime, random: Random) -> None:
    """A few minutes added by hand, with a reason, where the evidence shows a gap (R14)."""
    if random.random() > CORRECTED and (book.week_of(session.local_date), session.local_date.weekday()) != (
        4,
        1,
    ):
        return
    candidates = [
        r for r in latest(session).select_related("client") if r.status in HELD and _missing(r) >= 1
    ]
    if not candidates:
        return
    record = min(candidates, key=lambda r: (-_missing(r), str(r.client.person_id)))
    correct_attendance(
        actor=book.actor(book.leader(session.group.name)), session=session, client=record.client,
        changes=Changes(credited_minutes=record.credited_minutes + min(_missing(record), 6)),
        reason=random.choice(phrases.CORRECTIONS), now=now,
    )  # fmt: skip


def _missing(record: AttendanceRecord) -> int:
    """Whole minutes between the first and the last credited instant that were not credited, the break aside."""
    if record.first_at is None or record.last_at is None:
        return 0
    span = int((record.last_at - record.first_at).total_seconds() // 60)
    most = record.delivered_minutes
    return max(0, min(span, most) - record.credited_minutes)


def _dispute(book: Book, session: Session, now: datetime) -> None:
    """Now and then a client says that the evening was counted wrongly, and gets an answer the next day."""
    key = (book.week_of(session.local_date), session.local_date.weekday(), session.group.name)
    if key not in DISPUTED:
        return
    player = next(
        p for p in book.players(session.local_date) if p.group == session.group.name and p.joins == 0
    )
    client = book.client(player)
    dispute = raise_dispute(
        actor=book.actor(player), session=session, client=client, text=phrases.DISPUTE,
        now=now + timedelta(minutes=8),
    )  # fmt: skip
    answer_dispute(
        actor=book.actor(book.leader(session.group.name)), session=session, dispute_id=dispute.pk,
        answer=phrases.DISPUTE_ANSWER, now=now + timedelta(minutes=13),
    )  # fmt: skip
