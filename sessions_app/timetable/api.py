"""The API of changing evenings: what would happen, and the change itself."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from pydantic import Field

from groups.api.series import BreakIn, Minutes, Title
from groups.models import ServiceType
from sessions_app.access import session_for
from sessions_app.timetable.changing import (
    Preview,
    Reach,
    Shown,
    Wanted,
    change_sessions,
    preview_change,
)
from sessions_app.timetable.rules import Kind, Why
from vio.common.api.edges import Edges
from vio.common.api.schemas import Anyway, Day, Input, Instant, Output, Seen, WallTime
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("timetable")


class ChangeIn(Input):
    """How evenings are to be, and how far that goes: this one, this and the following, or all that have not begun.

    `seen` is the `mark` of a preview: the change is refused (409) when it would do anything else by now.
    """

    reach: Reach = Reach.THIS
    title: Title
    service_type: ServiceType = ServiceType.GROUP_THERAPY
    local_start: WallTime
    minutes: Minutes
    breaks: Annotated[list[BreakIn], Field(max_length=12)] = []
    on: Day | None = Field(default=None, description="Another date, for this evening alone.")
    anyway: Anyway = False
    seen: Seen | None = None

    @property
    def wanted(self) -> Wanted:
        """As the service takes it."""
        pauses = tuple((each.after_minutes, each.minutes) for each in self.breaks)
        on = self.on if self.reach is Reach.THIS else None
        return Wanted(self.title, self.service_type.value, self.local_start, self.minutes, pauses, on)


class StepOut(Output):
    """One date. `why` says why a date is kept; `clocks_change_minutes` is not 0 on the date the clocks change."""

    kind: Kind
    on: date
    session_id: UUID | None
    starts_at: Instant | None
    ends_at: Instant | None
    was_starts_at: Instant | None
    was_ends_at: Instant | None
    title: str
    why: Why | None
    clocks_change_minutes: int


class PreviewOut(Output):
    """What a change does: each date in order, how many clients, what speaks against it, and the mark to send as `seen`."""

    steps: list[StepOut]
    clients: int
    warnings: list[str]
    is_refused: bool
    mark: str


def _step_out(shown: Shown) -> StepOut:
    step = shown.step
    before, after = step.before, step.after
    named = after or before
    return StepOut(
        kind=step.kind, on=step.on, session_id=step.session, why=step.why,
        starts_at=after.starts_at if after else None, ends_at=after.ends_at if after else None,
        was_starts_at=before.starts_at if before else None, was_ends_at=before.ends_at if before else None,
        title=named.title if named else "", clocks_change_minutes=int(shown.clocks.total_seconds() // 60),
    )  # fmt: skip


def _out(found: Preview) -> PreviewOut:
    return PreviewOut(
        steps=[_step_out(each) for each in found.shown],
        clients=found.clients,
        mark=found.mark,
        warnings=[line.text for line in found.warnings],
        is_refused=found.is_refused,
    )


@edges.post("/sessions/{uuid:session_id}/change/preview", Permission.MANAGE_GROUPS, PreviewOut)
def preview_session_change(request: PageRequest, session_id: UUID, body: ChangeIn) -> PreviewOut:
    """What a change of this evening, this and the following, or all would do; nothing is written."""
    session = session_for(request.actor, session_id, Permission.MANAGE_GROUPS)
    return _out(
        preview_change(
            actor=request.actor, session=session, reach=body.reach, wanted=body.wanted, now=timezone.now()
        )
    )


@edges.post("/sessions/{uuid:session_id}/change", Permission.MANAGE_GROUPS, PreviewOut)
def change_session(request: PageRequest, session_id: UUID, body: ChangeIn) -> PreviewOut:
    """Makes the change and answers what was done; with `seen`, only if that is what was shown."""
    session = session_for(request.actor, session_id, Permission.MANAGE_GROUPS)
    return _out(
        change_sessions(
            actor=request.actor, session=session, reach=body.reach, wanted=body.wanted, now=timezone.now(),
            mark=body.seen, anyway=body.anyway,
        )
    )  # fmt: skip
