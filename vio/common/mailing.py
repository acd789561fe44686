"""Mail that cannot wait for the outbox because it carries a one-time secret that is stored nowhere.

Sent by a thread after the commit: a slow mail server delays no page, and an answer takes as long for a name that exists
as for one that does not (AU-4). If the process dies before, the mail is lost and asked for again by the person.
Everything else goes through the outbox (`vio.common.models.Delivery`).
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.core.mail import EmailMessage
from django.db import transaction

from vio.common.logs import log

_log = log(__name__)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
_waiting: set[Future[None]] = set()


def send_soon(*, to: str, subject: str, text: str) -> None:
    """Sends a plain mail after the current transaction is committed; never raises for a mail server's sake."""
    message = EmailMessage(subject=" ".join(subject.split()), body=text, to=[to])
    transaction.on_commit(lambda: _start(message))


def _start(message: EmailMessage) -> None:
    started = _threads.submit(_send, message)
    _waiting.add(started)
    started.add_done_callback(_waiting.discard)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors; the address is not logged (DP-3)
        _log.warning("mail.failed", error=type(error).__name__)


def wait_for_mail(seconds: float = 10) -> None:
    """Waits until everything started was sent: for commands that end, and for tests."""
    wait(set(_waiting), timeout=seconds)
