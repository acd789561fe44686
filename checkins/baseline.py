"""A client's own usual: the daily values of the fourteen local dates before today (A5, A6, C8)."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Max, Min

from checkins import rules
from checkins.models import CheckIn, RoundAnswer
from groups.models import Client


def inputs_for(client: Client, today: date, answers: rules.CheckIn) -> rules.Inputs:
    """What the rules look at for answers of `today`: several of one day count with their most severe values (C8).

    What a client told in a go-round and ticked to be kept is part of its day like a check-in.
    """
    days = _days(client, today - timedelta(days=rules.BASELINE_DAYS), today)
    return rules.Inputs(
        today=answers,
        earlier_urges=tuple(urge for urge, _ in days),
        earlier_moods=tuple(mood for _, mood in days),
    )


def _days(client: Client, first: date, end: date) -> list[tuple[int, int]]:
    """The highest urge and the lowest mood of each local date from `first` to before `end`, in order."""
    found: dict[date, tuple[int, int]] = {}
    for told in (CheckIn, RoundAnswer):
        rows = told.objects.filter(client=client, local_date__gte=first, local_date__lt=end)
        for day, urge, mood in (
            rows.values("local_date")
            .annotate(highest=Max("urge"), lowest=Min("mood"))
            .values_list("local_date", "highest", "lowest")
        ):
            known_urge, known_mood = found.get(day, (urge, mood))
            found[day] = (max(urge, known_urge), min(mood, known_mood))
    return [found[day] for day in sorted(found)]
