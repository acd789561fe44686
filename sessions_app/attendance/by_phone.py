"""The page for an evening that was held by phone because the room failed: who was there, from when to when, and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from sessions_app.access import session_for
from sessions_app.attendance import services
from sessions_app.attendance.corrections import REASON_LENGTH
from sessions_app.attendance.forms import instant_near, show_refusal
from sessions_app.attendance.records import latest
from sessions_app.attendance.services.correcting import window_ends
from sessions_app.models import Session
from vio.common import audit
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.http import PageRequest, needs
from vio.common.localtime import to_local
from vio.common.permissions import Permission


class ByPhoneForm(forms.Form):
    """Who was on the phone, and from when to when by the facilitator's clock."""

    present = forms.MultipleChoiceField(label="Who was there", widget=forms.CheckboxSelectMultiple)
    first_at = forms.TimeField(label="From", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    last_at = forms.TimeField(label="To", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    reason = forms.CharField(
        label="Reason", max_length=REASON_LENGTH, help_text="Stays with each record, beside your name."
    )

    def __init__(self, session: Session, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.fields["present"]
        assert isinstance(present, forms.MultipleChoiceField)  # noqa: S101  # as declared above
        rows = latest(session).select_related("client__person")
        names = sorted((row.client.person.full_name, str(row.client_id)) for row in rows)
        present.choices = [(key, name) for name, key in names]


def _initial(session: Session) -> dict[str, object]:
    zone = session.program.zone
    return {
        "first_at": to_local(session.starts_at, zone).time(),
        "last_at": to_local(session.ends_at, zone).time(),
        "reason": "Held by phone, because the room failed.",
    }


@needs(Permission.CORRECT_ATTENDANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def by_phone(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """Everybody who was on the phone, entered at once; each becomes a correction of their line (R14)."""
    session = session_for(request.actor, session_id, Permission.CORRECT_ATTENDANCE)
    if session.finalised_at is None:
        return redirect("session_attendance", session_id=session.pk)  # which says that it is not counted yet
    form = ByPhoneForm(session, request.POST if request.method == "POST" else None, initial=_initial(session))
    if form.is_valid() and _enter(request, session, form):
        done = "Entered. What stood there before stays in the record."
        if timezone.now() > window_ends(session):
            done = "Proposed. It is late, so it counts only when a second person signs it."
        messages.success(request, done)
        return redirect("session_attendance", session_id=session.pk)
    audit.record(
        actor=request.actor, action="attendance.viewed", program_id=session.program_id, subject=session
    )
    context = {"session": session, "form": form}
    return render(
        request, "sessions_app/attendance/by_phone.html", context, status=422 if form.errors else 200
    )


def _enter(request: PageRequest, session: Session, form: ByPhoneForm) -> bool:
    c = form.cleaned_data
    first, last = instant_near(session, c["first_at"]), instant_near(session, c["last_at"])
    assert first is not None  # noqa: S101  # both fields are required
    assert last is not None  # noqa: S101
    try:
        services.enter_held_by_phone(
            actor=request.actor, session=session, present=[UUID(key) for key in c["present"]],
            first_at=first, last_at=last, reason=c["reason"], now=timezone.now(),
        )  # fmt: skip
    except (BadInputError, ConflictError, NotAllowedError) as error:
        show_refusal(form, error)
        return False
    return True
