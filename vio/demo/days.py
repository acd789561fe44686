"""The days of the history: check-ins through the day, and what the clinical team does about alerts and misses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from checkins.models import Alert, CheckIn
from checkins.services.alerts import acknowledge_alert, note_contact, resolve_alert
from checkins.services.checkins import submit_checkin
from checkins.services.escalation import escalate_alert, overdue
from checkins.services.missed import raise_missed
from groups.models import Client
from groups.services.contact_ways import ways_of
from sessions_app.followup.rules import Outcome
from sessions_app.followup.services import Attempt, close, record_attempt
from sessions_app.models import FollowUp
from vio.common.permissions import Role
from vio.demo import phrases
from vio.demo.book import Book
from vio.demo.cast import CLIENTS, Player
from vio.demo.personas import DayAnswers, Persona, day_answers

_SUBMISSIONS = UUID("c8c0a3c6-5f7c-4a0f-9c55-3c1f6a3a9d21")
OUTCOMES = (
    [Outcome.REACHED] * 6 + [Outcome.MESSAGE_LEFT] * 2 + [Outcome.NO_ANSWER] * 2 + [Outcome.WRONG_NUMBER]
)
BARRIERS = ("work", "health", "child_care", "technical", "transport", "other")


# --- check-ins ----------------------------------------------------------------------------------------------


def checkins_of(
    book: Book, on: date, *, until: datetime, since_minute: int = 0, to_minute: int = 24 * 60
) -> int:
    """The check-ins of a local day between two of its minutes, up to an instant; what is there already stays."""
    wanted = [row for row in _planned(book, on) if since_minute <= row[1].minute < to_minute]
    there = set(CheckIn.objects.filter(program=book.program, local_date=on).values_list("pk", flat=True))
    made = 0
    for email, day in wanted:
        at = book.minute(on, day.minute)
        client = book.clients[email]
        submission = uuid5(_SUBMISSIONS, f"{book.seed}:{email}:{on}")
        if at <= until and _key(client, submission) not in there:
            _submit(book, email, submission, day, at)
            made += 1
    return made


def _planned(book: Book, on: date) -> list[tuple[str, DayAnswers]]:
    week, weekday = book.week_of(on), on.weekday()
    found = []
    for player in book.players(on):
        random = book.stream("checkin", player.email, on)
        day = day_answers(player.persona, week, weekday, random, phrases.CHECKIN_NOTES, leaves=player.leaves)
        if day is not None:
            found.append((player.email, day))
    return sorted(found, key=lambda row: (row[1].minute, row[0]))


def _key(client: Client, submission: UUID) -> UUID:
    # The id the service gives to the first check-in of a submission.
    return uuid5(client.pk, f"{submission}:1")


def _submit(book: Book, email: str, submission: UUID, day: DayAnswers, at: datetime) -> None:
    player = next(p for p in book.players(at.astimezone(book.program.zone).date()) if p.email == email)
    done = submit_checkin(
        actor=book.actor(player), submission_id=submission, answers=day.answers, now=at,
        program_id=book.program.pk,
    )  # fmt: skip
    if done.red and done.alert is not None:
        _answer_red(book, done.alert, at)


def _answer_red(book: Book, alert: Alert, at: datetime) -> None:
    """The clinician on call answers within minutes; now and then too late, and the supervisor is told (A10)."""
    random = book.stream("red", alert.client.person.email, alert.local_date)
    on_call = book.actor(book.staff(Role.CLINICIAN))
    wait = timedelta(minutes=random.choice([2, 3, 4, 6, 9, 19]))
    for alert_id in overdue(at + wait):
        if alert_id == alert.pk:
            escalate_alert(actor=book.house, alert_id=alert.pk, now=at + timedelta(minutes=15, seconds=20))
    alert.refresh_from_db()
    taken = acknowledge_alert(actor=on_call, alert_id=alert.pk, version=alert.version, now=at + wait)
    note_contact(
        actor=on_call, alert_id=alert.pk, version=taken.version, now=at + wait + timedelta(minutes=16),
        text=random.choice(phrases.ALERT_CONTACTS),
    )  # fmt: skip


HARD_HOURS = (
    (timedelta(minutes=50), {"mood": 2, "urge": 8, "used": "no", "safety": "no", "sleep_hours": "4.0", "medication": "",
                             "note": phrases.CHECKIN_NOTES["low"][2]}),
    (timedelta(minutes=25), {"mood": 3, "urge": 6, "used": "no", "safety": "no", "sleep_hours": "5.5", "medication": "",
                             "note": phrases.CHECKIN_NOTES["low"][4]}),
)  # fmt: skip


def keep_desk_busy(book: Book, *, now: datetime) -> int:
    """Two people have a hard hour today when nobody else has: whoever opens the desk finds somebody to care for.

    Returns how many check-ins were made; at most once a day, however often the demo starts.
    """
    if Alert.objects.filter(program=book.program, status__in=("open", "acknowledged")).exists():
        return 0
    today = now.astimezone(book.program.zone).date()
    strugglers = [p for p in book.players(today) if p.persona is Persona.STRUGGLING]
    made = 0
    for player, (ago, answers) in zip(strugglers, HARD_HOURS, strict=False):
        submission = uuid5(_SUBMISSIONS, f"{book.seed}:{player.email}:{today}:hard")
        if not CheckIn.objects.filter(pk=_key(book.client(player), submission)).exists():
            submit_checkin(
                actor=book.actor(player), submission_id=submission, answers=answers, now=now - ago,
                program_id=book.program.pk,
            )  # fmt: skip
            made += 1
    return made


# --- the team's morning ---------------------------------------------------------------------------------------


def morning(book: Book, on: date) -> None:
    """Silences are noticed, alerts of the days before are worked on, clients who were missed are called."""
    raise_missed(actor=book.house, program=book.program, now=book.at(on, 8, 5))
    if on.weekday() < 5:
        _alerts_round(book, on)
        _calls_round(book, on)


def _alerts_round(book: Book, on: date) -> None:
    waiting = Alert.objects.filter(
        program=book.program, local_date__lt=on, status__in=("open", "acknowledged")
    ).select_related("client__person")
    for number, alert in enumerate(waiting.order_by("raised_at", "pk")):
        random = book.stream("round", alert.client.person.email, alert.local_date, on)
        clinician = book.actor(book.staff(Role.CLINICIAN, number=random.randint(0, 1)))
        at = book.at(on, 9, 30) + timedelta(minutes=3 * number)
        version = alert.version
        age = (on - alert.local_date).days
        if alert.status == "open" and age < 2 and random.random() < 0.35:
            continue  # still on the desk tomorrow
        if alert.status == "open":
            version = acknowledge_alert(actor=clinician, alert_id=alert.pk, version=version, now=at).version
        if age >= (1 if alert.level == "red" else 2) and random.random() < 0.7:
            later = at + timedelta(minutes=random.randint(20, 150))
            text = random.choice(phrases.ALERT_ENDINGS)
            resolve_alert(actor=clinician, alert_id=alert.pk, version=version, text=text, now=later)


def _calls_round(book: Book, on: date) -> None:
    due = FollowUp.objects.filter(
        program=book.program, status__in=("open", "escalated"), determined_at__lt=book.at(on, 0)
    ).select_related("client__person")
    for number, task in enumerate(due.order_by("determined_at", "pk")):
        at = book.at(on, 10, 15) + timedelta(minutes=7 * number)
        if task.status == "escalated":
            _close_or_leave(book, task, at)
        else:
            _call(book, task, on, at)


def _call(book: Book, task: FollowUp, on: date, at: datetime) -> None:
    player = _player_of(task)
    fading = player is not None and player.leaves is not None and book.week_of(on) >= player.leaves - 2
    random = book.stream("call", task.client.person.email, task.determined_at, on)
    outcome = random.choice([Outcome.MESSAGE_LEFT, Outcome.NO_ANSWER] if fading else OUTCOMES)
    if outcome is Outcome.MESSAGE_LEFT and not ways_of(task.client).text_is_safe:
        outcome = Outcome.NO_ANSWER
    barrier = random.choice(BARRIERS) if outcome is Outcome.REACHED else "unknown"
    note = random.choice(phrases.CALL_NOTES.get(outcome.value, ("",)))
    attempt = Attempt("text" if outcome is Outcome.MESSAGE_LEFT else "call", outcome, barrier, note)
    clinician = book.staff(Role.CLINICIAN, number=random.randint(0, 1))
    record_attempt(actor=book.actor(clinician), follow_up_id=task.pk, attempt=attempt, now=at)


def _close_or_leave(book: Book, task: FollowUp, at: datetime) -> None:
    if task.escalated_at is not None and at - task.escalated_at > timedelta(days=1):
        close(
            actor=book.actor(book.staff(Role.SUPERVISOR)),
            follow_up_id=task.pk,
            reason=phrases.CLOSING,
            now=at,
        )


def _player_of(task: FollowUp) -> Player | None:
    return next((p for p in CLIENTS if p.email == task.client.person.email), None)
