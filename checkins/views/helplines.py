"""The help page: whom to call, for everybody, signed in or not."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


@require_safe
@needs(Permission.PUBLIC)
def help_page(request: PageRequest) -> HttpResponseBase:
    """The numbers of section 11 and the program's own. `checkins.crisis` serves a plain one when this cannot."""
    shell = "common/shell_staff.html" if request.actor.is_staff else "common/shell_client.html"
    if request.actor.person_id is None:
        shell = "common/shell_plain.html"
    return render(request, "checkins/help.html", {"here": "help", "shell": shell})
