"""The last units of an authorisation have begun: the primary clinician hears of it once (R12)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from groups.models import Program
from groups.selectors import today_of
from sessions_app.followup.misses import RULE_VERSION
from sessions_app.followup.watch import tell_owner
from sessions_app.hours.authorisations import standings
from sessions_app.models import Authorisation, Flag
from vio.common.actors import Actor
from vio.common.permissions import Permission

KIND = "authorisation_low"


def watch_authorisations(*, actor: Actor, now: datetime) -> int:
    """Raises one flag per authorisation in force that is low or used up; takes it back when more was authorised.

    Returns how many are new. Safe to run twice and side by side: the flag's unique key decides.
    """
    return sum(_watch_program(program, actor, now) for program in Program.objects.order_by("pk"))


def _watch_program(program: Program, actor: Actor, now: datetime) -> int:
    actor.require(Permission.SYSTEM, program.pk)
    today = today_of(program, now)
    found = Authorisation.objects.filter(program=program, starts_on__lte=today, ends_on__gte=today)
    rows = standings(program, list(found.select_related("coverage__payer", "client__program")), now=now)
    low = [row.authorisation for row in rows if row.state in {"low", "used_up"}]
    fine = [row.authorisation.pk for row in rows if row.state == "running"]
    Flag.objects.filter(kind=KIND, subject__in=fine, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_because="no_longer_true"
    )
    return sum(_raise(one, now) for one in low)


@transaction.atomic
def _raise(found: Authorisation, now: datetime) -> int:
    # The period is the version: more units that run low again are news again.
    flag, made = Flag.objects.get_or_create(
        kind=KIND,
        client_id=found.client_id,
        subject=found.pk,
        period=f"v{found.version}",
        rule_version=RULE_VERSION,
        defaults={"program_id": found.program_id, "due_at": now, "raised_at": now},
    )
    if made:
        tell_owner(found.client, flag, now, path=f"/hours/clients/{found.client_id}/authorisations/")
    return int(made)
