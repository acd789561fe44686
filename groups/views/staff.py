"""Pages about staff: who holds which role, a new person, particulars, withdrawing a role."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from groups import access
from groups.forms import staff as forms
from groups.forms.clients import EmptyForm
from groups.models import StaffRole
from groups.selectors import staff_of, today_of
from groups.services import programs
from groups.services import staff as service
from groups.services.arrivals import send_invitation
from groups.services.people import PersonDetails
from groups.views.form_page import FormPage
from groups.views.manage import change, look
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission, Role

MANAGE = Permission.MANAGE_STAFF


@needs(MANAGE)
@look
def staff_list(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """Every role in force."""
    program = access.program_for(request.actor, program_id, MANAGE)
    today = today_of(program, timezone.now())
    roles = [
        (role, [(one, one.counts(today), one.ends_soon(today)) for one in role.held_licences])
        for role in staff_of(program)
    ]
    context = {"program_managed": program, "roles": roles}
    return render(request, "groups/manage/staff.html", context)


def _list(program_id: UUID) -> str:
    return reverse("manage_staff", args=[program_id])


@needs(MANAGE)
@change
def staff_new(request: PageRequest, program_id: UUID) -> HttpResponseBase:
    """A person gets a role, and an invitation when they are new."""
    program = access.program_for(request.actor, program_id, MANAGE)
    now = timezone.now()

    def save(form: forms.NewStaffForm) -> StaffRole:
        c = form.cleaned_data
        row = service.add_staff(
            actor=request.actor, program=program, now=now, role=Role(c["role"]),
            person=PersonDetails(c["email"], c["first_name"], c["last_name"]),
            credentials=c["credentials"], licensed_states=c["licensed_states"], licence_ends=c["licence_ends"],
            is_on_call=c["is_on_call"],
        )  # fmt: skip
        send_invitation(actor=request.actor, person=row.person, program_id=program.pk, now=now)
        return row

    return FormPage(
        request, program=program, title="Add to the staff", make=forms.NewStaffForm, act=save,
        after=_list(program.pk), back=_list(program.pk), submit="Add", done="Added.",
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def staff_edit(request: PageRequest, staff_role_id: UUID) -> HttpResponseBase:
    """Credentials, states, on call."""
    row = access.staff_role_for(request.actor, staff_role_id, MANAGE)

    def save(form: forms.StaffForm) -> StaffRole:
        c = form.cleaned_data
        return service.change_staff(
            actor=request.actor, staff_role=row, credentials=c["credentials"],
            licensed_states=c["licensed_states"], licence_ends=c["licence_ends"], is_on_call=c["is_on_call"],
            mark=form.mark,
        )  # fmt: skip

    return FormPage(
        request, program=row.program, title=f"{row.person.full_name}, {row.role}", make=forms.StaffForm,
        act=save, after=_list(row.program_id), back=_list(row.program_id),
        saved=partial(forms.staff_initial, row), mark=partial(programs.seen, row, service.ROLE_FIELDS),
    ).answer()  # fmt: skip


@needs(MANAGE)
@change
def staff_withdraw(request: PageRequest, staff_role_id: UUID) -> HttpResponseBase:
    """A role is taken away at once."""
    row = access.staff_role_for(request.actor, staff_role_id, MANAGE)

    def withdraw(form: EmptyForm) -> StaffRole:
        return service.withdraw_role(actor=request.actor, staff_role=row, now=timezone.now())

    return FormPage(
        request, program=row.program, title=f"Withdraw the role of {row.person.full_name}?", make=EmptyForm,
        act=withdraw, after=_list(row.program_id), back=_list(row.program_id), submit="Withdraw",
        danger=True, done="Withdrawn.",
        intro=f"The role “{row.role}” ends now, and every open page of this person with it.",
    ).answer()  # fmt: skip
