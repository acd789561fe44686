"""The outbox: messages are rows first, then leased, sent and marked (AL-3). Nothing of the cause is in one (DP-4).

A message goes by mail or as a text; each way is a row of its own, so that one that hangs holds up no other. One that was
sent but could not be marked is sent again under the same id; one that was never sent is never marked. Servers are slow at
times, so each message has its own connection, its own short time-out and its own thread: a slow one delays nobody (AL-5).
Where it goes, and whether it still should, is asked the moment before it leaves (`vio.common.signals`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import QuerySet

from vio.common import texting
from vio.common.logs import log
from vio.common.models import Delivery
from vio.common.signals import address_asked, still_wanted_asked

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

_log = log(__name__)

LEASE = timedelta(seconds=60)  # a sender that died gives its messages back after this
RETRY_AFTER = timedelta(seconds=30)  # AL-3: at least every 60 s
GIVE_UP_AFTER = timedelta(hours=24)
BATCH = 32
TIMEOUT_SECONDS = 5  # of one step of the talk with a mail server
LATE_AFTER = timedelta(minutes=2)

SUBJECT = "You have a message"
BODY = (
    "Hello,\n\nyou have a message. Please sign in to read it:\n\n{link}\n\nPlease do not answer this mail.\n"
)


@dataclass(frozen=True)
class Letter:
    """What a thread needs to send one message; no database in there."""

    delivery_id: UUID
    channel: str
    address: str


def post(
    *,
    program_id: UUID,
    recipients: Iterable[AbstractBaseUser],
    kind: str,
    about: str,
    path: str,
    due_at: datetime,
    void_at: datetime | None = None,
    channels: Sequence[str] = ("mail",),
) -> int:
    """Puts one message per recipient and channel into the outbox, in the caller's transaction; returns how many.

    `about` names what it is about by ids ("<alert>:supervisor"): the same kind, about, recipient and channel is the same
    message, however often it is posted. `path` is where its link leads after signing in; from `void_at` on it is not sent.
    """
    rows = [
        Delivery(
            program_id=program_id,
            recipient_id=person.pk,
            kind=kind,
            channel=channel,
            key=f"{kind}:{about}:{person.pk}{'' if channel == 'mail' else f':{channel}'}",
            path=path,
            due_at=due_at,
            void_at=void_at,
        )
        for person in recipients
        for channel in channels
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def cancel(*, kind: str, about: str, now: datetime) -> int:
    """Takes back what was not sent yet of a kind and everything it is about that begins so; returns how many."""
    waiting = Delivery.objects.filter(key__startswith=f"{kind}:{about}", sent_at=None, cancelled_at=None)
    return waiting.update(cancelled_at=now)


_CLAIM = """
UPDATE common_delivery SET leased_until = %(until)s, attempts = attempts + 1
WHERE id IN (
  SELECT id FROM common_delivery
  WHERE sent_at IS NULL AND cancelled_at IS NULL AND due_at <= %(now)s
    AND (leased_until IS NULL OR leased_until <= %(now)s)
  ORDER BY attempts, due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def claim(*, now: datetime, limit: int = BATCH) -> list[UUID]:
    """Leases messages that are due, those tried least first; two senders never get the same one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": now + LEASE, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def send_due(*, now: datetime, limit: int = BATCH, mailer: str | None = None) -> int:
    """Sends what is due; returns how many went out. Safe to run twice, in parallel and late.

    `mailer` names another of Django's mail backends than the configured one: for people who have no mailbox.
    """
    claimed = claim(now=now, limit=limit)
    letters = [letter for delivery_id in claimed if (letter := _letter(delivery_id, now))]
    if not letters:
        return 0
    # Threads hold no database connection: they only talk to the mail server.
    with ThreadPoolExecutor(max_workers=len(letters), thread_name_prefix="outbox") as pool:
        outcomes = list(pool.map(partial(_send, mailer=mailer), letters))
    for letter, error_code in zip(letters, outcomes, strict=True):
        _mark(letter.delivery_id, error_code, now)
    return outcomes.count("")


def _letter(delivery_id: UUID, now: datetime) -> Letter | None:
    """The letter of a leased message; None, and the message cancelled, when it should not go or has nowhere to go."""
    delivery = Delivery.objects.select_related("recipient").get(pk=delivery_id)
    address = _address(delivery)
    if why := _why_not(delivery, address, now):
        Delivery.objects.filter(pk=delivery_id, sent_at=None).update(cancelled_at=now, error_code=why)
        return None
    return Letter(delivery_id, delivery.channel, address)


def _why_not(delivery: Delivery, address: str, now: datetime) -> str:
    """'' or the code of why this message is taken back instead of sent."""
    if not delivery.recipient.is_active:
        return "not_active"
    if delivery.due_at <= now - GIVE_UP_AFTER:
        return "gave_up"
    if delivery.void_at is not None and delivery.void_at <= now:
        return "too_late"
    if not address:
        return "no_way"
    asked: list[tuple[object, object]] = still_wanted_asked.send(  # type: ignore[assignment]  # receivers answer bool
        sender=Delivery, kind=delivery.kind, key=delivery.key, program_id=delivery.program_id,
        person_id=delivery.recipient_id, now=now,
    )  # fmt: skip
    return "not_wanted" if any(answer is False for _, answer in asked) else ""


def _address(delivery: Delivery) -> str:
    """Where a message may go now; '' when it may not go that way, or nobody carries it."""
    if delivery.channel == "sms" and not texting.available():
        return ""
    answers = address_asked.send(
        sender=Delivery, person_id=delivery.recipient_id, program_id=delivery.program_id, channel=delivery.channel
    )  # fmt: skip
    known = [str(answer) for _, answer in answers if answer is not None]
    if known:
        return known[0] if all(known) else ""
    mail = str(getattr(delivery.recipient, "email"))  # noqa: B009  # this layer knows no Person
    return mail if delivery.channel == "mail" else ""


def _send(letter: Letter, *, mailer: str | None = None) -> str:
    """Sends one letter; '' or the code of what went wrong, never its text, which may hold an address."""
    try:
        if letter.channel == "sms":
            texting.service().send(to=letter.address, text=texting.TEXT.format(link=link(letter.delivery_id)))
        else:
            _mail(letter, mailer)
    except texting.TextError as error:
        return error.code
    except Exception as error:  # whatever it is, it may not take along the marks of the letters beside it
        return type(error).__name__[:64]
    return ""


def _mail(letter: Letter, mailer: str | None) -> None:
    # The time-out goes to the SMTP backend; a backend without a network takes it without using it.
    server = get_connection(mailer, timeout=TIMEOUT_SECONDS)
    EmailMessage(
        SUBJECT,
        BODY.format(link=link(letter.delivery_id)),
        formataddr(("", settings.DEFAULT_FROM_EMAIL)),
        [letter.address],
        headers={"Message-ID": f"<{letter.delivery_id}@vio>", "Auto-Submitted": "auto-generated"},
        connection=server,
    ).send()


def link(delivery_id: UUID) -> str:
    """The address in the message: it names neither what waits there nor why."""
    return f"{settings.ORIGINS[0]}/m/{delivery_id}/"


def _mark(delivery_id: UUID, error_code: str, now: datetime) -> None:
    waiting = Delivery.objects.filter(pk=delivery_id, sent_at=None)
    if error_code in texting.FINAL:
        waiting.update(cancelled_at=now, error_code=error_code)
        return
    if error_code:
        waiting.update(leased_until=now + RETRY_AFTER, error_code=error_code)
        _log.warning("delivery.failed", delivery=str(delivery_id), code=error_code)
        return
    waiting.update(sent_at=now, leased_until=None, error_code="")


def late(*, now: datetime) -> QuerySet[Delivery]:
    """The messages in view that are overdue by two minutes or more: the mail server does not take them (AL-5)."""
    return Delivery.objects.filter(sent_at=None, cancelled_at=None, due_at__lt=now - LATE_AFTER)
