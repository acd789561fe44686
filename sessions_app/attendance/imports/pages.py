"""What the pages of imports show, put together for the templates: no template asks a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.forms import BoundField

from sessions_app.attendance.imports.forms import DecisionForm, end_field
from sessions_app.attendance.imports.rules.lines import Vendor
from sessions_app.attendance.imports.rules.matching import By
from sessions_app.attendance.imports.rules.outcome import Known, Preview, decided, field_of
from sessions_app.attendance.imports.rules.stays import Stay
from sessions_app.attendance.imports.selectors import Change, changes, contents_of, imports_of, seats_of
from sessions_app.attendance.imports.words import FINDINGS, TROUBLES, VENDORS
from sessions_app.models import AttendanceImport, PresenceEvidence, Session
from vio.common.errors import BadInputError

MOST_BAD_SHOWN = 100


@dataclass(frozen=True)
class StayLine:
    """One stay as it is shown: what is odd about it, and the tick that says they stayed."""

    stay: Stay
    notes: tuple[str, ...]
    end: BoundField | None


@dataclass(frozen=True)
class PersonLine:
    """Somebody in the log; `client` is the name on the sheet when that is certain."""

    title: str
    client: str
    by: str
    hint: str
    ids: tuple[str, ...]
    stays: tuple[StayLine, ...]
    who: BoundField | None


@dataclass(frozen=True)
class BadLineShown:
    """A line that could not be used."""

    number: int
    why: str
    code: str
    shown: str


@dataclass(frozen=True)
class Draft:
    """A log to decide about."""

    vendor: str
    asked: tuple[PersonLine, ...]
    certain: tuple[PersonLine, ...]
    others: tuple[PersonLine, ...]
    bad: tuple[BadLineShown, ...]
    more_bad: int
    skipped: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Listed:
    """An import in the list."""

    row: AttendanceImport
    vendor: str
    badge: str


@dataclass(frozen=True)
class StandingStay:
    """A stay that became evidence."""

    start: datetime
    end: datetime | None
    lobby: bool


def listed(session: Session) -> list[Listed]:
    """The imports of a session, newest first."""
    return [Listed(row, VENDORS[Vendor(row.vendor)], row.status) for row in imports_of(session)]


def draft(
    session: Session, row: AttendanceImport, preview: Preview, form: DecisionForm, *, figures: bool = True
) -> Draft:
    """Everything about a draft; without `figures` nothing of what is counted for anybody now."""
    names = {seat.client_id: seat.name for seat in seats_of(session)}

    def lines(found: list[Known]) -> tuple[PersonLine, ...]:
        return tuple(_person(known, _name(known, names), form) for known in found)

    return Draft(
        vendor=VENDORS[Vendor(row.vendor)],
        asked=lines(preview.asked),
        certain=lines(preview.certain),
        others=lines([*preview.staff, *preview.idle]),
        bad=tuple(
            BadLineShown(bad.number, TROUBLES[bad.code], bad.code.value, bad.shown)
            for bad in preview.log.bad[:MOST_BAD_SHOWN]
        ),
        more_bad=max(len(preview.log.bad) - MOST_BAD_SHOWN, 0),
        skipped=preview.log.skipped,
        changes=tuple(_certain_changes(session, row, preview)) if figures else (),
    )


def _certain_changes(session: Session, row: AttendanceImport, preview: Preview) -> list[Change]:
    """What would change by those alone who are certain, with no missing end filled in."""
    roster = {known.match.client_id for known in preview.certain if known.match.client_id}
    try:
        counted = decided(preview, {known.entry.key: None for known in preview.asked}, (), roster)
    except BadInputError:  # nothing of it is certain
        return []
    return changes(session, row, counted)


def _name(known: Known, names: Mapping[UUID, str]) -> str:
    return names[known.match.client_id] if known.match.client_id else ""


_BY = {
    By.ACCOUNT: "by their account",
    By.EMAIL: "by their e-mail address",
    By.STAFF: "works here",
    By.UNCLEAR: "account and address in the log are of two people",
    By.NOBODY: "",
}


def _person(known: Known, client: str, form: DecisionForm) -> PersonLine:
    entry, field = known.entry, field_of(known)
    return PersonLine(
        title=", ".join(entry.names) or "No name",
        client=client,
        by=_BY[known.match.by],
        hint=_hint(known),
        ids=entry.emails,
        stays=tuple(_stay(stay, form) for stay in entry.stays),
        who=form[field] if field in form.fields else None,
    )


def _hint(known: Known) -> str:
    if known.match.same_name > 1:
        return f"{known.match.same_name} people on the sheet have this name."
    return "Somebody on the sheet has this name. That alone proves nothing." if known.match.same_name else ""


def _stay(stay: Stay, form: DecisionForm) -> StayLine:
    name = end_field(stay)
    return StayLine(
        stay,
        tuple(FINDINGS[finding] for finding in stay.findings),
        form[name] if name in form.fields else None,
    )


def stood(session: Session, row: AttendanceImport) -> list[tuple[str, list[StandingStay]]]:
    """Whose evidence an accepted import became, from its evidence: (name, stays), by name."""
    rows = PresenceEvidence.objects.filter(session=session, connection__in=contents_of(row).connections)
    facts: dict[tuple[str, object], dict[str, datetime]] = defaultdict(dict)
    for fact in rows.exclude(kind="withdrawn").select_related("person"):
        facts[fact.person.full_name, fact.connection][fact.kind] = fact.at
    found: dict[str, list[StandingStay]] = defaultdict(list)
    for (name, _), kinds in facts.items():
        found[name].append(StandingStay(kinds["opened"], kinds.get("closed"), "admitted" not in kinds))
    return [(name, sorted(found[name], key=_begin)) for name in sorted(found, key=str.casefold)]


def _begin(stay: StandingStay) -> datetime:
    return stay.start
