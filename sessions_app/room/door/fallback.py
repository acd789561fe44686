"""How a group meets when the room fails: a phone bridge or another link, written down before it is needed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from groups.rules import fallback_problems
from sessions_app.models import Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError
from vio.common.permissions import Permission


@dataclass(frozen=True)
class Fallback:
    """Another way to meet; at least the phone or the link is there."""

    phone: str
    code: str
    link: str


FIELDS = ("fallback_phone", "fallback_code", "fallback_link")


def fallback_of(session: Session) -> Fallback | None:
    """The way for this session: its own when one is written there, else the group's; None when nobody wrote one."""
    for place in (session, session.group):
        if place.fallback_phone or place.fallback_link:
            return Fallback(place.fallback_phone, place.fallback_code, place.fallback_link)
    return None


@transaction.atomic
def set_fallback(*, actor: Actor, session: Session, phone: str, code: str, link: str) -> Session:
    """Writes another way to meet for this one session; all empty gives it back to the group's.

    Raises NotAllowedError without the right to manage groups, BadInputError (fields) for what nobody could call or open.
    """
    actor.require(Permission.MANAGE_GROUPS, session.program_id)
    given = (phone.strip(), code.strip(), link.strip())
    if problems := fallback_problems(*given):
        raise BadInputError(fields=problems)
    row = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
    row.fallback_phone, row.fallback_code, row.fallback_link = given
    row.save(update_fields=list(FIELDS))
    audit.record(
        actor=actor,
        action="session.fallback_set",
        program_id=row.program_id,
        subject=row,
        details={"phone": bool(phone), "link": bool(link)},
    )
    return row
