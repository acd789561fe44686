"""Pages of payers and authorisations: the payers of a program, one client's authorisations, those that run out."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from groups.access import client_for, program_for, program_or_first
from groups.views.form_page import FormPage
from groups.views.manage import change, look
from sessions_app.hours import authorisations, payer_forms, paying
from sessions_app.hours.authorisations import authorisation_for, coverage_for, payer_for
from sessions_app.models import Authorisation, Coverage, Payer
from vio.common import audit
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

PER_PAGE = 40
PROGRAM, ENROLMENT, SEE = Permission.MANAGE_PROGRAM, Permission.MANAGE_ENROLMENT, Permission.SEE_HOURS


# --- payers of a program -------------------------------------------------------------------------------------


@needs(PROGRAM)
@look
def payers(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """The payers of a program with their rules."""
    program = program_for(request.actor, program_id, PROGRAM)
    rows = Payer.objects.filter(program=program).order_by("-is_active", "name")
    return render(request, "sessions_app/hours/payers.html", {"program_managed": program, "payers": rows})


@needs(PROGRAM)
@change
def payer_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """A payer with its rule."""
    program = program_for(request.actor, program_id, PROGRAM)
    back = reverse("manage_payers", args=[program.pk])

    def save(form: payer_forms.PayerForm) -> Payer:
        return paying.add_payer(actor=request.actor, program=program, values=form.cleaned_data)

    return FormPage(
        request, program=program, title="New payer", make=payer_forms.PayerForm, act=save, after=back, back=back,
        submit="Add this payer", done="The payer was added.",
        saved=lambda: {name: getattr(Payer(), name) for name in (*paying.TERMS, "warn_units", "is_active")},
    ).answer()  # fmt: skip


@needs(PROGRAM)
@change
def payer_change(request: PageRequest, payer_id: UUID) -> HttpResponseBase:
    """Name, code and warning of a payer."""
    payer = payer_for(request.actor, payer_id, PROGRAM)
    back = reverse("manage_payers", args=[payer.program_id])

    def save(form: payer_forms.PayerChangeForm) -> Payer:
        return paying.change_payer(actor=request.actor, payer=payer, values=form.cleaned_data)

    return FormPage(
        request, program=payer.program, title=f"Change {payer.name}", make=payer_forms.PayerChangeForm, act=save,
        after=back, back=back, saved=lambda: {name: getattr(payer, name) for name in paying.CHANGEABLE},
        intro=f"Its rule stays: {payer.get_rule_display()}.",
    ).answer()  # fmt: skip


# --- one client ----------------------------------------------------------------------------------------------


@needs(SEE)
@require_safe
def client_authorisations(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """Who pays for a client, what was authorised, used and planned, and when it runs out."""
    client = client_for(request.actor, client_id, SEE)
    now = timezone.now()
    rows = authorisations.client_rows(client, now=now)
    coverages = Coverage.objects.filter(client=client).select_related("payer").order_by("-starts_on")
    audit.record(
        actor=request.actor, action="authorisations.viewed", program_id=client.program_id, subject=client,
        client_id=client.pk,
    )  # fmt: skip
    may_change = request.actor.may(ENROLMENT, client.program_id)
    context = {"client": client, "rows": rows, "coverages": coverages, "may_change": may_change}
    return render(request, "sessions_app/hours/authorisations.html", context)


def _of(client_id: UUID) -> str:
    return reverse("client_authorisations", args=[client_id])


@needs(ENROLMENT)
@change
def coverage_new(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """A payer covers a client from a date on."""
    client = client_for(request.actor, client_id, ENROLMENT)

    def save(form: payer_forms.CoverageForm) -> Coverage:
        c = form.cleaned_data
        payer = Payer.objects.filter(pk=c["payer"], program=client.program_id).first()
        if payer is None:
            raise NotFoundError
        return paying.cover_client(
            actor=request.actor, client=client, payer=payer, starts_on=c["starts_on"], ends_on=c["ends_on"],
            member_number=c["member_number"],
        )  # fmt: skip

    return FormPage(
        request, program=client.program, title=f"Who pays for {client.person.full_name}",
        make=partial(payer_forms.CoverageForm, program=client.program), act=save, after=_of(client.pk),
        back=_of(client.pk), submit="Add this payer", done="Noted.",
    ).answer()  # fmt: skip


@needs(ENROLMENT)
@change
def coverage_end(request: PageRequest, coverage_id: UUID) -> HttpResponseBase:
    """The last day a payer pays for a client."""
    coverage = coverage_for(request.actor, coverage_id, ENROLMENT)
    back = _of(coverage.client_id)

    def save(form: payer_forms.CoverageEndForm) -> Coverage:
        ends_on = form.cleaned_data["ends_on"]
        return paying.end_coverage(actor=request.actor, coverage=coverage, ends_on=ends_on)

    return FormPage(
        request, program=coverage.client.program, title=f"{coverage.payer.name} no longer pays",
        make=payer_forms.CoverageEndForm, act=save, after=back, back=back, submit="Set the last day",
        saved=lambda: {"ends_on": coverage.ends_on},
    ).answer()  # fmt: skip


@needs(ENROLMENT)
@change
def authorisation_new(request: PageRequest, coverage_id: UUID) -> HttpResponseBase:
    """What a payer authorised for a client."""
    coverage = coverage_for(request.actor, coverage_id, ENROLMENT)
    back = _of(coverage.client_id)

    def save(form: payer_forms.AuthorisationForm) -> Authorisation:
        c = form.cleaned_data
        return paying.add_authorisation(
            actor=request.actor, coverage=coverage, units=c["units"], starts_on=c["starts_on"],
            ends_on=c["ends_on"], number=c["number"], now=timezone.now(),
        )  # fmt: skip

    return FormPage(
        request, program=coverage.client.program, title=f"Authorised by {coverage.payer.name}",
        make=payer_forms.AuthorisationForm, act=save, after=back, back=back, submit="Add it", done="Noted.",
        intro=f"Units: {coverage.payer.get_rule_display()}.",
    ).answer()  # fmt: skip


@needs(ENROLMENT)
@change
def authorisation_change(request: PageRequest, authorisation_id: UUID) -> HttpResponseBase:
    """The payer authorised more, or another last day."""
    found = authorisation_for(request.actor, authorisation_id, ENROLMENT)
    back = _of(found.client_id)

    def save(form: payer_forms.AuthorisationChangeForm) -> Authorisation:
        c, seen = form.cleaned_data, form.mark or ""
        return paying.change_authorisation(
            actor=request.actor, authorisation=found, units=c["units"], ends_on=c["ends_on"],
            seen_version=int(seen) if seen.isdecimal() and seen.isascii() else None,
        )  # fmt: skip

    return FormPage(
        request, program=found.client.program, title="Change an authorisation",
        make=payer_forms.AuthorisationChangeForm, act=save, after=back, back=back,
        saved=lambda: {"units": found.units, "ends_on": found.ends_on}, mark=lambda: str(found.version),
    ).answer()  # fmt: skip


# --- the program ---------------------------------------------------------------------------------------------


@needs(SEE)
@require_safe
def running_out(request: PageRequest) -> HttpResponseBase:
    """Authorisations of the program that run out soon, in pages; `?all=1` shows every one in force."""
    program = program_or_first(request.actor, _uuid(request.GET.get("program", "")), SEE)
    everything = request.GET.get("all") == "1"
    rows = authorisations.running_out(request.actor, program, now=timezone.now(), all_of_them=everything)
    audit.record(actor=request.actor, action="authorisations.viewed", program_id=program.pk)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"program": program, "rows": page.object_list, "page": page, "everything": everything}
    return render(request, "sessions_app/hours/running_out.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFoundError from error
