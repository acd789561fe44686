"""Your sign-in: password, second step, recovery codes, time zone, signing out everywhere."""

from __future__ import annotations

from typing import cast
from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from groups import access, factors, logins
from groups.models import Person
from groups.services import accounts
from groups.sign_in import end_other_logins
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

US_ZONES = (
    ("America/New_York", "Eastern time"),
    ("America/Chicago", "Central time"),
    ("America/Denver", "Mountain time"),
    ("America/Phoenix", "Arizona"),
    ("America/Los_Angeles", "Pacific time"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("America/Puerto_Rico", "Puerto Rico"),
)


def _zones() -> list[tuple[str, list[tuple[str, str]]]]:
    others = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [("United States", list(US_ZONES)), ("Everywhere", [(z, z.replace("_", " ")) for z in others])]


class ZoneForm(forms.Form):
    """In which zone a person reads times."""

    timezone = forms.ChoiceField(label="Show times in", choices=_zones)


def person_of(request: PageRequest) -> Person:
    """Who is signed in; views marked `signed_in` have somebody."""
    return cast("Person", request.user)


@require_GET
@needs(Permission.SIGNED_IN)
def overview(request: PageRequest) -> HttpResponseBase:
    """Everything about one's own sign-in on one page."""
    person = person_of(request)
    mine = Authenticator.objects.filter(user_id=person.pk)
    context = {
        "person": person,
        "app": mine.filter(type=Authenticator.Type.TOTP).first(),
        "passkeys": [
            {"pk": row.pk, "name": row.wrap().name, "last_used_at": row.last_used_at, "added": row.created_at}
            for row in mine.filter(type=Authenticator.Type.WEBAUTHN).order_by("created_at")
        ],
        "codes_left": factors.recovery_codes_left(person),
        "has_factor": not factors.second_factor_missing(person),
        "zone_form": ZoneForm(initial={"timezone": person.timezone}),
        "away_in": access.programs_for(request.actor, Permission.OWN_ABSENCES).order_by("name"),
        "may_have_tokens": bool(request.actor.roles),
        "now": timezone.now(),
    }
    return render(request, "account/overview.html", context)


@require_GET
@needs(Permission.SIGNED_IN)
def second_factor(request: PageRequest) -> HttpResponseBase:
    """The one step that staff must do before anything else (AU-2); an offer to clients."""
    person = person_of(request)
    if not factors.second_factor_missing(person):
        return redirect("mfa_index")
    return render(request, "account/second_factor.html", {"required": logins.holds_staff_role(person)})


@require_http_methods(["GET", "POST"])
@needs(Permission.SIGNED_IN, fresh=True)
def recovery_codes(request: PageRequest) -> HttpResponseBase:
    """Makes new recovery codes and shows them in this one answer."""
    person = person_of(request)
    if factors.second_factor_missing(person):
        return redirect("second_factor")
    codes: list[str] = []
    if request.method == "POST":
        codes = factors.make_recovery_codes(person)
        end_other_logins(request, person, reason="factor.codes")
    context = {"codes": codes, "codes_left": factors.recovery_codes_left(person)}
    return render(request, "account/recovery_codes.html", context)


@require_POST
@needs(Permission.SIGNED_IN)
def sign_out_everywhere(request: PageRequest) -> HttpResponseBase:
    """Ends every login of this person, this one included."""
    accounts.end_logins(
        person=person_of(request), actor=request.actor, now=timezone.now(), reason="everywhere"
    )
    logout(request)
    return redirect("/")


@require_POST
@needs(Permission.SIGNED_IN)
def set_timezone(request: PageRequest) -> HttpResponseBase:
    """Changes the zone in which this person reads times."""
    form = ZoneForm(request.POST)
    if form.is_valid():
        accounts.set_timezone(
            person=person_of(request), timezone=form.cleaned_data["timezone"], actor=request.actor
        )
        messages.success(request, "Saved. Times are shown in your zone.")
    else:
        messages.error(request, "We do not know that time zone. Please choose one of the list.")
    return redirect("mfa_index")
