"""The start page: clients find tonight, staff are sent to their board."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from checkins.selectors.home import home_of
from checkins.selectors.week import week_drawing
from groups.access import own_client
from groups.factors import second_factor_missing
from groups.logins import holds_staff_role
from groups.models import Person
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission, Role


@require_safe
@needs(Permission.SIGNED_IN)
def home(request: PageRequest) -> HttpResponseBase:
    """A client's home; staff go to the tonight board, people who only administer to the program's pages."""
    actor = request.actor
    if actor.is_staff:
        roles = frozenset(role for held in actor.roles.values() for role in held)
        return redirect("manage" if roles <= {Role.ADMIN} else "tonight")
    if not actor.may_somewhere(Permission.OWN_PAGES):
        return _no_place_yet(request)
    now = timezone.now()
    client = own_client(actor, Permission.OWN_PAGES)
    local = now.astimezone(client.program.zone)
    context = {
        "here": "tonight",
        "now": now,
        "home": home_of(actor, client, now=now),
        "week": week_drawing(client, now=now),
        "zone": client.program.zone,
        "greeting": _greeting(local.hour),
    }
    return render(request, "checkins/home.html", context)


def _no_place_yet(request: PageRequest) -> HttpResponseBase:
    """Somebody signed in without a place: staff who still owe a second factor, or a person whose role ended."""
    person = request.user
    if isinstance(person, Person) and holds_staff_role(person) and second_factor_missing(person):
        return redirect("second_factor")
    return render(request, "checkins/no_place.html")


def _greeting(hour: int) -> str:
    if 5 <= hour < 12:
        return "Good morning"
    return "Good afternoon" if 12 <= hour < 17 else "Good evening"
