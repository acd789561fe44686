"""Pages about the ways to a client: "Messages to me" for the client, what is safe for staff."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from groups import access
from groups.forms.contact import MessagesForm, SafeWaysForm, safe_ways_initial
from groups.models import ContactWays
from groups.services import contact_ways, programs
from groups.views.form_page import FormPage, posted
from vio.common import outbox, texting
from vio.common.errors import BadInputError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


@needs(Permission.OWN_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def my_messages(request: PageRequest) -> HttpResponseBase:
    """The client chooses how their messages come, and sees the very words that are sent."""
    client = access.own_client(request.actor, Permission.OWN_PAGES)
    form = MessagesForm(client, posted(request))
    status = 200
    if request.method == "POST":
        if form.is_valid() and _chosen(request, form, client_id=client.pk):
            messages.success(request, "Saved.")
            return redirect("my_messages")
        status = 422
    context = {
        "form": form,
        "subject": outbox.SUBJECT,
        "mail_text": outbox.BODY.format(link="…"),
        "text": texting.TEXT.format(link="…"),
        "ways": contact_ways.ways_of(client),
        "program": client.program,
    }
    return render(request, "groups/my_messages.html", context, status=status)


def _chosen(request: PageRequest, form: MessagesForm, *, client_id: UUID) -> bool:
    client = access.client_for(request.actor, client_id, Permission.OWN_PAGES)
    kept = contact_ways.ways_of(client)
    # A box that is shown and cannot be ticked says nothing about what the client wants once it can.
    wants = {
        name: getattr(kept, name) if form.fields[name].disabled else form.cleaned_data[name]
        for name in ("wants_mail", "wants_text")
    }
    try:
        contact_ways.choose_messages(actor=request.actor, client=client, **wants)
    except BadInputError as error:
        form.refuse(error)
        return False
    return True


@needs(Permission.MANAGE_ENROLMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def safe_ways(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """Which ways to a client are safe."""
    client = access.client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT)
    ways = contact_ways.ways_of(client)
    page = reverse("manage_client", args=[client.pk])

    def save(form: SafeWaysForm) -> ContactWays:
        return contact_ways.note_safe_ways(
            actor=request.actor, client=client, values=form.cleaned_data, mark=form.mark
        )

    return FormPage(
        request, program=client.program, title=f"Safe ways to {client.person.full_name}", make=SafeWaysForm, act=save,
        after=page, back=page, saved=partial(safe_ways_initial, ways),
        mark=partial(programs.seen, ways, contact_ways.SAFE_FIELDS),
        intro="Ask the client who else sees their mail and their phone. Messages go only where it is safe.",
    ).answer()  # fmt: skip
