"""A client says that they come later or cannot come, and takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from groups.models import Client
from groups.selectors import today_of
from groups.services.enrolment import lock_chart
from sessions_app.coming.models import ABSENT, LATE, MINUTES
from sessions_app.coming.selectors import notice_of
from sessions_app.models import ArrivalNotice, PresenceEvidence, Session
from sessions_app.selectors import is_expected
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.permissions import Permission
from vio.common.realtime import ring_on_commit

REASON_LENGTH = 500


@dataclass(frozen=True)
class Word:
    """What a client says: `minutes` late, or with None that they cannot come; a reason if they like."""

    minutes: int | None
    reason: str = ""

    @property
    def kind(self) -> str:
        """As it is stored."""
        return ABSENT if self.minutes is None else LATE

    def problems(self) -> dict[str, str]:
        """{field: what is wrong with it}."""
        found = {}
        if self.minutes is not None and self.minutes not in MINUTES:
            found["minutes"] = "Choose 5, 10 or 20 minutes."
        if len(self.reason) > REASON_LENGTH:
            found["reason"] = f"At most {REASON_LENGTH} letters, please."
        return found


@transaction.atomic
def give_notice(
    *, actor: Actor, session: Session, client: Client, word: Word, now: datetime
) -> ArrivalNotice:
    """Keeps what the client says in place of what they said before; the same again changes nothing.

    Raises NotAllowedError for anybody but the client, NotFoundError for one who is not expected, BadInputError (fields),
    ConflictError when the session is over, called off, on another day (being late), or the client is there already.
    """
    _require_self(actor, client)
    tidy = Word(word.minutes, word.reason.strip())
    if problems := tidy.problems():
        raise BadInputError(fields=problems)
    lock_chart(client)
    if not is_expected(session, client.pk):
        raise NotFoundError
    _require_to_come(session, client, tidy, now)
    held = notice_of(session.pk, client.pk)
    if held is not None and (held.minutes, held.reason) == (tidy.minutes, tidy.reason):
        return held
    if held is not None:
        ArrivalNotice.objects.filter(pk=held.pk, withdrawn_at=None).update(withdrawn_at=now)
    row = ArrivalNotice.objects.create(
        program_id=session.program_id, session=session, client=client, kind=tidy.kind, minutes=tidy.minutes,
        reason=tidy.reason, said_at=now,
    )  # fmt: skip
    _tell(actor, "arrival.notice_given", row, minutes=tidy.minutes)
    return row


@transaction.atomic
def withdraw_notice(*, actor: Actor, session: Session, client: Client, now: datetime) -> bool:
    """Takes back what the client said: they come after all. False when nothing was said, or it was taken back before."""
    _require_self(actor, client)
    lock_chart(client)
    held = notice_of(session.pk, client.pk)
    if held is None:
        return False
    ArrivalNotice.objects.filter(pk=held.pk, withdrawn_at=None).update(withdrawn_at=now)
    _tell(actor, "arrival.notice_withdrawn", held)
    return True


def _require_self(actor: Actor, client: Client) -> None:
    actor.require(Permission.OWN_PAGES, client.program_id)
    if actor.person_id != client.person_id:
        raise NotAllowedError


def _require_to_come(session: Session, client: Client, word: Word, now: datetime) -> None:
    over = session.status in {Session.Status.ENDED, Session.Status.CANCELLED} or session.ends_at <= now
    if over or session.ended_at is not None:
        raise ConflictError("This session is over or was called off.", code="session_over")
    if word.kind == LATE and session.local_date != today_of(client.program, now):
        raise ConflictError("You can say that you will be late on the day itself.", code="too_early")
    if PresenceEvidence.objects.filter(session=session, client=client).exists():
        raise ConflictError("You are there already.", code="there_already")


def _tell(actor: Actor, action: str, row: ArrivalNotice, **details: int | None) -> None:
    audit.record(
        actor=actor, action=action, program_id=row.program_id, subject=row, client_id=row.client_id,
        details={"kind": row.kind, **details},
    )  # fmt: skip
    ring_on_commit(f"desk:{row.program_id}", {"kind": "session", "id": str(row.session_id)})
