"""The answer to "how much is at stake for this client?", asked by the wing that follows up missed sessions (F2)."""

from __future__ import annotations

from uuid import UUID

from checkins.models import Alert
from checkins.services.raising import UNRESOLVED


def client_risk(client_id: UUID) -> str:
    """ "high" while a red alert about the client is not resolved, else "standard"."""
    red = Alert.objects.filter(client_id=client_id, level="red", status__in=UNRESOLVED)
    return "high" if red.exists() else "standard"


def answer_client_risk(sender: object, client_id: UUID, **kwargs: object) -> str:
    """Receives `client_risk_asked`."""
    return client_risk(client_id)
