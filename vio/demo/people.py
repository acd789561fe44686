"""Who can sign in to the demo, and how: for the terminal and for scripts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from groups.factors import code_at
from vio.demo import cast


@dataclass(frozen=True)
class DemoPerson:
    """One login: `secret` is for an authenticator app (base32), `code` what it shows now; both empty for clients."""

    role: str
    name: str
    email: str
    password: str
    secret: str = ""
    code: str = ""
    group: str = ""

    def as_json(self) -> dict[str, str]:
        """All columns."""
        return asdict(self)


def demo_people(*, now: datetime) -> list[DemoPerson]:
    """Everybody who can sign in now, staff first."""
    staff = [_staff(member, now) for member in cast.STAFF]
    clients = [
        DemoPerson("client", f"{p.first} {p.last}", p.email, cast.PASSWORD, group=p.group)
        for p in cast.CLIENTS
        if p.leaves is None
    ]
    waiting = [
        DemoPerson("client (waits for a place)", f"{p.first} {p.last}", p.email, cast.PASSWORD)
        for p in cast.WAITING
    ]
    return staff + clients + waiting


def _staff(member: cast.Member, now: datetime) -> DemoPerson:
    secret = cast.factor_secret(member.email)
    groups = ", ".join(name for name, _ in member.leads)
    return DemoPerson(
        _role_words(member), f"{member.first} {member.last}", member.email, cast.PASSWORD, secret,
        code_at(secret, now), groups,
    )  # fmt: skip


def _role_words(member: cast.Member) -> str:
    return f"{member.role.value} (on call)" if member.on_call else member.role.value
