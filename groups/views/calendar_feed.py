"""The page of one's own calendar address: make it, make it anew, end it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from groups.models import CalendarFeed
from groups.services import calendar_feeds
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


@require_http_methods(["GET", "POST"])
@needs(Permission.SIGNED_IN)
def calendar(request: PageRequest) -> HttpResponseBase:
    """Whether there is an address; POST makes one, shown in this one answer only."""
    address = ""
    if request.method == "POST":
        raw = calendar_feeds.make_feed(actor=request.actor, now=timezone.now())
        address = settings.ORIGINS[0] + reverse("calendar_feed", args=[raw])
    feed = CalendarFeed.objects.filter(person_id=request.actor.who).first()
    return render(request, "account/calendar.html", {"feed": feed, "address": address})


@require_POST
@needs(Permission.SIGNED_IN)
def calendar_end(request: PageRequest) -> HttpResponseBase:
    """Ends the address at once."""
    if calendar_feeds.end_feed(actor=request.actor):
        messages.success(
            request, "The calendar address has ended. Calendars that used it stay empty from now on."
        )
    return redirect("calendar")
