"""What this app answers when the outbox asks where a message may go: to a client only where it is safe and wanted."""

from __future__ import annotations

from uuid import UUID

from groups.services.contact_ways import address_of, client_of
from vio.common.signals import address_asked


def on_address_asked(*, person_id: UUID, program_id: UUID, channel: str, **_: object) -> str | None:
    """The address of a client, '' where they may not be written to; None for everybody else."""
    client = client_of(person_id, program_id)
    return None if client is None else address_of(client, channel)


def connect() -> None:
    """Listens from now on; called once when Django starts."""
    address_asked.connect(on_address_asked, dispatch_uid="groups.address_asked")
