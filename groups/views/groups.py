"""Pages about groups for the administration: the list, one group with its people and timetables, a whole week."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from groups import access
from groups.forms import groups as forms
from groups.forms.clients import EmptyForm
from groups.models import Group, GroupStaff, Membership, NoContact, Person, Program
from groups.rules import Band
from groups.selectors import (
    band_on,
    groups_with_counts,
    leaders_on,
    members_on,
    no_contacts_in,
    today_of,
)
from groups.services import apart, leaders, memberships, programs, weeks
from groups.templates_of_week import EVENING_WEEK
from groups.views.form_page import FormPage
from groups.views.manage import change, look, may
from groups.waiting import waitlist_of
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

MANAGE = Permission.MANAGE_GROUPS


@needs(MANAGE)
@look
def group_list(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Every group with how full it is and when it meets."""
    program = access.program_for(request.actor, program_id, MANAGE)
    today = today_of(program, timezone.now())
    rows = groups_with_counts(access.groups_for(request.actor, MANAGE).filter(program=program), today)
    context = {"program_managed": program, "groups": rows, "week": EVENING_WEEK, "may": may(request, program)}
    return render(request, "groups/manage/groups.html", context)


@needs(MANAGE)
@look
def group_page(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """One group: who is in it now and will be, who leads it, when it meets."""
    group = access.group_for(request.actor, group_id, MANAGE)
    today = today_of(group.program, timezone.now())
    context = {
        "program_managed": group.program,
        "group": group,
        "band": band_on(group, today),
        "members": members_on(group, today),
        "coming": group.memberships.filter(starts_on__gt=today).select_related("client__person"),
        "former": group.memberships.filter(ends_on__lt=today)
        .select_related("client__person")
        .order_by("-ends_on")[:30],
        "leaders": leaders_on(group, today),
        "leaders_coming": group.staff.filter(starts_on__gt=today).select_related("person"),
        "series": group.series.order_by("-starts_on"),
        "apart": no_contacts_in(place.client_id for place in members_on(group, today)),
        "waiting": waitlist_of(group),
        "today": today,
    }
    return render(request, "groups/manage/group.html", context)


@needs(MANAGE)
@change
def group_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """A new group."""
    return _group_form(request, access.program_for(request.actor, program_id, MANAGE), None)


@needs(MANAGE)
@change
def group_edit(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """A group that exists."""
    group = access.group_for(request.actor, group_id, MANAGE)
    return _group_form(request, group.program, group)


def _page(group: Group) -> str:
    return reverse("manage_group", args=[group.pk])


def _group_form(request: PageRequest, program: Program, group: Group | None) -> HttpResponseBase:
    made: list[Group] = []

    def save(form: forms.GroupForm) -> None:
        made.append(
            memberships.save_group(
                actor=request.actor, program=program, values=form.cleaned_data, now=timezone.now(),
                group=group, mark=form.mark, anyway=form.cleaned_data["anyway"],
            )
        )  # fmt: skip

    return FormPage(
        request, program=program, title=group.name if group else "New group", make=forms.GroupForm, act=save,
        after=lambda _: _page(made[0]),
        back=_page(group) if group else reverse("manage_groups", args=[program.pk]),
        saved=partial(forms.group_initial, group),
        mark=partial(programs.seen, group, memberships.GROUP_FIELDS) if group else str,
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def week_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """A group with the four evenings of the sample week."""
    program = access.program_for(request.actor, program_id, MANAGE)
    now = timezone.now()
    made: list[Group] = []

    def save(form: forms.WeekForm) -> None:
        c = form.cleaned_data
        made.append(
            weeks.make_week(
                actor=request.actor, program=program, group_name=c["name"], starts_on=c["starts_on"], now=now,
                anyway=c["anyway"],
            )
        )  # fmt: skip

    return FormPage(
        request, program=program, title=f"Make this week: {EVENING_WEEK.name}", make=forms.WeekForm, act=save,
        after=lambda _: _page(made[0]), back=reverse("manage_groups", args=[program.pk]),
        submit="Make this week", done="The group and its evenings are there.",
        saved=lambda: {"name": "Evening group", "starts_on": today_of(program, now)},
        intro=f"{EVENING_WEEK.about} That is {EVENING_WEEK.weekly_minutes // 60} hours a week without breaks.",
    ).answer()  # fmt: skip


# --- members ----------------------------------------------------------------------------------------------


@needs(MANAGE)
@change
def member_add(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """A client gets a place."""
    group = access.group_for(request.actor, group_id, MANAGE)
    now = timezone.now()

    def save(form: forms.MemberForm) -> Band:
        c = form.cleaned_data
        client = access.client_for(request.actor, UUID(c["client"]), MANAGE)
        return memberships.add_member(
            actor=request.actor, group=group, client=client, starts_on=c["starts_on"], ends_on=c["ends_on"],
            now=now, anyway=c["anyway"],
        )[1]  # fmt: skip

    return FormPage(
        request, program=group.program, title=f"Add a client to {group.name}",
        make=partial(forms.MemberForm, group.program), act=save, after=_page(group), back=_page(group),
        submit="Add", done="Added.", saved=lambda: {"starts_on": today_of(group.program, now)},
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def member_end(request: PageRequest, membership_id: UUID) -> HttpResponseBase:
    """A place gets its last day."""
    place = access.membership_for(request.actor, membership_id, MANAGE)
    now = timezone.now()

    def save(form: forms.EndForm) -> Membership | None:
        return memberships.end_membership(
            actor=request.actor, membership=place, ends_on=form.cleaned_data["ends_on"], now=now
        )

    return FormPage(
        request, program=place.program, title=f"End the place of {place.client.person.full_name}",
        make=forms.EndForm, act=save, after=_page(place.group), back=_page(place.group),
        submit="End this place", danger=True, saved=lambda: {"ends_on": today_of(place.program, now)},
    ).answer()  # fmt: skip


# --- kept apart -------------------------------------------------------------------------------------------


@needs(MANAGE)
@change
def apart_add(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """Two clients are kept apart, in every group of the program."""
    group = access.group_for(request.actor, group_id, MANAGE)

    def save(form: forms.ApartForm) -> NoContact:
        first, second = (
            access.client_for(request.actor, UUID(form.cleaned_data[name]), MANAGE)
            for name in ("first", "second")
        )
        return apart.keep_apart(
            actor=request.actor, program=group.program, pair=(first, second),
            reason=form.cleaned_data["reason"], now=timezone.now(),
        )  # fmt: skip

    return FormPage(
        request, program=group.program, title="Keep two clients apart",
        make=partial(forms.ApartForm, group.program), act=save, after=_page(group), back=_page(group),
        submit="Keep apart", done="They are kept apart.",
        intro="They are never put into one small group, and those who lead are told when both are in the same group.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def apart_end(request: PageRequest, no_contact_id: UUID) -> HttpResponseBase:
    """Two clients may meet again."""
    pair = access.no_contact_for(request.actor, no_contact_id, MANAGE)
    back = reverse("manage_groups", args=[pair.program_id])

    def end(form: EmptyForm) -> bool:
        return apart.end_apart(actor=request.actor, no_contact=pair, now=timezone.now())

    names = f"{pair.first.person.full_name} and {pair.second.person.full_name}"
    return FormPage(
        request, program=pair.program, title="No longer keep them apart?", make=EmptyForm, act=end, after=back,
        back=back, submit="They may meet again", danger=True, done="They may meet again.",
        intro=f"{names}. Recorded because: {pair.reason}",
    ).answer()  # fmt: skip


# --- leaders ----------------------------------------------------------------------------------------------


@needs(MANAGE)
@change
def leader_add(request: PageRequest, group_id: UUID) -> HttpResponseBase:
    """Somebody leads, or stands in for an evening."""
    group = access.group_for(request.actor, group_id, MANAGE)
    now = timezone.now()

    def save(form: forms.LeaderForm) -> GroupStaff:
        c = form.cleaned_data
        person = Person.objects.filter(pk=c["person"], staff_roles__program=group.program_id).first()
        if person is None:
            raise NotFoundError
        return leaders.assign_staff(
            actor=request.actor, group=group, person=person, role=c["role"], starts_on=c["starts_on"],
            ends_on=c["ends_on"], now=now, anyway=c["anyway"],
        )  # fmt: skip

    return FormPage(
        request, program=group.program, title=f"Who leads {group.name}",
        make=partial(forms.LeaderForm, group.program), act=save, after=_page(group), back=_page(group),
        submit="Assign", done="Assigned.",
        saved=lambda: {"starts_on": today_of(group.program, now), "role": "facilitator"},
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def leader_end(request: PageRequest, group_staff_id: UUID) -> HttpResponseBase:
    """A leader's place gets its last day."""
    place = access.group_staff_for(request.actor, group_staff_id, MANAGE)
    now = timezone.now()

    def save(form: forms.EndForm) -> GroupStaff | None:
        return leaders.end_staff(
            actor=request.actor, place=place, ends_on=form.cleaned_data["ends_on"], now=now
        )

    return FormPage(
        request, program=place.program, title=f"{place.person.full_name} no longer leads {place.group.name}",
        make=forms.EndForm, act=save, after=_page(place.group), back=_page(place.group), submit="End",
        danger=True, saved=lambda: {"ends_on": today_of(place.program, now)},
    ).answer()  # fmt: skip
