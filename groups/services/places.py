"""What places in a group have in common, a client's and a leader's: the lock, the dates, who is told before it counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from groups.models import Group, GroupStaff, Membership
from groups.rules import ONE_DAY, PLAN_WITHIN, Period
from groups.signals import place_given
from vio.common.errors import BadInputError, ConflictError


def lock_group(group: Group) -> Group:
    """The group's row, locked until the transaction ends."""
    return (
        Group.objects.select_for_update(of=("self",), no_key=True).select_related("program").get(pk=group.pk)
    )


def tell_given(place: Membership | GroupStaff, anyway: bool | None, now: datetime) -> None:
    """Whether the person is elsewhere at the same time, of whoever knows the meetings; they refuse by raising."""
    if anyway is not None:
        place_given.send(sender=type(place), place=place, anyway=anyway, now=now)


def check_period(period: Period, today: date) -> None:
    """Raises BadInputError for a place that begins in the past or in more than two years, or ends before it begins."""
    if period.first < today:
        raise BadInputError(
            fields={"starts_on": "Past rosters stay as they were. Choose today or a later date."}
        )
    if period.first - today > PLAN_WITHIN:
        raise BadInputError(fields={"starts_on": "Choose a date within two years of today."})
    if period.last is not None and period.last < period.first:
        raise BadInputError(fields={"ends_on": "The last day cannot be before the first."})


def refuse_second_place(places: QuerySet[Any], period: Period, who: str) -> None:
    """Raises ConflictError `place_overlaps` when one of these places is in force in that time already."""
    if any(Period(p.starts_on, p.ends_on).overlaps(period) for p in places):
        message = f"{who} has a place in this group at that time already."
        raise ConflictError(message, code="place_overlaps", fields={"starts_on": message})


def check_ending(row: Membership | GroupStaff | None, ends_on: date, today: date) -> None:
    """Raises ConflictError for a place that has ended, BadInputError for a last day that would change a past roster."""
    if row is None or (row.ends_on is not None and row.ends_on < today):
        raise ConflictError("This place has ended already.", code="place_ended")
    if ends_on < today - ONE_DAY:
        raise BadInputError(
            fields={"ends_on": "Past rosters stay as they were. The earliest last day is yesterday."}
        )
    if row.ends_on is not None and ends_on > row.ends_on:
        raise BadInputError(fields={"ends_on": "This place ends earlier already."})
    if ends_on - today > PLAN_WITHIN:
        raise BadInputError(fields={"ends_on": "Choose a date within two years of today."})


def shorten(place: Membership | GroupStaff, ends_on: date) -> bool:
    """Writes the last day; a place that would begin after it is taken back (False)."""
    if place.starts_on > ends_on:
        place.__class__._default_manager.filter(pk=place.pk).delete()
        return False
    place.ends_on = ends_on
    place.save(update_fields=["ends_on"])
    return True
