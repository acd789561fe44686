"""The last line of help: what a client gets when the product itself is failing (AL-7).

It stands outside everything that reads the database, and renders a page that needs none. Two promises: whoever
answered yes to the safety question sees whom to call, also if storing the answer failed, the login had ended or the
form was too old; and the help page opens even when nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string

from checkins.answers import says_yes

CHECKIN_PATH = "/checkin/"
HELP_PATH = "/help/"
_SHOWN = "vio_crisis_shown"


def mark_shown(response: HttpResponseBase) -> HttpResponseBase:
    """Says of a response that the client sees the crisis page in it."""
    setattr(response, _SHOWN, True)
    return response


def crisis_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Puts the plain crisis page in place of any answer that would leave a client without help."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        try:
            response = get_response(request)
        except Exception:  # whatever is broken, a client gets help (AL-7)
            if request.path not in {CHECKIN_PATH, HELP_PATH}:
                raise
            # Even the page for errors failed; its request is in the log already.
            response = HttpResponse(render_to_string("500.html"), status=500)
        if request.path == HELP_PATH and response.status_code >= 500:
            return HttpResponse(render_to_string("checkins/plain_help.html"))
        if request.path == CHECKIN_PATH and request.method == "POST" and not hasattr(response, _SHOWN):
            return _instead(request, response)
        return response

    return middleware


def _instead(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if not _asked_for_help(request):
        return response
    status = response.status_code if response.status_code >= 400 else 200
    return HttpResponse(render_to_string("checkins/plain_crisis.html"), status=status)


def _asked_for_help(request: HttpRequest) -> bool:
    try:
        return any(says_yes(value) for value in request.POST.getlist("safety"))
    except (
        UnreadablePostError,
        MultiPartParserError,
        RequestDataTooBig,
        SuspiciousOperation,
        BadRequest,
        OSError,
    ):
        return False
