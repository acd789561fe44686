"""The demo program before its first evening: levels, policies, agreement, staff, groups and who joins when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import tink
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password

from groups.factors import unseal_secret
from groups.models import Group, LevelOfCare, Person, Program
from groups.selectors import current_agreement
from groups.services.agreements import accept_agreement, publish_agreement
from groups.services.contact_ways import note_safe_ways
from groups.services.enrolment import (
    add_client,
    apply_due_levels,
    change_dose,
    end_enrolment,
    enrol_client,
    save_contact,
)
from groups.services.leaders import assign_staff
from groups.services.memberships import add_member, save_group
from groups.services.people import PersonDetails
from groups.services.programs import save_level
from groups.services.staff import add_staff
from groups.services.weeks import make_week
from sessions_app.attendance.gather import policy_in_force
from sessions_app.hours.policies import versions_of
from vio.common import audit
from vio.common.permissions import Role
from vio.demo import cast
from vio.demo.book import Book

LEVELS = (
    ("1", "Outpatient", 180, 1),
    ("2.1", "Intensive outpatient", 540, 3),
    ("2.5", "Partial hospitalization", 1200, 5),
)
AGREEMENT = """What is said here, and who is here, stays here.

I come on time, in a private place, with headphones if others are near, and I stay until the end.
I do not record and take no pictures of the screen. My camera is on when I can.
I come sober. If I have used, I say so to a facilitator; I will not be shamed for it.
I speak for myself and let others finish. I may pass.
If I think of hurting myself or somebody else, I tell the staff at once, or call 988 or 911.
The facilitators may ask me to leave an evening; that evening then counts as missed."""
CARED_BY = (Role.CLINICIAN,)


def found_program(*, began: date, now: datetime, seed: int) -> Book:
    """The program with its staff, groups and timetables, as of the Friday before week 0 (`now`)."""
    program = Program.objects.create(name=cast.PROGRAM_NAME, help_line="555-0142", is_demo=True)
    book = Book(program, began, seed)
    audit.record(actor=book.house, action="program.founded", program_id=program.pk, subject=program)
    for code, name, minutes, days in LEVELS:
        values = {"code": code, "name": name, "weekly_minutes": minutes, "weekly_days": days}
        save_level(actor=book.house, program=program, values=values)
    policy_in_force(program.pk, now.date())  # a program that has none gets the defaults
    versions_of(program.pk)
    publish_agreement(actor=book.house, program=program, text=AGREEMENT, now=now)
    for member in cast.STAFF:
        _hire(book, member, now)
    open_accounts([member.email for member in cast.STAFF], second_factor=True)
    for name in cast.TRACKS:
        _found_group(book, name, now)
    return book


def _hire(book: Book, member: cast.Member, now: datetime) -> None:
    states = ["NJ", "NY"] if member.credentials else []
    add_staff(
        actor=book.house, program=book.program, role=member.role, now=now, credentials=member.credentials,
        person=PersonDetails(member.email, member.first, member.last), licensed_states=states,
        is_on_call=member.on_call,
    )  # fmt: skip


def open_accounts(emails: list[str], *, second_factor: bool = False) -> None:
    """What accepting an invitation does, for people nobody invites: password, verified address, second factor."""
    Person.objects.filter(email__in=emails).update(password=_password())
    EmailAddress.objects.filter(email__in=emails).update(verified=True)
    if second_factor:
        for person in Person.objects.filter(email__in=emails):
            give_factor(person)


_hashed: list[str] = []


def _password() -> str:
    # Hashing is slow on purpose; the one password that all of them share is hashed once.
    if not _hashed:
        _hashed.append(make_password(cast.PASSWORD))
    return _hashed[0]


def give_factor(person: Person) -> None:
    """Enrols the authenticator app whose secret follows from this installation's key."""
    Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).delete()
    TOTP.activate(person, cast.factor_secret(person.email))


def _found_group(book: Book, name: str, now: datetime) -> Group:
    group = make_week(actor=book.house, program=book.program, group_name=name, starts_on=book.began, now=now)
    values = {
        "track": cast.TRACKS[name], "chat_mode": cast.CHAT_MODES[name], "min_size": 4, "max_size": 12,
        "fallback_phone": "555-0190", "fallback_code": cast.BRIDGE_CODES[name],
    }  # fmt: skip
    group = save_group(actor=book.house, program=book.program, values=values, now=now, group=group)
    for member in cast.STAFF:
        for led, role in member.leads:
            if led == name:
                assign_staff(
                    actor=book.house, group=group, person=book.person(member), role=role,
                    starts_on=now.astimezone(book.program.zone).date(), now=now,
                )  # fmt: skip
    return group


# --- clients come and go ------------------------------------------------------------------------------------


def changes_of(book: Book, on: date) -> None:
    """Who joins, steps down or is let go on the morning of a date (Mondays)."""
    if on.weekday() != 0:
        return
    week, now = book.week_of(on), book.at(on, 8, 30)
    joining = [player for player in cast.CLIENTS if player.joins == week]
    for player in joining:
        _admit(book, player, on, now)
    if joining:
        open_accounts([player.email for player in joining])
    for player in cast.CLIENTS:
        for step_week, code in player.steps:
            if step_week == week:
                _step(book, player, code, on, now)
        if player.leaves == week:
            _let_go(book, player, on, now)
    apply_due_levels(now=now)


def _admit(book: Book, player: cast.Player, on: date, now: datetime) -> None:
    clinicians = [member for member in cast.STAFF if member.role in CARED_BY]
    random = book.stream("chart", player.email)
    client = add_client(
        actor=book.house, program=book.program, person=PersonDetails(player.email, player.first, player.last),
        now=now, privacy_name=player.privacy_name, phone=f"555-01{random.randint(50, 99)}",
        home_state=random.choice(["NY", "NY", "NJ"]),
    )  # fmt: skip
    book.__dict__.pop("people", None)
    book.__dict__.pop("clients", None)
    enrol_client(
        actor=book.house, client=client, level=_level(book, player.level), starts_on=on, now=now,
        primary_clinician_id=book.person(clinicians[cast.CLIENTS.index(player) % len(clinicians)]).pk,
    )  # fmt: skip
    add_member(actor=book.house, group=book.groups[player.group], client=client, starts_on=on, now=now)
    agreement = current_agreement(book.program.pk)
    if agreement is not None:
        accept_agreement(actor=book.actor(player), client=client, agreement=agreement, now=now)
    if random.random() < 0.8:
        save_contact(
            actor=book.house, client=client, name=random.choice(["R. Adair", "M. Stone", "K. Lowell"]),
            phone=f"555-01{random.randint(50, 99)}", relation=random.choice(["sister", "partner", "friend"]),
            consent_given=random.random() < 0.7,
        )  # fmt: skip
    asked = (
        random.random() < 0.7
    )  # most were asked whether somebody else may see or hear what is left on their phone
    note_safe_ways(
        actor=book.house, client=client, values={"text_is_safe": asked, "voice_message_is_safe": asked}
    )


def _level(book: Book, code: str) -> LevelOfCare:
    return LevelOfCare.objects.get(program=book.program, code=code)


def _step(book: Book, player: cast.Player, code: str, on: date, now: datetime) -> None:
    level = _level(book, code)
    enrolment = book.client(player).enrolments.get(ends_on=None)
    change_dose(
        actor=book.house, enrolment=enrolment, starts_on=on, weekly_minutes=level.weekly_minutes,
        weekly_days=level.weekly_days, now=now, level=level, reason="Criteria of the next level are met.",
    )  # fmt: skip


def _let_go(book: Book, player: cast.Player, on: date, now: datetime) -> None:
    enrolment = book.client(player).enrolments.get(ends_on=None)
    last = on - timedelta(days=1)
    end_enrolment(actor=book.house, enrolment=enrolment, ends_on=last, reason="no_contact", now=now)


def find_program() -> Program | None:
    """The demo program, if there is one."""
    return Program.objects.filter(is_demo=True, name=cast.PROGRAM_NAME).order_by("created_at").first()


def keep_factors(book: Book) -> None:
    """Sees to it that the secrets which are printed are those that work, after the installation's key was changed too."""
    for member in cast.STAFF:
        row = Authenticator.objects.filter(user=book.person(member), type=Authenticator.Type.TOTP).first()
        if row is None or _secret_of(row) != cast.factor_secret(member.email):
            give_factor(book.person(member))


def _secret_of(row: Any) -> str:
    try:
        return unseal_secret(row.data["secret"])
    except (tink.TinkError, KeyError, ValueError):
        return ""
