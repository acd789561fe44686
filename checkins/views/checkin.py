"""The daily check-in page. A yes to the safety question shows help in the same answer, whatever else happens (AL-7)."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from checkins.answers import says_yes
from checkins.crisis import mark_shown
from checkins.forms import CheckInForm, new_submission_id
from checkins.selectors.trends import own_trend
from checkins.services.checkins import Submission, submit_checkin
from groups.access import own_client
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

_FIELDS = ("mood", "urge", "used", "sleep_hours", "medication", "note", "device_at")
_OWN = frozenset({"csrfmiddlewaretoken", "submission_id", "safety", *_FIELDS})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.OWN_CHECKIN)
def checkin(request: PageRequest) -> HttpResponseBase:
    """The form; after sending it the crisis page, or a thank-you with the trend, or the form with its errors."""
    if request.method == "POST":
        return _submit(request)
    return _form(request, CheckInForm(), new_submission_id())


def read_post(data: QueryDict) -> dict[str, object]:
    """The answers of a posted form. One yes among several safety answers is a yes."""
    found: dict[str, object] = {name: data[name] for name in _FIELDS if name in data}
    found |= {name: data[name] for name in data if name not in _OWN}
    if "safety" in data:
        every = data.getlist("safety")
        found["safety"] = "yes" if any(says_yes(value) for value in every) else every[-1]
    return found


def _submit(request: PageRequest) -> HttpResponseBase:
    now = timezone.now()
    given = read_post(request.POST)
    submission_id = _submission_id(request.POST.get("submission_id", ""))
    done = submit_checkin(actor=request.actor, submission_id=submission_id, answers=given, now=now)
    if done.red:
        return mark_shown(_crisis(request, done, submission_id))
    if done.errors:
        form = CheckInForm(request.POST, found=done.errors)
        return _form(request, form, str(submission_id), status=422)
    client = own_client(request.actor, Permission.OWN_CHECKIN)
    context = {
        "here": "checkin",
        "done": done,
        "trend": own_trend(client, now=now),
        "zone": client.program.zone,
    }
    return render(request, "checkins/thanks.html", context)


def _crisis(request: PageRequest, done: Submission, submission_id: UUID) -> HttpResponseBase:
    """Help first; below it the form once more when some of it could not be read."""
    form = CheckInForm(request.POST, found=done.errors) if done.errors else None
    context = {
        "here": "checkin",
        "form": form,
        "submission_id": submission_id,
        "told": done.alert is not None or done.repeated,
    }
    return render(request, "checkins/crisis.html", context, status=422 if form else 200)


def _form(
    request: PageRequest, form: CheckInForm, submission_id: str, *, status: int = 200
) -> HttpResponseBase:
    context = {"here": "checkin", "form": form, "submission_id": submission_id}
    return render(request, "checkins/checkin.html", context, status=status)


def _submission_id(text: str) -> UUID:
    """The id the page came with; without a readable one the answers still count, as a check-in of their own."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
