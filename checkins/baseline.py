"""A client's own usual: the daily values of the fourteen local dates before today (A5, A6, C8)."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Max, Min

from checkins import rules
from checkins.models import CheckIn
from groups.models import Client


def inputs_for(client: Client, today: date, answers: rules.CheckIn) -> rules.Inputs:
    """What the rules look at for a check-in of `today`: several of one day count with their most severe values (C8)."""
    days = list(
        CheckIn.objects.filter(
            client=client,
            local_date__gte=today - timedelta(days=rules.BASELINE_DAYS),
            local_date__lt=today,
        )
        .values("local_date")
        .annotate(highest_urge=Max("urge"), lowest_mood=Min("mood"))
        .order_by("local_date")
    )
    return rules.Inputs(
        today=answers,
        earlier_urges=tuple(day["highest_urge"] for day in days),
        earlier_moods=tuple(day["lowest_mood"] for day in days),
    )
