"""The group agreement for clients: read it, accept it, go on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from groups import access
from groups.models import Agreement
from groups.selectors import agreement_needed, current_agreement
from groups.services.agreements import accept_agreement
from vio.common.errors import ConflictError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


@needs(Permission.OWN_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: PageRequest) -> HttpResponseBase:
    """The current text; POST with its `version` accepts it and leads to `next` (a place of ours only)."""
    client = access.own_client(request.actor, Permission.OWN_PAGES)
    current = current_agreement(client.program_id)
    after = _safe_next(request)
    if current is None:
        return render(request, "groups/agreement.html", {"agreement": None, "next": after})
    status, problem = 200, ""
    if request.method == "POST":
        if request.POST.get("version") == str(current.version):
            accept_agreement(actor=request.actor, client=client, agreement=current, now=timezone.now())
            return redirect(after or "/")
        status, problem = 409, ConflictError("This text is newer. Please read it, then accept it.").message
    context = {
        "agreement": current,
        "accepted_at": _accepted_at(client.pk, current) if agreement_needed(client) is None else None,
        "zone": client.program.zone,
        "next": after,
        "problem": problem,
    }
    return render(request, "groups/agreement.html", context, status=status)


def _accepted_at(client_id: UUID, current: Agreement) -> datetime | None:
    return current.acceptances.filter(client=client_id).values_list("at", flat=True).first()


def _safe_next(request: PageRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if fits and wanted.startswith("/") else ""
