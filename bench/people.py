"""People for the rooms: a program, groups of one facilitator and eleven clients, an evening that is due, signed-in browsers.

Written straight to the tables, because laying out a thousand people is not what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench.load.dialects import Seat

PEOPLE = 12
FIRST_NAMES = ("Abel", "Bea", "Cyrus", "Dana", "Edith", "Felix", "Greta", "Hugo", "Iris", "Jules", "Kira")


@dataclass
class Evening:
    """Rooms with everybody's way in. Seats come room by room, the facilitator first."""

    program: Any
    sessions: list[Any]
    seats: list[Seat]
    clients: list[Any]

    def of_rooms(self, rooms: int) -> list[Seat]:
        """The seats of the first so many rooms."""
        return self.seats[: rooms * PEOPLE]


def make_program(name: str, now: datetime) -> tuple[Any, Any]:
    """A program with its level of care and agreement."""
    from groups.models import Agreement, LevelOfCare, Program

    program = Program.objects.create(name=name, reconnect_grace_seconds=1800)
    level = LevelOfCare.objects.create(program=program, code="2.1", name="Intensive outpatient")
    Agreement.objects.create(
        program=program, version=1, text="What is said here stays here.", published_at=now
    )
    return program, level


def make_evening(rooms: int, now: datetime) -> Evening:
    """So many rooms whose lobby is due now."""
    from groups.models import Group
    from groups.selectors import today_of
    from sessions_app.models import Session

    program, level = make_program("Bench", now)
    today = today_of(program, now)
    groups = Group.objects.bulk_create(
        Group(program=program, name=f"Bench {n}", chat_mode="group", max_size=PEOPLE) for n in range(rooms)
    )
    sessions = Session.objects.bulk_create(
        Session(
            program=program, group=group, title="Evening group", service_type="group_therapy", local_date=today,
            starts_at=now + timedelta(minutes=1), ends_at=now + timedelta(hours=3), misses_found_at=now,
        )
        for group in groups
    )  # fmt: skip
    hosts = _staff(program, groups, today)
    clients = _clients(program, level, groups, today, now)
    share = PEOPLE - 1
    _at_the_door(program, sessions, clients, now)
    seats = []
    for n, session in enumerate(sessions):
        path = f"/ws/sessions/{session.pk}/"
        seats.append(Seat(n, path, _cookie(hosts[n], now), hosts=True))
        mine = clients[n * share : (n + 1) * share]
        seats += [Seat(n, path, _cookie(client.person, now)) for client in mine]
    return Evening(program, list(sessions), seats, clients)


def _at_the_door(program: Any, sessions: list[Any], clients: list[Any], now: datetime) -> None:
    """Everybody has said where they are tonight."""
    from sessions_app.models import DoorConfirmation

    share = PEOPLE - 1
    DoorConfirmation.objects.bulk_create(
        DoorConfirmation(
            program=program,
            session=session,
            client=client,
            state="NY",
            address="1 Main Street",
            city="Albany",
            source="client",
            at=now,
        )
        for n, session in enumerate(sessions)
        for client in clients[n * share : (n + 1) * share]
    )


def _staff(program: Any, groups: list[Any], today: Any) -> list[Any]:
    from allauth.mfa.models import Authenticator

    from groups.models import GroupStaff, StaffRole

    people = _people([("Host", str(n), f"host{n}") for n in range(len(groups))])
    StaffRole.objects.bulk_create(
        StaffRole(program=program, person=person, role="facilitator", licensed_states=["NY"])
        for person in people
    )
    GroupStaff.objects.bulk_create(
        GroupStaff(program=program, group=group, person=person, starts_on=today)
        for group, person in zip(groups, people, strict=True)
    )
    Authenticator.objects.bulk_create(
        Authenticator(user=person, type="totp", data={"secret": "bench"}) for person in people
    )
    return people


def _clients(program: Any, level: Any, groups: list[Any], today: Any, now: datetime) -> list[Any]:
    from groups.models import Agreement, AgreementAcceptance, Client, Enrolment, Membership

    agreement = Agreement.objects.get(program=program)
    names = [(name, f"Room {n}", f"{name.lower()}{n}") for n in range(len(groups)) for name in FIRST_NAMES]
    people = _people(names)
    clients = Client.objects.bulk_create(Client(program=program, person=person) for person in people)
    Enrolment.objects.bulk_create(
        Enrolment(program=program, client=client, level=level, starts_on=today) for client in clients
    )
    Membership.objects.bulk_create(
        Membership(program=program, group=groups[n // len(FIRST_NAMES)], client=client, starts_on=today)
        for n, client in enumerate(clients)
    )
    AgreementAcceptance.objects.bulk_create(
        AgreementAcceptance(program=program, client=client, agreement=agreement, at=now) for client in clients
    )
    return clients


def _people(names: list[tuple[str, str, str]]) -> list[Any]:
    from groups.models import Person

    return Person.objects.bulk_create(
        Person(email=f"{account}@bench.example", first_name=first, last_name=last, password="!")
        for first, last, account in names
    )


def _cookie(person: Any, now: datetime) -> str:
    from vio.rehearse.logins import cookie_of, mint_login

    return cookie_of(mint_login(person, now=now))
