"""Pages of imports: the logs of a session, one log to look at and decide about, and taking it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.access import session_for
from sessions_app.attendance.forms import show_refusal
from sessions_app.attendance.imports import forms, pages, selectors, services
from sessions_app.attendance.imports.rules.lines import Vendor
from sessions_app.attendance.imports.words import VENDORS
from sessions_app.attendance.selectors import sheet_of
from sessions_app.models import AttendanceImport, Session
from vio.common import audit
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

_REFUSED = (BadInputError, ConflictError, NotAllowedError)


@needs(Permission.IMPORT_LOGS)
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The imports of a session; POST reads a log into a draft."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    sent = request.method == "POST"
    form = forms.UploadForm(session, request.POST if sent else None, request.FILES if sent else None)
    if sent and form.is_valid():
        try:
            row = services.start_import(
                actor=request.actor, session=session, vendor=Vendor(form.cleaned_data["vendor"]), raw=form.raw(),
                written=form.written, now=timezone.now(),
            )  # fmt: skip
        except _REFUSED as error:
            show_refusal(form, error)
        else:
            return redirect("attendance_import", session_id=session.pk, attendance_import_id=row.pk)
    context = {
        "session": session, "form": form, "imports": pages.listed(session), "sheet": sheet_of(session),
        "may_correct_signed": request.actor.may(Permission.CORRECT_ATTESTED, session.program_id),
        "sees_figures": _sees_figures(request, session),
    }  # fmt: skip
    _looked(request, session)
    status = 422 if form.errors else 200
    return render(request, "sessions_app/attendance/imports/list.html", context, status=status)


@needs(Permission.IMPORT_LOGS)
@require_http_methods(["GET", "HEAD", "POST"])
def one_import(request: PageRequest, session_id: UUID, attendance_import_id: UUID) -> HttpResponseBase:
    """One log: a draft to decide about (POST counts it), or what became of it."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    row = selectors.import_of(session, attendance_import_id)
    if row.status != AttendanceImport.Status.DRAFT:
        return _decided_page(request, session, row, forms.ReasonForm())
    preview = selectors.preview(session, selectors.contents_of(row).log)
    data = request.POST if request.method == "POST" else None
    form = forms.DecisionForm(session, preview, selectors.seats_of(session), data)
    if form.is_valid():
        try:
            services.accept_import(
                actor=request.actor, session=session, import_id=row.pk, decisions=form.decisions(), now=timezone.now()
            )  # fmt: skip
        except _REFUSED as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Counted. What stood there before stays in the record.")
            return _onward(request, session, row)
    _looked(request, session)
    context = {
        "session": session,
        "row": row,
        "form": form,
        "draft": pages.draft(session, row, preview, form, figures=_sees_figures(request, session)),
        "sees_figures": _sees_figures(request, session),
    }
    status = 422 if form.errors else 200
    return render(request, "sessions_app/attendance/imports/draft.html", context, status=status)


@needs(Permission.IMPORT_LOGS)
@require_POST
def discard(request: PageRequest, session_id: UUID, attendance_import_id: UUID) -> HttpResponseBase:
    """Throws a draft away."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    services.discard_import(
        actor=request.actor, session=session, import_id=attendance_import_id, now=timezone.now()
    )
    messages.success(request, "Thrown away. Nothing of it was counted or kept.")
    return redirect("attendance_imports", session_id=session.pk)


@needs(Permission.IMPORT_LOGS)
@require_POST
def withdraw(request: PageRequest, session_id: UUID, attendance_import_id: UUID) -> HttpResponseBase:
    """Takes a counted import back."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    row = selectors.import_of(session, attendance_import_id)
    form = forms.ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.withdraw_import(
                actor=request.actor, session=session, import_id=row.pk, reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )  # fmt: skip
        except _REFUSED as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Taken back. It stays in the record and counts no more.")
            return _onward(request, session, row)
    return _decided_page(request, session, row, form)


def _sees_figures(request: PageRequest, session: Session) -> bool:
    """Whether they may see attendance; who only imports sees who is who and how many, and nobody's minutes."""
    return request.actor.may(Permission.SEE_ATTENDANCE, session.program_id)


def _onward(request: PageRequest, session: Session, row: AttendanceImport) -> HttpResponseBase:
    if _sees_figures(request, session):
        return redirect("session_attendance", session_id=session.pk)
    return redirect("attendance_import", session_id=session.pk, attendance_import_id=row.pk)


def _decided_page(
    request: PageRequest, session: Session, row: AttendanceImport, form: forms.ReasonForm
) -> HttpResponse:
    _looked(request, session)
    stood, vendor = pages.stood(session, row), VENDORS[Vendor(row.vendor)]
    context = {
        "session": session, "row": row, "form": form, "stood": stood, "vendor": vendor,
        "sees_figures": _sees_figures(request, session),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "sessions_app/attendance/imports/decided.html", context, status=status)


def _looked(request: PageRequest, session: Session) -> None:
    audit.record(
        actor=request.actor, action="attendance.imports_viewed", program_id=session.program_id, subject=session
    )  # fmt: skip
