"""The clients of a program, and one client's page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from checkins.forms import SearchForm
from checkins.selectors.chart import client_page as page_of
from checkins.selectors.roster import roster
from groups.access import client_for
from vio.common import audit
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SEE_CLIENTS)
def client_list(request: PageRequest) -> HttpResponseBase:
    """Everybody in reach, by name. A search is sent by POST and changes nothing."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    query = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    rows = roster(request.actor, query, now=timezone.now())
    context = {"here": "clients", "form": form, "rows": rows, "query": query}
    template = "checkins/_clients.html" if request.htmx else "checkins/clients.html"
    return render(request, template, context)


@require_safe
@needs(Permission.SEE_CLIENTS)
def client_page(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """One client: trend, sessions, hours, notes and alerts on one axis. The view is on record."""
    now = timezone.now()
    client = client_for(request.actor, client_id, Permission.SEE_CLIENTS, now=now)
    if client.person_id == request.actor.person_id:
        raise NotFoundError  # one's own chart is read through one's own pages
    audit.record(
        actor=request.actor,
        action="client.viewed",
        program_id=client.program_id,
        subject=client,
        client_id=client.pk,
    )
    context = {
        "here": "clients",
        "now": now,
        "page": page_of(request.actor, client, now=now),
        "zone": client.program.zone,
    }
    return render(request, "checkins/client_page.html", context)
