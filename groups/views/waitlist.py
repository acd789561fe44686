"""Pages of the waitlist: staff add, move and take off; the client answers an offer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from groups import access
from groups.forms.base import ManageForm
from groups.forms.waitlist import MoveForm, WaitForm
from groups.models import Group, WaitlistEntry
from groups.rules import ONE_DAY
from groups.selectors import today_of
from groups.services import offers, waitlist
from groups.views.form_page import FormPage
from groups.waiting import offers_to, times_of
from vio.common.errors import BadInputError, ConflictError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

MANAGE = Permission.MANAGE_GROUPS
change = require_http_methods(["GET", "HEAD", "POST"])


def _page(group: Group) -> str:
    return reverse("manage_group", args=[group.pk])


@needs(MANAGE)
@change
def waitlist_add(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """A client waits for a place."""
    group = access.group_for(request.actor, group_id, MANAGE)

    def make(*args: object, **kwargs: object) -> WaitForm:
        return WaitForm(group.program, *args, **kwargs)

    def save(form: WaitForm) -> WaitlistEntry:
        client = access.client_for(request.actor, UUID(form.cleaned_data["client"]), MANAGE)
        return waitlist.add_to_waitlist(actor=request.actor, group=group, client=client, now=timezone.now())

    return FormPage(
        request, program=group.program, title=f"Waitlist of {group.name}", make=make, act=save, after=_page(group),
        back=_page(group), submit="Put on the list", done="On the list.",
        intro=f"A free place is offered by itself, first come, first served, for {group.program.offer_hours} hours.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def waitlist_move(request: PageRequest, waitlist_entry_id: UUID) -> HttpResponseBase:
    """Somebody goes before the others, for a reason."""
    entry = access.waitlist_entry_for(request.actor, waitlist_entry_id, MANAGE)

    def save(form: MoveForm) -> WaitlistEntry:
        return waitlist.move_ahead(
            actor=request.actor, entry=entry, reason=form.cleaned_data["reason"], now=timezone.now()
        )

    return FormPage(
        request, program=entry.program, title=f"Move {entry.client.person.full_name} to the front", make=MoveForm,
        act=save, after=_page(entry.group), back=_page(entry.group), submit="Move to the front", done="Moved.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def waitlist_take_off(request: PageRequest, waitlist_entry_id: UUID) -> HttpResponseBase:
    """Somebody waits no longer."""
    entry = access.waitlist_entry_for(request.actor, waitlist_entry_id, MANAGE)

    def save(form: ManageForm) -> None:
        waitlist.take_off(actor=request.actor, entry=entry, now=timezone.now())

    return FormPage(
        request, program=entry.program, title=f"Take {entry.client.person.full_name} off the list?", make=ManageForm,
        act=save, after=_page(entry.group), back=_page(entry.group), submit="Take off the list", danger=True,
        done="Off the list.", intro="An offer that is open is taken back.",
    ).answer()  # fmt: skip


@needs(Permission.OWN_PAGES)
@require_safe
def my_offers(request: PageRequest) -> HttpResponseBase:
    """The places that are free for the client, each to take or leave with one tap."""
    client = access.own_client(request.actor, Permission.OWN_PAGES)
    now = timezone.now()
    begins = today_of(client.program, now) + ONE_DAY
    context = {
        "offers": [(offer, times_of(offer.group, begins)) for offer in offers_to(client, now=now)],
        "begins": begins,
        "zone": client.program.zone,
        "now": now,
    }
    return render(request, "groups/my_offers.html", context)


@needs(Permission.OWN_PAGES)
@require_POST
def answer_offer(request: PageRequest, seat_offer_id: UUID) -> HttpResponseBase:
    """`answer` = yes, later (stay on the list) or no."""
    offer = access.own_offer(request.actor, seat_offer_id)
    now, answer = timezone.now(), request.POST.get("answer", "")
    if answer not in {"yes", "later", "no"}:
        raise BadInputError(code="unknown_answer")
    try:
        if answer == "yes":
            offers.accept_offer(actor=request.actor, offer=offer, now=now)
            messages.success(request, f"You have a place in {offer.group.name}. It begins tomorrow.")
        else:
            offers.decline_offer(actor=request.actor, offer=offer, stay=answer == "later", now=now)
            messages.success(request, "Thank you. Somebody else gets the place.")
    except ConflictError as error:
        messages.warning(request, error.message)
    return redirect("my_offers")
