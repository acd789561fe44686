"""The form pages of new policy versions: a second button tries the version on the weeks that were."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone

from groups.views.form_page import FormPage
from sessions_app import forms
from sessions_app.hours.trial import Trial, try_on_past
from sessions_app.models import AttendancePolicy, HoursPolicy
from sessions_app.services.policies import ATTENDANCE_FIELDS, HOURS_FIELDS
from vio.common import audit
from vio.common.permissions import Permission

SHOWN = 100
TEMPLATE = "sessions_app/manage/policy_form.html"


class AttendancePolicyPage(FormPage[forms.AttendancePolicyForm]):
    """New attendance rules."""

    def carry_out(self, form: forms.AttendancePolicyForm) -> HttpResponseBase:
        """Tries them when asked to, and otherwise saves."""
        if "preview" not in self.request.POST:
            return super().carry_out(form)
        candidate = AttendancePolicy(program=self.program, version=0, **_values(form, ATTENDANCE_FIELDS))
        candidate.effective_from = form.cleaned_data["effective_from"]
        found = try_on_past(self.program, weeks=form.weeks, now=timezone.now(), attendance=candidate)
        _tell(self, found, "attendance")
        return self.show(form, 200)


class HoursPolicyPage(FormPage[forms.HoursPolicyForm]):
    """A new definition of what counts."""

    def carry_out(self, form: forms.HoursPolicyForm) -> HttpResponseBase:
        """Tries it when asked to, and otherwise saves."""
        if "preview" not in self.request.POST:
            return super().carry_out(form)
        candidate = HoursPolicy(program=self.program, version=0, **_values(form, HOURS_FIELDS))
        candidate.effective_from = form.cleaned_data["effective_from"]
        found = try_on_past(self.program, weeks=form.weeks, now=timezone.now(), hours=candidate)
        _tell(self, found, "hours")
        return self.show(form, 200)


def _values(form: forms.PolicyForm, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in names}


def _tell(page: FormPage[Any], found: Trial, kind: str) -> None:
    """Puts the result on the page; names only for those who may see hours anyway."""
    actor = page.request.actor
    page.context |= {
        "tried": found,
        "names": actor.may(Permission.SEE_HOURS, page.program.pk),
        "changes": found.changes[:SHOWN],
        "statuses": found.statuses[:SHOWN],
        "shown": SHOWN,
    }
    audit.record(
        actor=actor, action="policy.tried", program_id=page.program.pk,
        details={"policy": kind, "weeks": len(found.weeks), "changed": len(found.changes)},
    )  # fmt: skip
