"""Pages of attendance: the sheet of a session, one client's line on it, and the client's own evening."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from groups.access import own_client
from groups.models import Client
from sessions_app.access import session_for
from sessions_app.attendance import forms, selectors, services
from sessions_app.attendance.corrections import IllegalTransitionError
from sessions_app.attendance.document import sheet_pdf
from sessions_app.attendance.rules import RULE_VERSION
from sessions_app.attendance.services.correcting import window_ends
from sessions_app.models import AttendanceRecord, ProposedCorrection, Session
from vio.common import audit
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

_REFUSED = (BadInputError, ConflictError, NotAllowedError)


@needs(Permission.SEE_ATTENDANCE)
@require_safe
def session_attendance(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The sheet: every client with start, stop, minutes, status, flags and the minute strip; to correct and to sign."""
    session = session_for(request.actor, session_id, Permission.SEE_ATTENDANCE, related=selectors.WITH_SHEET)
    page = selectors.sheet_page(session)
    audit.record(
        actor=request.actor, action="attendance.viewed", program_id=session.program_id, subject=session
    )
    context: dict[str, object] = {
        "session": session,
        "page": page,
        "proposals": [row for row in selectors.proposals_of(session) if row.state == "open"],
        "now": timezone.now(),
        **_rights(request, session),
    }
    if page is None:
        context["people"] = selectors.expected_people(session)
        context["excused"] = selectors.excused_clients(session)
    return render(request, "sessions_app/attendance/sheet.html", context)


@needs(Permission.SEE_ATTENDANCE)
@require_safe
def sheet_file(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The sheet as a PDF; 409 until attendance is counted. Its name tells the date and nothing of people."""
    session = session_for(request.actor, session_id, Permission.SEE_ATTENDANCE)
    page = selectors.sheet_page(session)
    if page is None:
        raise ConflictError("The attendance of this session is not counted yet.", code="not_computed_yet")
    content = sheet_pdf(page, printed_at=timezone.now())
    audit.record(
        actor=request.actor, action="attendance.exported", program_id=session.program_id, subject=session,
        details={"as": "pdf", "clients": len(page.lines)},
    )  # fmt: skip
    name = f"attendance-{session.local_date:%Y-%m-%d}.pdf"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@needs(Permission.ATTEST_ATTENDANCE)
@require_POST
def attest(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """Signs and locks the sheet."""
    session = session_for(request.actor, session_id, Permission.ATTEST_ATTENDANCE)
    services.attest_sheet(actor=request.actor, session=session, now=timezone.now())
    messages.success(request, "Signed. The sheet is locked now.")
    return redirect("session_attendance", session_id=session.pk)


@dataclass(frozen=True)
class LineForms:
    """The forms of one client's page; the one that was sent is bound."""

    correction: forms.CorrectionForm | None
    excuse: forms.ReasonForm
    answer: forms.AnswerForm


@needs(Permission.CORRECT_ATTENDANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def line(request: PageRequest, session_id: UUID, client_id: UUID) -> HttpResponseBase:
    """One client's line: evidence, versions, correction (POST)."""
    session = session_for(request.actor, session_id, Permission.CORRECT_ATTENDANCE)
    shown = _forms(session, client_id)
    if request.method != "POST" or shown.correction is None:
        return _line_page(request, session, client_id, shown)
    form = forms.CorrectionForm(request.POST, initial=shown.correction.initial)
    if form.is_valid():
        try:
            done = services.correct_attendance(
                actor=request.actor,
                session=session,
                client=_client(session, client_id),
                changes=form.changes(session),
                reason=form.cleaned_data["reason"],
                seen_version=form.cleaned_data["seen_version"],
                now=timezone.now(),
            )
        except _REFUSED as error:
            field = "status" if isinstance(error, IllegalTransitionError) else None
            forms.show_refusal(form, error, field=field)
        else:
            messages.success(request, _said(done))
            return redirect("session_attendance", session_id=session.pk)
    return _line_page(request, session, client_id, replace(shown, correction=form), status=422)


def _said(done: AttendanceRecord | ProposedCorrection) -> str:
    if isinstance(done, ProposedCorrection):
        return "Proposed. It is late, so it counts only when a second person signs it."
    return "Corrected. The old figure stays in the record."


@needs(Permission.CORRECT_ATTENDANCE)
@require_POST
def excuse(request: PageRequest, session_id: UUID, client_id: UUID) -> HttpResponseBase:
    """Accepts an excuse."""
    session = session_for(request.actor, session_id, Permission.CORRECT_ATTENDANCE)
    form = forms.ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.excuse_client(
                actor=request.actor,
                session=session,
                client=_client(session, client_id),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except _REFUSED as error:
            forms.show_refusal(form, error, field="reason")
        else:
            messages.success(request, "Excused.")
            return redirect("session_attendance", session_id=session.pk)
    shown = replace(_forms(session, client_id), excuse=form)
    return _line_page(request, session, client_id, shown, status=422)


@needs(Permission.CORRECT_ATTENDANCE)
@require_POST
def answer(
    request: PageRequest, session_id: UUID, client_id: UUID, attendance_dispute_id: UUID
) -> HttpResponseBase:
    """Answers a client who said "that night is wrong"."""
    session = session_for(request.actor, session_id, Permission.CORRECT_ATTENDANCE)
    form = forms.AnswerForm(request.POST)
    if form.is_valid():
        try:
            services.answer_dispute(
                actor=request.actor,
                session=session,
                dispute_id=attendance_dispute_id,
                answer=form.cleaned_data["answer"],
                now=timezone.now(),
            )
        except _REFUSED as error:
            forms.show_refusal(form, error)
        else:
            messages.success(request, "Sent. The client sees your answer beside that night.")
            return redirect("attendance_line", session_id=session.pk, client_id=client_id)
    shown = replace(_forms(session, client_id), answer=form)
    return _line_page(request, session, client_id, shown, status=422)


@needs(Permission.OWN_ATTENDANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def session_mine(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """What was counted for the client and why; POST says "that night is wrong"."""
    session = session_for(request.actor, session_id, Permission.OWN_ATTENDANCE)
    client = own_client(request.actor, Permission.OWN_ATTENDANCE, program_id=session.program_id)
    form = forms.DisputeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.raise_dispute(
                actor=request.actor,
                session=session,
                client=client,
                text=form.cleaned_data["text"],
                now=timezone.now(),
            )
        except _REFUSED as error:
            forms.show_refusal(form, error)
        else:
            messages.success(request, "Thank you. We will look at it and answer you here.")
            return redirect("session_mine", session_id=session.pk)
    context = {
        "session": session,
        "page": selectors.own_page(session, client),
        "form": form,
        "now": timezone.now(),
    }
    return render(request, "sessions_app/attendance/mine.html", context, status=422 if form.errors else 200)


def _rights(request: PageRequest, session: Session) -> dict[str, bool]:
    actor, program = request.actor, session.program_id
    return {
        "may_correct": actor.may(Permission.CORRECT_ATTENDANCE, program),
        "may_attest": actor.may(Permission.ATTEST_ATTENDANCE, program),
        "may_correct_signed": actor.may(Permission.CORRECT_ATTESTED, program),
        "may_see_notes": actor.may(Permission.SEE_NOTES, program),
    }


def _client(session: Session, client_id: UUID) -> Client:
    """A client of this session: with a record, or expected in it; NotFoundError for everybody else."""
    found = selectors.client_of(session, client_id)
    if found is None:
        raise NotFoundError
    return found


def _forms(session: Session, client_id: UUID) -> LineForms:
    record = selectors.latest(session).filter(client=client_id).first()
    correction = None
    if record is not None:
        correction = forms.CorrectionForm(initial=forms.initial_of(record, session))
    return LineForms(correction, forms.ReasonForm(), forms.AnswerForm())


def _line_page(
    request: PageRequest, session: Session, client_id: UUID, shown: LineForms, *, status: int = 200
) -> HttpResponseBase:
    client = _client(session, client_id)
    page = selectors.own_page(session, client, staff=True)
    audit.record(
        actor=request.actor,
        action="attendance.viewed",
        program_id=session.program_id,
        subject=session,
        client_id=client.pk,
    )
    context = {
        "session": session,
        "client": client,
        "page": page,
        "line": page.line if page else None,
        "sheet": selectors.sheet_of(session),
        "proposals": selectors.proposals_of(session, client.pk),
        "needs_second": timezone.now() > window_ends(session),
        "forms": shown,
        "rule_version": RULE_VERSION,
        "now": timezone.now(),
        "is_excused": client.pk in selectors.excused_clients(session),
        **_rights(request, session),
    }
    return render(request, "sessions_app/attendance/line.html", context, status=status)
