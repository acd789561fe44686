"""Proofs of life, written for all connections of the process in one statement per tick (AT-3).

A heartbeat is answered from memory; this only remembers when it came. What could not be written is tried again with the next
tick: of each connection only the latest proof matters. A proof that the database refuses for good is left out by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError

from sessions_app.room import statements
from sessions_app.room.models import EvidenceKind
from sessions_app.room.rows import EvidenceRow
from vio.common import logs
from vio.common.scope import scope

_log = logs.log(__name__)
TICK = 1.5
"""Seconds between two statements."""


class Proof(NamedTuple):
    """A connection was alive at an instant of the server's clock."""

    session_id: UUID
    program_id: UUID
    person_id: UUID
    client_id: UUID | None
    connection: UUID
    at: datetime


def write_proofs(proofs: Sequence[Proof]) -> None:
    """Appends one row per proof, in one statement; a repeat changes nothing (AT-9)."""
    if not proofs:
        return
    with scope({proof.program_id for proof in proofs}):
        statements.prove(
            [
                EvidenceRow(
                    proof.session_id,
                    proof.program_id,
                    proof.person_id,
                    proof.client_id,
                    proof.connection,
                    EvidenceKind.SEEN.value,
                    "",
                    proof.at,
                )
                for proof in proofs
            ]
        )


def write_what_is_accepted(proofs: Sequence[Proof]) -> None:
    """Appends the proofs; each that names what does not exist is left out and logged, the others are written.

    A statement that was refused is tried again in halves, so that one proof costs a few statements and its own connection.
    Raises DatabaseError for any other trouble: a part may be written then, and all may be tried again (AT-9).
    """
    try:
        write_proofs(proofs)
    except IntegrityError:
        if len(proofs) == 1:
            refused = proofs[0]
            session, link = str(refused.session_id), str(refused.connection)
            _log.error("room.proof_refused", session=session, connection=link, exc_info=True)
            return
    else:
        return
    half = len(proofs) // 2
    write_what_is_accepted(proofs[:half])
    write_what_is_accepted(proofs[half:])


class PresenceWriter:
    """Collects the latest proof of each connection until the next tick."""

    def __init__(self) -> None:
        self._latest: dict[UUID, Proof] = {}

    def note(self, proof: Proof) -> None:
        """A heartbeat came."""
        self._latest[proof.connection] = proof

    def forget(self, connection: UUID, *, after: datetime | None = None) -> None:
        """The connection's end is written elsewhere; nothing after it may be. With `after`, an earlier proof stays."""
        proof = self._latest.get(connection)
        if proof is not None and (after is None or proof.at > after):
            del self._latest[connection]

    def take(self) -> list[Proof]:
        """Everything to be written now."""
        proofs, self._latest = list(self._latest.values()), {}
        return proofs

    def put_back(self, proofs: Sequence[Proof]) -> None:
        """What could not be written, unless something newer has come since."""
        for proof in proofs:
            self._latest.setdefault(proof.connection, proof)
