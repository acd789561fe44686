"""From rows to the values that `timetable.rules` works on, and whom a change concerns; a fixed number of queries each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from groups.models import Enrolment, Membership, Series
from groups.rules import Period
from groups.selectors import timetable_of
from sessions_app.models import Session, SessionBreak
from sessions_app.timetable.rules import Planned, There, Wish


def wish_of(series: Series) -> Wish:
    """What a series says now; raises `calendars.RuleError` if its rule cannot be read."""
    holidays = frozenset(holiday.on for holiday in series.program.holidays.all())
    return Wish(timetable_of(series), series.title, series.service_type, series.group.is_active, holidays)


def not_begun(series_id: UUID, now: datetime) -> QuerySet[Session]:
    """The sessions of a series that a change of it may still reach, in order of time, with their planned breaks."""
    planned = SessionBreak.objects.exclude(planned_start=None).order_by("planned_start")
    return (
        Session.objects.filter(
            series=series_id,
            occurrence__isnull=False,
            status__in=[Session.Status.SCHEDULED, Session.Status.CANCELLED],
            started_at=None,
            starts_at__gt=now,
        )
        .order_by("starts_at", "pk")
        .prefetch_related(Prefetch("breaks", queryset=planned, to_attr="planned_breaks"))
    )


def there_of(session: Session) -> There:
    """One of those sessions as a value."""
    breaks: list[SessionBreak] = session.planned_breaks  # type: ignore[attr-defined]  # prefetched
    pauses = tuple((b.planned_start, b.planned_end) for b in breaks if b.planned_start and b.planned_end)
    assert session.occurrence is not None  # noqa: S101  # the query asked for it; tells the type checker
    return There(
        session.pk,
        session.occurrence,
        Planned(session.starts_at, session.ends_at, session.title, session.service_type, pauses),
        cancelled=session.status == Session.Status.CANCELLED,
        follows_series=session.follows_series,
        for_holiday=bool(session.holiday),
    )


def clients_on(group_id: UUID, days: Collection[date]) -> frozenset[UUID]:
    """The clients of a group who are expected on at least one of these dates (member and enrolled); two queries."""
    if not days:
        return frozenset()
    places = list(
        Membership.objects.filter(group=group_id, starts_on__lte=max(days))
        .exclude(ends_on__lt=min(days))
        .values_list("client_id", "starts_on", "ends_on")
    )
    episodes: dict[UUID, list[Period]] = {}
    rows = Enrolment.objects.filter(client__in={client for client, _, _ in places})
    for client, first, last in rows.values_list("client_id", "starts_on", "ends_on"):
        episodes.setdefault(client, []).append(Period(first, last))
    return frozenset(
        client
        for client, first, last in places
        if _together(Period(first, last), episodes.get(client, ()), days)
    )


def _together(place: Period, episodes: Iterable[Period], days: Collection[date]) -> bool:
    spans = list(episodes)
    return any(place.covers(on) and any(span.covers(on) for span in spans) for on in days)
