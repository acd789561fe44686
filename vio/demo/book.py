"""What every part of the history needs at hand: the program, who acts, local times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from random import Random
from uuid import UUID

from groups.actors import actor_for
from groups.models import Client, Group, Person, Program
from sessions_app.room.door.services import Whereabouts
from vio.common.actors import Actor, system_actor
from vio.common.localtime import to_instant
from vio.common.permissions import Role
from vio.demo import cast
from vio.demo.personas import stream

SOURCE = "demo"
WHEREABOUTS = Whereabouts("18 Harbor Lane", "Albany", "NY", "R. Adair", "518-555-0160", "sister")
"""Where an invented client is, and whom to call for them."""


@dataclass
class Book:
    """The demo program as the history writes it. `began` is the Monday of week 0; `seed` chooses one of many lives."""

    program: Program
    began: date
    seed: int
    at_the_door: set[UUID] = field(default_factory=set)
    """Clients who are known to have said at the door where they are."""
    _actors: dict[UUID, Actor] = field(default_factory=dict)

    @cached_property
    def people(self) -> dict[str, Person]:
        """Everybody by address."""
        return {p.email: p for p in Person.objects.filter(email__endswith=f"@{cast.DOMAIN}")}

    @cached_property
    def clients(self) -> dict[str, Client]:
        """The charts by address."""
        rows = Client.objects.filter(program=self.program).select_related("person", "program")
        return {row.person.email: row for row in rows}

    @cached_property
    def groups(self) -> dict[str, Group]:
        """The two groups by name."""
        rows = Group.objects.filter(program=self.program, name__in=cast.TRACKS).select_related("program")
        return {row.name: row for row in rows}

    def person(self, who: cast.Member | cast.Player) -> Person:
        """Somebody's account."""
        return self.people[who.email]

    def client(self, player: cast.Player) -> Client:
        """Somebody's chart."""
        return self.clients[player.email]

    def actor(self, who: cast.Member | cast.Player) -> Actor:
        """Somebody acting, freshly signed in."""
        person = self.person(who)
        if person.pk not in self._actors:
            self._actors[person.pk] = actor_for(person, source=SOURCE, fresh=True)
        return self._actors[person.pk]

    @property
    def house(self) -> Actor:
        """The system acting by itself."""
        return system_actor(SOURCE)

    def staff(self, role: Role, *, number: int = 0) -> cast.Member:
        """The n-th member of staff with a role."""
        return [member for member in cast.STAFF if member.role is role][number]

    def leader(self, group: str, role: str = "facilitator") -> cast.Member:
        """Who leads a group, or helps to."""
        return next(member for member in cast.STAFF if (group, role) in member.leads)

    def at(self, on: date, hour: int, minute: int = 0, *, second: int = 0) -> datetime:
        """The instant of a wall time of the program."""
        return to_instant(datetime.combine(on, time(hour, minute, second)), self.program.zone)

    def minute(self, on: date, minute: int) -> datetime:
        """The instant of a minute of a local day."""
        return self.at(on, 0) + timedelta(minutes=minute) if minute < 60 else self.at(on, *divmod(minute, 60))

    def week_of(self, on: date) -> int:
        """Which week of the history a date lies in, from 0."""
        return (on - self.began).days // 7

    def day_of(self, week: int, weekday: int = 0) -> date:
        """A date of the history."""
        return self.began + timedelta(days=7 * week + weekday)

    def stream(self, *parts: object) -> Random:
        """The random stream of one thing in this life."""
        return stream(self.seed, *parts)

    def players(self, on: date) -> list[cast.Player]:
        """The clients of the cast who are enrolled on a date, as far as the history has admitted them."""
        week = self.week_of(on)
        here = [p for p in cast.CLIENTS if p.joins <= week and (p.leaves is None or week < p.leaves)]
        return [p for p in here if p.email in self.clients]
