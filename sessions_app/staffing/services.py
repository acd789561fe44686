"""Writes about the staff of one session: a substitute comes, somebody joins for one evening, either is ended.

It works the day before, at 18:55 and while the room is live: the rows are what every command of the room is checked
against, so a right that went is gone with the next command, and its sockets close (AU-7).
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from groups.models import Person, StaffRole
from groups.services.enrolment import ring_person
from groups.services.leaders import HOSTS
from groups.services.meeting_times import hold_meeting_times
from sessions_app.conflicts.reading import Time, conflicts_of, require_no_conflict
from sessions_app.conflicts.rules import Kind
from sessions_app.models import ClientNote, GroupNote, Session, SessionStaff
from sessions_app.staffing.leaders import Leader, leaders_of
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission
from vio.common.realtime import ring_on_commit

ROLES = ("facilitator", "cofacilitator", "observer")


@transaction.atomic
def add_session_staff(
    *, actor: Actor, session: Session, person: Person, role: str, now: datetime,
    stands_in_for: Person | None = None, anyway: bool = False,
) -> SessionStaff:  # fmt: skip
    """Lets a member of staff lead or observe this one session, in place of somebody who leads it or besides them.

    Who is relieved keeps what they may see of the session and loses what they may do in it; their unsigned notes go over.
    Raises BadInputError for somebody who may not lead or does not lead, ConflictError for a second place or a session that
    was called off or whose notes are signed. Somebody who leads another group then is refused (`leads_twice`), or as a
    co-facilitator needs `anyway`; so does a licence that is missing for a client's home state.
    """
    actor.require(Permission.MANAGE_GROUPS, session.program_id)
    hold_meeting_times(session.program_id)
    row = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("group", "program")
        .get(pk=session.pk)
    )
    _require_open(row)
    there = {each.person.pk: each for each in leaders_of(row)}
    _check_role(row, person, role)
    _check_relieved(there, person, stands_in_for)
    if person.pk in there and there[person.pk].role == role and stands_in_for is None:
        message = "This person leads this session already."
        raise ConflictError(message, code="place_taken", fields={"person": message})
    if role != "observer":
        _check_conflicts(row, there, person, role, stands_in_for, anyway=anyway)
    place = _create(row, person, role, stands_in_for.pk if stands_in_for else None, now)
    if stands_in_for is not None:
        ring_person(stands_in_for.pk)
        if place.role != "observer":
            hand_over(row, away=stands_in_for.pk, to=person.pk)
    _tell(actor, "session.staff_added", place)
    return place


def _require_open(session: Session) -> None:
    if session.status == Session.Status.CANCELLED:
        raise ConflictError("This session was called off.", code="session_over")
    if GroupNote.objects.filter(session=session).exclude(signed_at=None).exists():
        raise ConflictError("The notes of this session are signed; who led it stays.", code="notes_signed")


def _check_role(session: Session, person: Person, role: str) -> None:
    if role not in ROLES:
        raise BadInputError(fields={"role": "Choose what this person does in the session."})
    held = StaffRole.objects.filter(program=session.program_id, person=person, withdrawn_at=None)
    if role != "observer":
        held = held.filter(role__in=HOSTS)
    if not person.is_active or not held.exists():
        raise BadInputError(fields={"person": "Choose a member of staff who may lead a room."})


def _check_relieved(there: dict[UUID, Leader], person: Person, away: Person | None) -> None:
    if away is None:
        return
    if away.pk == person.pk:
        raise BadInputError(fields={"stands_in_for": "Nobody stands in for themselves."})
    if away.pk not in there:
        raise BadInputError(fields={"stands_in_for": "This person does not lead this session."})


def _check_conflicts(
    session: Session,
    there: dict[UUID, Leader],
    person: Person,
    role: str,
    away: Person | None,
    *,
    anyway: bool,
) -> None:
    leaders = {each.person.pk: each.role for each in there.values() if each.leads and each.person != away}
    leaders[person.pk] = role
    time = Time(session.group_id, session.starts_at, session.ends_at, session.pk, leaders)
    found = [
        conflict
        for conflict in conflicts_of(session.program, [time])
        if conflict.kind is Kind.NO_LICENCE or conflict.who == person.pk
    ]
    require_no_conflict(session.program, found, anyway=anyway)


def _create(session: Session, person: Person, role: str, away: UUID | None, now: datetime) -> SessionStaff:
    # A substitute who cannot come either is followed by the next one, who stands in for the same person.
    before = session.staff.filter(person=away, ended_at=None).first() if away is not None else None
    if before is not None:
        SessionStaff.objects.filter(pk=before.pk).update(ended_at=now)
        away = before.stands_in_for_id
    try:
        with transaction.atomic():
            return SessionStaff.objects.create(
                program_id=session.program_id, session=session, person=person, role=role,
                stands_in_for_id=away, added_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        message = "This person has a place in this session already, or stands in for themselves."
        raise ConflictError(message, code="place_taken", fields={"person": message}) from error


def hand_over(session: Session, *, away: UUID, to: UUID) -> int:
    """Drafts that were begun for the one who is away are the other's: reminders go to who writes them (R15)."""
    return sum(
        model._default_manager.filter(session=session, author=away, signed_at=None).update(author=to)
        for model in (GroupNote, ClientNote)
    )


@transaction.atomic
def end_session_staff(
    *, actor: Actor, place: SessionStaff, now: datetime, anyway: bool | None = None
) -> SessionStaff:
    """Ends a place in one session: whom they stood in for leads it again.

    Raises ConflictError when it ended before, or (`leads_twice`) when whoever comes back leads another group then. Who helps
    to lead another, and a client's home state in which nobody who leads is licensed by then, are asked about
    (BadInputError beside `anyway`) unless `anyway` is True, or None (a script). A session that is over is not asked about.
    """
    actor.require(Permission.MANAGE_GROUPS, place.program_id)
    hold_meeting_times(place.program_id)
    rows = Session.objects.select_for_update(of=("self",), no_key=True).select_related("program")
    session = rows.get(pk=place.session_id)
    _require_open(session)
    if not _end(actor, session, place, now):
        raise ConflictError("This place has ended already.", code="place_ended")
    if anyway is not None and session.status != Session.Status.ENDED:
        _check_without(session, place, anyway=anyway)
    return place


def _check_without(session: Session, place: SessionStaff, *, anyway: bool) -> None:
    """Asks about who leads now that the place has ended; a refusal takes the end back."""
    time = Time(session.group_id, session.starts_at, session.ends_at, session.pk)
    found = conflicts_of(session.program, [time])
    theirs = [c for c in found if c.kind is Kind.LEADS_TWICE and c.who == place.stands_in_for_id]
    unlicensed = [c for c in found if c.kind is Kind.NO_LICENCE]
    require_no_conflict(session.program, [*theirs, *unlicensed], anyway=anyway)


def _end(actor: Actor, session: Session, place: SessionStaff, now: datetime) -> bool:
    """Ends a place, once; the session is locked. What was begun goes back to whom they stood in for."""
    if not SessionStaff.objects.filter(pk=place.pk, ended_at=None).update(ended_at=now):
        return False
    place.refresh_from_db()
    if place.stands_in_for_id is not None:
        hand_over(session, away=place.person_id, to=place.stands_in_for_id)
    _tell(actor, "session.staff_ended", place)
    return True


@transaction.atomic
def end_places_of(
    *, actor: Actor, program_id: UUID, person_id: UUID, group_id: UUID | None, from_date: date, observes: bool,
    now: datetime,
) -> int:  # fmt: skip
    """Somebody lost the right to lead: ends their places in single sessions from a date on that are not over, of one group
    or of all; their sockets look again at once (AU-7). With `observes` an observer's place stays. Returns how many ended.

    The caller has decided that the right is lost; an evening that is over stays as it was led.
    """
    held = SessionStaff.objects.filter(
        program=program_id, person=person_id, ended_at=None, session__local_date__gte=from_date
    ).exclude(session__status__in=[Session.Status.ENDED, Session.Status.CANCELLED])
    held = held.exclude(role="observer") if observes else held
    held = held if group_id is None else held.filter(session__group=group_id)
    ended = 0
    for place in held.order_by(
        "session_id"
    ):  # one order for all, so that two who lock never wait for each other
        session = Session.objects.select_for_update(no_key=True).get(pk=place.session_id)
        ended += _end(actor, session, place, now)
    return ended


def _tell(actor: Actor, action: str, place: SessionStaff) -> None:
    details = {"session": str(place.session_id), "person": str(place.person_id), "role": place.role}
    if place.stands_in_for_id is not None:
        details["stands_in_for"] = str(place.stands_in_for_id)
        ring_person(place.stands_in_for_id)
    audit.record(actor=actor, action=action, program_id=place.program_id, subject=place, details=details)
    ring_person(place.person_id)
    ring_on_commit(f"desk:{place.program_id}", {"kind": "session", "id": str(place.session_id)})
