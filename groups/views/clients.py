"""Pages about clients for the administration: the list, a new client, the chart's enrolment side."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from groups import access
from groups.forms import clients as forms
from groups.models import Client, EmergencyContact, Enrolment, Group, LevelOfCare, PrescribedDose
from groups.rules import Band
from groups.selectors import dose_on, episodes, search_clients, today_of
from groups.services import arrivals, enrolment, programs
from groups.services.people import PersonDetails
from groups.views.form_page import FormPage
from groups.views.manage import change, look, may
from vio.common import audit
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

MANAGE = Permission.MANAGE_ENROLMENT
PER_PAGE = 40


@needs(MANAGE)
@look
def client_list(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Every client of a program; `q` searches name and address."""
    program = access.program_for(request.actor, program_id, MANAGE)
    today = today_of(program, timezone.now())
    text = request.GET.get("q", "")[:80].replace("\x00", "")
    rows = search_clients(access.clients_for(request.actor, MANAGE).filter(program=program), text, today)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"program_managed": program, "page": page, "text": text, "may": may(request, program)}
    return render(request, "groups/manage/clients.html", context)


@needs(MANAGE)
@change
def client_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Person, chart, enrolment, dose, first group and invitation in one form."""
    program = access.program_for(request.actor, program_id, MANAGE)
    now = timezone.now()
    made: list[Client] = []

    def save(form: forms.NewClientForm) -> Band | None:
        client, band = arrivals.admit_new_client(
            actor=request.actor, program=program, arrival=_arrival(request, form), now=now
        )
        made.append(client)
        return band

    return FormPage(
        request, program=program, title="New client", make=partial(forms.NewClientForm, program), act=save,
        after=lambda _: reverse("manage_client", args=[made[0].pk]),
        back=reverse("manage_clients", args=[program.pk]), submit="Add this client",
        done="The client was added.", saved=lambda: {"starts_on": today_of(program, now)},
    ).answer()  # fmt: skip


def _arrival(request: PageRequest, form: forms.NewClientForm) -> arrivals.Arrival:
    c = form.cleaned_data
    return arrivals.Arrival(
        person=PersonDetails(c["email"], c["first_name"], c["last_name"]),
        level=_level(request, c["level"]),
        starts_on=c["starts_on"],
        weekly_minutes=c["weekly_minutes"],
        weekly_days=c["weekly_days"],
        primary_clinician_id=_uuid(c["primary_clinician"]),
        group=_group(request, c["group"]),
        phone=c["phone"],
        privacy_name=c["privacy_name"],
        home_state=c["home_state"],
        anyway=c["anyway"],
    )


def _uuid(text: str) -> UUID | None:
    return UUID(text) if text else None


def _level(request: PageRequest, text: str) -> LevelOfCare:
    return access.level_for(request.actor, UUID(text), MANAGE)


def _group(request: PageRequest, text: str) -> Group | None:
    return access.group_for(request.actor, UUID(text), Permission.MANAGE_GROUPS) if text else None


@needs(MANAGE)
@look
def client_page(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """Episodes with their history, groups, contacts."""
    client = access.client_for(request.actor, client_id, MANAGE)
    today = today_of(client.program, timezone.now())
    audit.record(
        actor=request.actor, action="client.viewed", program_id=client.program_id, subject=client,
        client_id=client.pk,
    )  # fmt: skip
    context = {
        "program_managed": client.program,
        "client": client,
        "episodes": episodes(client, today),
        "places": client.memberships.select_related("group").order_by("-starts_on"),
        "contacts": client.emergency_contacts.all(),
        "today": today,
        "may": may(request, client.program),
    }
    return render(request, "groups/manage/client.html", context)


def _page(client: Client) -> str:
    return reverse("manage_client", args=[client.pk])


@needs(MANAGE)
@change
def client_edit(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """Privacy name, phone, state."""
    client = access.client_for(request.actor, client_id, MANAGE)

    def save(form: forms.ChartForm) -> Client:
        return enrolment.change_client(
            actor=request.actor, client=client, values=form.cleaned_data, mark=form.mark
        )

    return FormPage(
        request, program=client.program, title=client.person.full_name, make=forms.ChartForm, act=save,
        after=_page(client), back=_page(client), saved=partial(forms.chart_initial, client),
        mark=partial(programs.seen, client, enrolment.CHART_FIELDS),
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def enrol(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """A new episode for a client who comes back."""
    client = access.client_for(request.actor, client_id, MANAGE)
    now = timezone.now()

    def save(form: forms.EnrolForm) -> Enrolment:
        c = form.cleaned_data
        return enrolment.enrol_client(
            actor=request.actor, client=client, level=_level(request, c["level"]), starts_on=c["starts_on"],
            weekly_minutes=c["weekly_minutes"], weekly_days=c["weekly_days"],
            primary_clinician_id=_uuid(c["primary_clinician"]), now=now,
        )  # fmt: skip

    return FormPage(
        request, program=client.program, title=f"Enrol {client.person.full_name}",
        make=partial(forms.EnrolForm, client.program), act=save, after=_page(client), back=_page(client),
        submit="Enrol", saved=lambda: {"starts_on": today_of(client.program, now)},
        intro="Earlier episodes stay as they are; hours never mix between two.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def dose_change(request: PageRequest, enrolment_id: UUID) -> HttpResponseBase:
    """Another dose from a date on."""
    episode = access.enrolment_for(request.actor, enrolment_id, MANAGE)
    now = timezone.now()
    current = dose_on(episode, today_of(episode.program, now))

    def save(form: forms.DoseForm) -> PrescribedDose:
        c = form.cleaned_data
        return enrolment.change_dose(
            actor=request.actor, enrolment=episode, starts_on=c["starts_on"], now=now, reason=c["reason"],
            weekly_minutes=c["weekly_minutes"], weekly_days=c["weekly_days"],
        )  # fmt: skip

    return FormPage(
        request, program=episode.program, title="Change the dose", make=forms.DoseForm, act=save,
        after=_page(episode.client), back=_page(episode.client),
        saved=lambda: {
            "weekly_minutes": current.weekly_minutes if current else 540,
            "weekly_days": current.weekly_days if current else 3,
        },
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def level_step(request: PageRequest, enrolment_id: UUID) -> HttpResponseBase:
    """A step up or down between levels; one chart."""
    episode = access.enrolment_for(request.actor, enrolment_id, MANAGE)

    def save(form: forms.LevelStepForm) -> PrescribedDose:
        c = form.cleaned_data
        level = _level(request, c["level"])
        return enrolment.change_dose(
            actor=request.actor, enrolment=episode, starts_on=c["starts_on"], now=timezone.now(),
            weekly_minutes=level.weekly_minutes if c["weekly_minutes"] is None else c["weekly_minutes"],
            weekly_days=level.weekly_days if c["weekly_days"] is None else c["weekly_days"],
            reason=c["reason"], level=level,
        )  # fmt: skip

    return FormPage(
        request, program=episode.program, title="Step up or down",
        make=partial(forms.LevelStepForm, episode.program), act=save,
        after=_page(episode.client), back=_page(episode.client),
        intro=f"Now: {episode.level.code} {episode.level.name}. The chart and its history stay together.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def clinician_change(request: PageRequest, enrolment_id: UUID) -> HttpResponseBase:
    """Another primary clinician."""
    episode = access.enrolment_for(request.actor, enrolment_id, MANAGE)

    def save(form: forms.ClinicianForm) -> Enrolment:
        return enrolment.change_clinician(
            actor=request.actor, enrolment=episode,
            primary_clinician_id=_uuid(form.cleaned_data["primary_clinician"]),
        )  # fmt: skip

    return FormPage(
        request, program=episode.program, title="Primary clinician",
        make=partial(forms.ClinicianForm, episode.program), act=save,
        after=_page(episode.client), back=_page(episode.client),
        saved=lambda: {"primary_clinician": str(episode.primary_clinician_id or "")},
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def enrolment_end(request: PageRequest, enrolment_id: UUID) -> HttpResponseBase:
    """The last day of an episode."""
    episode = access.enrolment_for(request.actor, enrolment_id, MANAGE)
    now = timezone.now()

    def save(form: forms.EndEnrolmentForm) -> Enrolment:
        c = form.cleaned_data
        return enrolment.end_enrolment(
            actor=request.actor, enrolment=episode, ends_on=c["ends_on"], reason=c["reason"], now=now
        )

    return FormPage(
        request, program=episode.program, title=f"End the enrolment of {episode.client.person.full_name}",
        make=forms.EndEnrolmentForm, act=save, after=_page(episode.client), back=_page(episode.client),
        submit="End this enrolment", danger=True, done="The enrolment has its last day.",
        saved=lambda: {"ends_on": today_of(episode.program, now)},
        intro="The chart stays. Coming back later is a new enrolment.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def contact_new(request: PageRequest, client_id: UUID) -> HttpResponseBase:
    """Another emergency contact."""
    client = access.client_for(request.actor, client_id, MANAGE)
    return _contact_page(request, client, None)


@needs(MANAGE)
@change
def contact_edit(request: PageRequest, emergency_contact_id: UUID) -> HttpResponseBase:
    """An emergency contact that exists."""
    contact = access.contact_for(request.actor, emergency_contact_id, MANAGE)
    return _contact_page(request, contact.client, contact)


def _contact_page(request: PageRequest, client: Client, contact: EmergencyContact | None) -> HttpResponseBase:
    def save(form: forms.ContactForm) -> EmergencyContact:
        c = form.cleaned_data
        return enrolment.save_contact(
            actor=request.actor, client=client, name=c["name"], phone=c["phone"], relation=c["relation"],
            consent_given=c["consent_given"], contact=contact,
        )  # fmt: skip

    return FormPage(
        request, program=client.program, title="Emergency contact", make=forms.ContactForm, act=save,
        after=_page(client), back=_page(client), saved=partial(forms.contact_initial, contact),
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def contact_remove(request: PageRequest, emergency_contact_id: UUID) -> HttpResponseBase:
    """Takes a contact away, after asking."""
    contact = access.contact_for(request.actor, emergency_contact_id, MANAGE)

    def remove(form: forms.EmptyForm) -> None:
        enrolment.remove_contact(actor=request.actor, contact=contact)

    return FormPage(
        request, program=contact.program, title="Remove this emergency contact?", make=forms.EmptyForm,
        act=remove, after=_page(contact.client), back=_page(contact.client), submit="Remove", danger=True,
        done="Removed.", intro=f"{contact.name} will no longer be called.",
    ).answer()  # fmt: skip
