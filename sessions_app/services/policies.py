"""Writes about the counting rules of a program: new versions from a date on; an old version is never changed.

A session is counted by the version in force on its local date, so that old weeks keep the rule they ran under.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max

from groups.models import Program, ServiceType
from groups.selectors import today_of
from sessions_app.models import AttendancePolicy, HoursPolicy
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission

ATTENDANCE_FIELDS = (
    "bridge_gap_seconds",
    "late_after_seconds",
    "left_early_seconds",
    "no_show_below_minutes",
    "attended_percent",
    "attribution",
)
HOURS_FIELDS = ("definition", "group_minutes", "counts_as", "from_percent", "countable", "proration")
Policy = TypeVar("Policy", AttendancePolicy, HoursPolicy)


def add_attendance_policy(
    *, actor: Actor, program: Program, effective_from: date, values: Mapping[str, Any], now: datetime,
    after_version: int | None = None,
) -> AttendancePolicy:  # fmt: skip
    """The next version of the attendance rules (R4, R7, R8, R10); raises as `_add`."""
    return _add(
        model=AttendancePolicy, names=ATTENDANCE_FIELDS, actor=actor, program=program,
        effective_from=effective_from, values=values, now=now, after_version=after_version,
    )  # fmt: skip


def add_hours_policy(
    *, actor: Actor, program: Program, effective_from: date, values: Mapping[str, Any], now: datetime,
    after_version: int | None = None,
) -> HoursPolicy:  # fmt: skip
    """The next version of what an hour is and what counts (C11, C12); raises as `_add`."""
    unknown = set(values.get("countable", [])) - set(ServiceType.values)
    if unknown:
        raise BadInputError(fields={"countable": "Choose kinds of service from the list."})
    return _add(
        model=HoursPolicy, names=HOURS_FIELDS, actor=actor, program=program, effective_from=effective_from,
        values=values, now=now, after_version=after_version,
    )  # fmt: skip


@transaction.atomic
def _add(
    *, model: type[Policy], names: tuple[str, ...], actor: Actor, program: Program, effective_from: date,
    values: Mapping[str, Any], now: datetime, after_version: int | None,
) -> Policy:  # fmt: skip
    """Raises BadInputError for a date before tomorrow or before the last version's, ConflictError behind another's back."""
    actor.require(Permission.MANAGE_PROGRAM, program.pk)
    Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    rows = model._default_manager.filter(program=program)
    last = rows.aggregate(version=Max("version"), on=Max("effective_from"))
    version = int(last["version"] or 0)
    if after_version is not None and after_version != version:
        raise ConflictError("A newer version was added meanwhile. Please look at it first.")
    _check_date(effective_from, last["on"], today_of(program, now), is_first=version == 0)
    policy = model(
        program=program,
        version=version + 1,
        effective_from=effective_from,
        **{name: values[name] for name in names if name in values},
    )
    policy.save()
    audit.record(
        actor=actor,
        action=f"{model._meta.model_name}.added",
        program_id=program.pk,
        subject=policy,
        details={"version": policy.version},
    )
    return policy


def _check_date(effective_from: date, last: date | None, today: date, *, is_first: bool) -> None:
    if is_first:
        return
    if effective_from <= today:
        raise BadInputError(
            fields={"effective_from": "Days that were counted keep their rule. Choose tomorrow or later."}
        )
    if last is not None and effective_from < last:
        raise BadInputError(
            fields={"effective_from": "A later version is planned; choose that day or after."}
        )
    if effective_from > today + timedelta(days=2 * 366):
        raise BadInputError(fields={"effective_from": "Choose a date within two years of today."})
