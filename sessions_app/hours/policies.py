"""From the stored versions of a program's hours policy to what the rules take, and to words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from groups.models import Program
from sessions_app.hours import rules
from sessions_app.models import HoursPolicy
from vio.common.localtime import WeekStart

DEFAULT_COUNTABLE = sorted(str(service) for service in rules.COUNTABLE_BY_DEFAULT)


@dataclass(frozen=True)
class Versions:
    """All versions of one program's hours policy, oldest first; old weeks keep the rule they ran under."""

    rows: tuple[HoursPolicy, ...]

    def at(self, day: date) -> HoursPolicy:
        """The version in force on a local date; before the first one, the first."""
        begun = [row for row in self.rows if row.effective_from <= day]
        return begun[-1] if begun else self.rows[0]


def versions_of(program_id: UUID) -> Versions:
    """The versions of a program; one without any gets the defaults (clock hours, C11)."""
    rows = tuple(HoursPolicy.objects.filter(program=program_id).order_by("effective_from", "version"))
    return Versions(rows or (_first_version(program_id),))


def _first_version(program_id: UUID) -> HoursPolicy:
    return HoursPolicy.objects.get_or_create(
        program_id=program_id,
        version=1,
        defaults={"effective_from": date(2000, 1, 1), "countable": DEFAULT_COUNTABLE},
    )[0]


def rule_service(code: str) -> rules.ServiceType:
    """A stored service type as the rules take it; ValueError for a code nobody stores."""
    return rules.ServiceType(code)


def rule_policy(row: HoursPolicy, program: Program, *, no_show_below_minutes: int) -> rules.HoursPolicy:
    """A stored version as the rules take it; the no-show limit comes from the record's attendance policy (C5)."""
    hour: rules.HourDefinition = rules.ClockHour()
    if row.definition == "therapeutic":
        hour = rules.TherapeuticHour(row.group_minutes, row.counts_as, row.from_percent)
    return rules.HoursPolicy(
        week_start=WeekStart(program.week_start),
        countable=frozenset(rule_service(code) for code in row.countable),
        hour=hour,
        no_show_below_minutes=no_show_below_minutes,
    )


def definition_words(row: HoursPolicy) -> str:
    """What an hour is here, to stand beside every total (C12)."""
    if row.definition == "clock":
        return "1 hour = 60 minutes by the clock"
    return (
        f"1 hour = {row.counts_as} minutes; a full group of {row.group_minutes} minutes "
        f"counts as {row.counts_as}"
    )
