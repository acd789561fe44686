"""The outbox: messages are rows first, then leased, sent and marked (AL-3). Nothing of the cause is in a mail (DP-4).

A message that was sent but could not be marked is sent again under the same Message-ID; one that was never sent is
never marked. Mail servers are slow at times, so each message has its own connection, its own short time-out and its
own thread: a slow one delays nobody (AL-5).
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr
from functools import partial
from smtplib import SMTPException
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction

from vio.common.logs import log
from vio.common.models import Delivery

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
    address: str


def post(
    *,
    program_id: UUID,
    recipients: Iterable[AbstractBaseUser],
    kind: str,
    about: str,
    path: str,
    due_at: datetime,
) -> int:
    """Puts one message per recipient into the outbox, in the caller's transaction; returns how many it asked for.

    `about` names what it is about by ids ("<alert>:supervisor"): the same kind, about and recipient is the same
    message, however often it is posted. `path` is where its link leads after signing in.
    """
    rows = [
        Delivery(
            program_id=program_id,
            recipient_id=person.pk,
            kind=kind,
            key=f"{kind}:{about}:{person.pk}",
            path=path,
            due_at=due_at,
        )
        for person in recipients
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
    with ThreadPoolExecutor(max_workers=len(letters), thread_name_prefix="mail") as pool:
        outcomes = list(pool.map(partial(_send, mailer=mailer), letters))
    for letter, error_code in zip(letters, outcomes, strict=True):
        _mark(letter.delivery_id, error_code, now)
    return outcomes.count("")


def _letter(delivery_id: UUID, now: datetime) -> Letter | None:
    """The letter of a leased message; None, and the message cancelled, when there is nobody to send it to."""
    delivery = Delivery.objects.select_related("recipient").get(pk=delivery_id)
    if not delivery.recipient.is_active or delivery.due_at <= now - GIVE_UP_AFTER:
        Delivery.objects.filter(pk=delivery_id, sent_at=None).update(
            cancelled_at=now, error_code="gave_up" if delivery.recipient.is_active else "not_active"
        )
        return None
    return Letter(delivery_id, str(getattr(delivery.recipient, "email")))  # noqa: B009  # this layer knows no Person


def _send(letter: Letter, *, mailer: str | None = None) -> str:
    """Sends one letter; '' or the code of what went wrong, never its text, which may hold an address."""
    # The time-out goes to the SMTP backend; a backend without a network takes it without using it.
    server = get_connection(mailer, timeout=TIMEOUT_SECONDS)
    message = EmailMessage(
        SUBJECT,
        BODY.format(link=link(letter.delivery_id)),
        formataddr(("", settings.DEFAULT_FROM_EMAIL)),
        [letter.address],
        headers={"Message-ID": f"<{letter.delivery_id}@vio>", "Auto-Submitted": "auto-generated"},
        connection=server,
    )
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        return type(error).__name__[:64]
    return ""


def link(delivery_id: UUID) -> str:
    """The address in the mail: it names neither what waits there nor why."""
    return f"{settings.ORIGINS[0]}/m/{delivery_id}/"


def _mark(delivery_id: UUID, error_code: str, now: datetime) -> None:
    waiting = Delivery.objects.filter(pk=delivery_id, sent_at=None)
    if error_code:
        waiting.update(leased_until=now + RETRY_AFTER, error_code=error_code)
        _log.warning("delivery.failed", delivery=str(delivery_id), code=error_code)
        return
    waiting.update(sent_at=now, leased_until=None, error_code="")


def late_count(*, now: datetime) -> int:
    """How many messages in view are overdue by two minutes or more: the mail server does not take them (AL-5)."""
    return Delivery.objects.filter(sent_at=None, cancelled_at=None, due_at__lt=now - LATE_AFTER).count()
