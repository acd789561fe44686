"""One small world that every permission test shares: who is allowed stands beside who is refused."""

from __future__ import annotations

from dataclasses import dataclass

from groups.actors import actor_for
from groups.models import Client, Group, Person, Program
from tests.factories import make_client, make_group, make_program, make_session, make_staff
from vio.common.actors import Actor
from vio.common.permissions import Role


@dataclass
class World:
    """Harbor with groups A and B, and Lakeside, another program. Ana and Ben are in A, Cleo in B, Dov in Lakeside."""

    program: Program
    group: Group
    other_group: Group
    facilitator: Person
    cofacilitator: Person
    other_facilitator: Person
    clinician: Person
    supervisor: Person
    director: Person
    records: Person
    admin: Person
    ana: Client
    ben: Client
    cleo: Client
    lakeside: Program
    lakeside_group: Group
    lakeside_admin: Person
    lakeside_clinician: Person
    lakeside_supervisor: Person
    dov: Client

    def actor(self, who: Person | Client, *, fresh: bool = True) -> Actor:
        """The Actor somebody is."""
        return actor_for(who.person if isinstance(who, Client) else who, source="test", fresh=fresh)


def build_world() -> World:
    """Makes the world; about forty rows."""
    harbor = make_program()
    lakeside = make_program("Lakeside Program")
    staff = {role: make_staff(harbor, role) for role in Role if role is not Role.CLIENT}
    second = make_staff(harbor, Role.FACILITATOR, first_name="Second")
    other = make_staff(harbor, Role.FACILITATOR, first_name="Other")
    group = make_group(harbor, "Evening A", staff[Role.FACILITATOR])
    group.staff.create(
        program=harbor, person=second, role="cofacilitator", starts_on=group.staff.get().starts_on
    )
    other_group = make_group(harbor, "Evening B", other)
    clinician = staff[Role.CLINICIAN]
    lakeside_facilitator = make_staff(lakeside, Role.FACILITATOR)
    lakeside_group = make_group(lakeside, "Lakeside A", lakeside_facilitator)
    return World(
        program=harbor,
        group=group,
        other_group=other_group,
        facilitator=staff[Role.FACILITATOR],
        cofacilitator=second,
        other_facilitator=other,
        clinician=clinician,
        supervisor=staff[Role.SUPERVISOR],
        director=staff[Role.DIRECTOR],
        records=staff[Role.RECORDS],
        admin=staff[Role.ADMIN],
        ana=make_client(harbor, group, clinician=clinician, first_name="Ana", last_name="Moreno"),
        ben=make_client(harbor, group, clinician=clinician, first_name="Ben", last_name="Okafor"),
        cleo=make_client(harbor, other_group, clinician=clinician, first_name="Cleo", last_name="Park"),
        lakeside=lakeside,
        lakeside_group=lakeside_group,
        lakeside_admin=make_staff(lakeside, Role.ADMIN),
        lakeside_clinician=make_staff(lakeside, Role.CLINICIAN),
        lakeside_supervisor=make_staff(lakeside, Role.SUPERVISOR),
        dov=make_client(lakeside, lakeside_group, first_name="Dov", last_name="Levi"),
    )


__all__ = ["World", "build_world", "make_session"]
