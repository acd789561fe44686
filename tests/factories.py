"""Makes valid objects; a test states only what matters to it."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone

from groups.models import (
    Agreement,
    AgreementAcceptance,
    Client,
    Enrolment,
    Group,
    GroupStaff,
    LevelOfCare,
    Membership,
    Person,
    PrescribedDose,
    Program,
    Series,
    StaffRole,
)
from sessions_app.models import AttendancePolicy, DoorConfirmation, HoursPolicy, Session
from sessions_app.room.door.services import Whereabouts, confirm_door
from vio.common.actors import system_actor
from vio.common.permissions import Role

_counter = itertools.count(1)

# A Monday in April, New York: 17:30 there is 21:30Z (domain reference, section 13).
MONDAY = date(2026, 4, 13)
MONDAY_START = datetime(2026, 4, 13, 21, 30, tzinfo=UTC)
LONG_AGO = date(2026, 1, 1)
COUNTABLE = [
    "group_therapy", "individual", "family", "multifamily", "psychoeducation", "skills", "relapse_prevention",
    "twelve_step", "mindfulness", "cbt", "medication",
]  # fmt: skip


def make_person(first_name: str = "Robin", last_name: str = "Quill", **fields: object) -> Person:
    """A person with a verified address and the password "correct horse battery"."""
    number = next(_counter)
    person = Person.objects.create_user(
        email=str(fields.pop("email", f"person{number}@example.org")),
        password="correct horse battery",
        first_name=first_name,
        last_name=last_name,
        **fields,
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def add_second_factor(person: Person) -> str:
    """Enrols an authenticator app; returns its secret."""
    from allauth.mfa.totp.internal.auth import TOTP

    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    return secret


def make_program(name: str = "Harbor Evening Program", **fields: object) -> Program:
    """A program in New York with a level 2.1, the default policies and an agreement."""
    program = Program.objects.create(name=name, help_line="555-0100", **fields)
    LevelOfCare.objects.create(program=program, code="2.1", name="Intensive outpatient")
    AttendancePolicy.objects.create(program=program, version=1, effective_from=LONG_AGO)
    HoursPolicy.objects.create(program=program, version=1, effective_from=LONG_AGO, countable=COUNTABLE)
    Agreement.objects.create(
        program=program,
        version=1,
        text="What is said here stays here.",
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return program


def make_staff(program: Program, role: Role, *, factor: bool = True, **fields: object) -> Person:
    """A member of staff with a second factor (required to act, AU-2)."""
    on_call = bool(fields.pop("is_on_call", False))
    person = make_person(**{"first_name": role.value.title(), "last_name": "Staff", **fields})  # type: ignore[arg-type]
    StaffRole.objects.create(
        program=program, person=person, role=role, credentials="LCSW", is_on_call=on_call,
        licensed_states=["NY"],
    )  # fmt: skip
    if factor:
        add_second_factor(person)
    return person


def make_client(
    program: Program, group: Group | None = None, *, agreed: bool = True, enrolled: bool = True,
    clinician: Person | None = None, **fields: object,
) -> Client:  # fmt: skip
    """A client, enrolled at 9 hours a week, in the group if one is given, with the agreement accepted."""
    client = Client.objects.create(program=program, person=make_person(**fields))  # type: ignore[arg-type]
    if enrolled:
        level = LevelOfCare.objects.get(program=program, code="2.1")
        enrolment = Enrolment.objects.create(
            program=program, client=client, level=level, primary_clinician=clinician, starts_on=LONG_AGO
        )
        PrescribedDose.objects.create(program=program, enrolment=enrolment, starts_on=LONG_AGO)
    if group is not None:
        Membership.objects.create(program=program, group=group, client=client, starts_on=LONG_AGO)
    if agreed:
        AgreementAcceptance.objects.create(
            program=program,
            client=client,
            agreement=Agreement.objects.get(program=program),
            at=datetime(2026, 1, 2, tzinfo=UTC),
        )
    return client


def make_group(
    program: Program, name: str = "Evening A", facilitator: Person | None = None, **fields: object
) -> Group:
    """A group, led by the facilitator if one is given."""
    group = Group.objects.create(program=program, name=name, **fields)
    if facilitator is not None:
        GroupStaff.objects.create(program=program, group=group, person=facilitator, starts_on=LONG_AGO)
    return group


def make_series(group: Group, **fields: object) -> Series:
    """The sample week: Monday to Thursday, 17:30-20:45, a break after 90 minutes."""
    given = {
        "title": "Evening group", "rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH", "local_start": time(17, 30),
        "minutes": 195, "breaks": [[90, 15]], "starts_on": MONDAY, **fields,
    }  # fmt: skip
    return Series.objects.create(program=group.program, group=group, **given)


def make_session(
    group: Group, *, starts_at: datetime = MONDAY_START, minutes: int = 90, **fields: object
) -> Session:
    """One session of the group; scheduled unless `status` says otherwise."""
    given = {
        "title": "Evening group", "service_type": group.service_type,
        "local_date": starts_at.astimezone(group.program.zone).date(), **fields,
    }  # fmt: skip
    return Session.objects.create(
        program=group.program,
        group=group,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        **given,
    )


WHEREABOUTS = Whereabouts("12 Elm St", "Albany", "NY", "Rosa Quill", "518-555-0102", "mother")


def at_the_door(
    session: Session, client: Client, *, where: Whereabouts = WHEREABOUTS, at: datetime | None = None
) -> DoorConfirmation:
    """The client has said where they are for this session, so that the room takes them in."""
    now = at or timezone.now()
    return confirm_door(actor=system_actor("test"), session=session, client=client, where=where, now=now)


def recovery_codes_of(person: Person) -> int:
    """How many authenticators of the recovery kind a person has."""
    return Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).count()
