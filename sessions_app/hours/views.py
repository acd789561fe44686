"""Pages of hours: the board of the week for the clinical team, my week for the client."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from groups.access import group_for, own_client, program_or_first
from sessions_app.hours import selectors
from sessions_app.hours.document import hours_csv
from sessions_app.hours.makeup import give_seat_back, make_up_seats, take_seat
from sessions_app.hours.services import current_week
from vio.common import audit, wording
from vio.common.errors import BadInputError, ConflictError, NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.localtime import WeekStart, week_of
from vio.common.permissions import Permission

# The calendar's own ends are not weeks: one step further is no date at all.
FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST_NAME = 80  # of a group


@needs(Permission.SEE_HOURS)
@require_safe
def hours_board(request: PageRequest) -> HttpResponseBase:
    """Who has met the week, is on course, needs one more, cannot reach it: worst first; any week."""
    wanted = _uuid(request.GET.get("program", ""))
    program = program_or_first(request.actor, wanted, Permission.SEE_HOURS)
    group_id = _uuid(request.GET.get("group", ""))
    group = None if group_id is None else group_for(request.actor, group_id, Permission.SEE_HOURS)
    board = selectors.board(
        request.actor,
        program,
        now=timezone.now(),
        day=_day(request.GET.get("week", "")),
        state=request.GET.get("state", ""),
        group=group,
        find=request.GET.get("find", "").strip()[:LONGEST_NAME].replace("\0", ""),
        page=request.GET.get("page", 1),
    )
    audit.record(actor=request.actor, action="hours.viewed", program_id=program.pk)
    template = "board_rows.html" if request.htmx else "board.html"
    return render(request, f"sessions_app/hours/{template}", {"board": board, "program": program})


@needs(Permission.SEE_HOURS)
@require_safe
def hours_file(request: PageRequest) -> HttpResponseBase:
    """The week of every client in reach as CSV; the parameters are those of the board. Each copy is on record."""
    program = program_or_first(request.actor, _uuid(request.GET.get("program", "")), Permission.SEE_HOURS)
    group_id = _uuid(request.GET.get("group", ""))
    if group_id is not None:
        group_for(request.actor, group_id, Permission.SEE_HOURS)
    now = timezone.now()
    day, running = _day(request.GET.get("week", "")), current_week(program, now)
    week = running if day is None else min(week_of(day, WeekStart(program.week_start)), running)
    rows = selectors.week_rows(request.actor, program, week, now=now, group_id=group_id)
    if state := request.GET.get("state", ""):
        rows = rows.filter(forecast=state)
    chosen = list(selectors.worst_first(rows))
    audit.record(
        actor=request.actor, action="hours.exported", program_id=program.pk,
        details={"as": "csv", "clients": len(chosen), "week": week.first.isoformat()},
    )  # fmt: skip
    name = f"hours-{week.first:%Y-%m-%d}.csv"
    return HttpResponse(
        hours_csv(chosen),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@needs(Permission.OWN_PAGES)
@require_safe
def my_week(request: PageRequest) -> HttpResponseBase:
    """The client's hours this week, drawn; day by day; seats to come; the weeks before."""
    client = own_client(request.actor, Permission.OWN_PAGES)
    now = timezone.now()
    running = current_week(client.program, now)
    day = _day(request.GET.get("week", ""))
    week = running if day is None else min(week_of(day, WeekStart(client.program.week_start)), running)
    mine = selectors.my_hours(client, now=now, week=week)
    context = {
        "client": client,
        "program": client.program,
        "week": week,
        "running": week == running,
        "mine": mine,
        "make_up": make_up_seats(mine.reading) if mine is not None and week == running else None,
        "last_weeks": selectors.last_weeks(client, before=week),
        "now": now,
    }
    return render(request, "sessions_app/hours/my_week.html", context)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError("That is not a date.", fields={"week": "A date like 2026-04-13."}) from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadInputError("There are no hours that far away.", fields={"week": "A date like 2026-04-13."})
    return day


def _uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError from error


@needs(Permission.OWN_PAGES)
@require_POST
def make_up(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The client takes an open seat, or with `give_back` gives theirs back; a seat that is gone says so on the page."""
    client = own_client(request.actor, Permission.OWN_PAGES)
    act = give_seat_back if request.POST.get("give_back") else take_seat
    try:
        session = act(actor=request.actor, client=client, session_id=session_id, now=timezone.now())
    except ConflictError as error:
        messages.warning(request, error.message)
    else:
        zone = client.program.zone
        when = f"{wording.local_day(session.starts_at, zone)}, {wording.clock(session.starts_at, zone)}"
        done = "You gave back the seat" if act is give_seat_back else "You have a seat"
        messages.success(request, f"{done}: {when}.")
    return redirect("my_week")
