"""The client page: check-ins, attendance, hours, notes and alerts on one axis of time, as far as the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from checkins.models import Alert, CheckIn
from checkins.selectors.desk import last_checkins, tonight_of
from checkins.selectors.trends import clinical_trend, latest_attendance
from groups.models import Client, EmergencyContact, Enrolment, PrescribedDose
from sessions_app.models import AttendanceRecord, ClientNote, Session, WeekHours
from vio.common.actors import Actor
from vio.common.charts.trend import Trend
from vio.common.permissions import Permission

DAYS = 84
WEEKS = 12


@dataclass(frozen=True)
class Entry:
    """One line of the timeline: when, what kind, in words, and where it leads."""

    on: date
    at: datetime
    kind: str  # attendance, alert, note, checkin
    state: str
    words: str
    url_name: str = ""
    key: str = ""


@dataclass(frozen=True)
class ClientPage:
    """A client's page for one reader; a part the reader may not see is None, an empty part is empty."""

    client: Client
    enrolment: Enrolment | None
    dose: PrescribedDose | None
    contacts: Sequence[EmergencyContact] | None
    trend: Trend | None
    checkins: Sequence[CheckIn] | None
    weeks: Sequence[WeekHours] | None
    timeline: Sequence[Entry]
    tonight: Session | None
    groups: Sequence[str]


def client_page(actor: Actor, client: Client, *, now: datetime) -> ClientPage:
    """The page of one client, twelve weeks back."""
    today = now.astimezone(client.program.zone).date()
    first = today - timedelta(days=DAYS - 1)
    sees = {p: actor.may(p, client.program_id) for p in Permission}
    clinical = sees[Permission.SEE_CHECKINS]
    enrolment = _enrolment(client, today)
    return ClientPage(
        client=client,
        enrolment=enrolment,
        dose=_dose(enrolment, today),
        contacts=list(client.emergency_contacts.all()) if clinical else None,
        trend=_trend(client, now, sees[Permission.SEE_ATTENDANCE]) if clinical else None,
        checkins=last_checkins(client, 10) if clinical else None,
        weeks=_weeks(client) if sees[Permission.SEE_HOURS] else None,
        timeline=_timeline(client, first, today, sees),
        tonight=tonight_of(client, today),
        groups=_groups(client, today),
    )


def _trend(client: Client, now: datetime, with_sessions: bool) -> Trend:
    return clinical_trend(client, now=now, days=DAYS, with_sessions=with_sessions, key="client-trend")


def _enrolment(client: Client, today: date) -> Enrolment | None:
    return (
        client.enrolments.filter(starts_on__lte=today)
        .select_related("level", "primary_clinician")
        .order_by("-starts_on")
        .first()
    )


def _dose(enrolment: Enrolment | None, today: date) -> PrescribedDose | None:
    if enrolment is None:
        return None
    return enrolment.doses.filter(starts_on__lte=today).order_by("-starts_on").first()


def _weeks(client: Client) -> list[WeekHours]:
    return list(WeekHours.objects.filter(client=client).order_by("-week")[:WEEKS])


def _groups(client: Client, today: date) -> list[str]:
    places = client.memberships.filter(starts_on__lte=today).select_related("group")
    return [place.group.name for place in places if place.ends_on is None or place.ends_on >= today]


def _timeline(client: Client, first: date, last: date, sees: dict[Permission, bool]) -> list[Entry]:
    entries: list[Entry] = []
    if sees[Permission.SEE_ATTENDANCE]:
        entries += [_of_attendance(record) for record in latest_attendance(client, first, last)]
    if sees[Permission.SEE_ALERTS]:
        alerts = Alert.objects.filter(client=client, local_date__range=(first, last))
        entries += [_of_alert(alert) for alert in alerts]
    if sees[Permission.SEE_NOTES]:
        notes = ClientNote.objects.filter(client=client, session__local_date__range=(first, last))
        entries += [_of_note(note) for note in notes.select_related("session")]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _of_attendance(record: AttendanceRecord) -> Entry:
    words = f"{record.session.title}: {record.credited_minutes} of {record.delivered_minutes} minutes"
    return Entry(
        record.local_date,
        record.session.starts_at,
        "attendance",
        record.status,
        words,
        "session_attendance",
        str(record.session_id),
    )


def _of_alert(alert: Alert) -> Entry:
    reasons = len(alert.reasons)
    words = f"Alert, {reasons} reason{'' if reasons == 1 else 's'}, {alert.status}"
    return Entry(alert.local_date, alert.raised_at, "level", alert.level, words, "alert", str(alert.pk))


def _of_note(note: ClientNote) -> Entry:
    state = "signed" if note.signed_at else "draft"
    at = note.signed_at or note.changed_at
    return Entry(
        note.session.local_date,
        at,
        "note",
        state,
        f"Note: {note.session.title}",
        "session_notes",
        str(note.session_id),
    )
