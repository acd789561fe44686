"""Who is in the demo program. Every name is invented; whoever can read this file can sign in as any of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from vio.common.permissions import Role
from vio.demo.personas import Persona

PROGRAM_NAME = "Harbor Evening Program"
PASSWORD = "harbor evening light"  # noqa: S105  # of invented people; printed at every start of the demo
DOMAIN = "harbor.example"
SECRET_BYTES = 20

CEDAR, LANTERN = "Cedar evening", "Lantern evening"
TRACKS = {CEDAR: "early recovery", LANTERN: "relapse prevention"}
BRIDGE_CODES = {CEDAR: "4417#", LANTERN: "8206#"}
"""The code of each group's phone bridge, for an evening when the room fails."""
CHAT_MODES = {CEDAR: "group", LANTERN: "staff_only"}


def address_of(first: str, last: str) -> str:
    """The address somebody of the demo signs in with."""
    return f"{first}.{last}@{DOMAIN}".lower().replace(" ", "").replace("'", "")


def factor_secret(email: str) -> str:
    """The secret of somebody's authenticator app, base32: derived from this installation's secret key, stored nowhere
    else in the clear."""
    digest = salted_hmac("vio.demo.second_factor", email, algorithm="sha256").digest()
    return base64.b32encode(digest[:SECRET_BYTES]).decode()


@dataclass(frozen=True)
class Member:
    """A member of staff; `leads` are (group, role in it)."""

    first: str
    last: str
    role: Role
    credentials: str = ""
    on_call: bool = False
    leads: tuple[tuple[str, str], ...] = ()

    @property
    def email(self) -> str:
        """The address they sign in with."""
        return address_of(self.first, self.last)


@dataclass(frozen=True)
class Player:
    """A client: where they meet, how they tend to do, and when they came and went (weeks of the history, from 0).

    `steps` are (week, level) changes after the first level; `leaves` is the week in which the team ended the episode.
    """

    first: str
    last: str
    group: str
    persona: Persona
    joins: int = 0
    leaves: int | None = None
    level: str = "2.1"
    steps: tuple[tuple[int, str], ...] = ()
    privacy_name: str = ""

    @property
    def email(self) -> str:
        """The address they sign in with."""
        return address_of(self.first, self.last)


STAFF = (
    Member("Maya", "Lindqvist", Role.FACILITATOR, "LCSW", leads=((CEDAR, "facilitator"),)),
    Member("Daniel", "Arroyo", Role.FACILITATOR, "LMHC", leads=((LANTERN, "facilitator"),)),
    Member(
        "Theo", "Okonjo", Role.FACILITATOR, "CASAC",
        leads=((CEDAR, "cofacilitator"), (LANTERN, "cofacilitator")),
    ),
    Member("Priya", "Raman", Role.CLINICIAN, "PsyD", on_call=True),
    Member("Samuel", "Whitlock", Role.CLINICIAN, "LMFT"),
    Member("Ingrid", "Halvorsen", Role.SUPERVISOR, "PhD"),
    Member("Marcus", "Bellamy", Role.DIRECTOR, "LCSW-R"),
    Member("Joan", "Castellano", Role.RECORDS),
    Member("Wei", "Zhang", Role.ADMIN),
)  # fmt: skip

CLIENTS = (
    Player("Ana", "Moreno", CEDAR, Persona.PERFECT),
    Player("Ben", "Okafor", CEDAR, Persona.STEADY),
    Player("Chloe", "Winters", CEDAR, Persona.STRUGGLING),
    Player("Dmitri", "Sokolov", CEDAR, Persona.LATECOMER),
    Player("Elena", "Vargas", CEDAR, Persona.IMPROVING, level="2.5", steps=((2, "2.1"),)),
    Player("Farid", "Haddad", CEDAR, Persona.RELAPSE),
    Player("Gwen", "Ashby", CEDAR, Persona.STEADY, steps=((9, "1"),)),
    Player("Jonah", "Pike", CEDAR, Persona.STEADY, joins=2),
    Player("Keiko", "Tanaka", CEDAR, Persona.IMPROVING, joins=4),
    Player("Luis", "Ferrer", CEDAR, Persona.STEADY, joins=7, privacy_name="Lou"),
    Player("Tessa", "Vance", CEDAR, Persona.DROPOUT, leaves=7),
    Player("Ana", "Bergstrom", LANTERN, Persona.IMPROVING),
    Player("Caleb", "Nwosu", LANTERN, Persona.STEADY),
    Player("Deja", "Coleman", LANTERN, Persona.RELAPSE),
    Player("Emil", "Novak", LANTERN, Persona.PERFECT, steps=((8, "1"),)),
    Player("Fiona", "Gallagher", LANTERN, Persona.STEADY),
    Player("Hassan", "Qureshi", LANTERN, Persona.LATECOMER),
    Player("Ivy", "Tran", LANTERN, Persona.STRUGGLING),
    Player("Jamal", "Whitfield", LANTERN, Persona.STEADY, joins=3),
    Player("Nora", "Feld", LANTERN, Persona.IMPROVING, joins=5),
    Player("Owen", "Marsh", LANTERN, Persona.STEADY, joins=8),
    Player("Silas", "Kent", LANTERN, Persona.DROPOUT, leaves=6),
)

WAITING = (
    Player("Rosa", "Linden", CEDAR, Persona.STEADY),
    Player("Marek", "Dvorak", CEDAR, Persona.STEADY),
)
"""Admitted, and waiting for a place in a group."""
