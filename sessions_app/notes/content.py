"""What a note says, and the hash that proves it has not changed since it was signed (RI-1)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from sessions_app.notes.models import ClientNote, GroupNote

GROUP_FIELDS = ("topic", "intervention", "process", "plan")
CLIENT_FIELDS = ("participation", "response", "risk", "goal", "plan")
# Without these a note does not say what was done and how this client answered (domain reference, section 4).
GROUP_REQUIRED = ("topic", "intervention")
CLIENT_REQUIRED = ("participation", "response", "plan")


def texts_of(note: GroupNote | ClientNote) -> dict[str, str]:
    """{field: text} of everything somebody wrote."""
    fields = GROUP_FIELDS if isinstance(note, GroupNote) else CLIENT_FIELDS
    return {name: getattr(note, name) for name in fields}


def content_hash(note: GroupNote | ClientNote, *, signer: str, signed_at: datetime) -> str:
    """SHA-256 over the texts, the filled-in times and minutes, the signer and the instant of signing."""
    facts = {
        "note": str(note.pk),
        "session": str(note.session_id),
        "client": str(note.client_id) if isinstance(note, ClientNote) else None,
        "minutes": note.minutes if isinstance(note, ClientNote) else None,
        "participants": note.participant_count if isinstance(note, GroupNote) else None,
        "started": _instant(note.started_at),
        "stopped": _instant(note.stopped_at),
        "texts": texts_of(note),
        "signer": signer,
        "signed_at": _instant(signed_at),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def addendum_hash(*, addendum_id: str, text: str, author: str, at: datetime) -> str:
    """SHA-256 over an addendum, its author and its time."""
    facts = {"addendum": addendum_id, "text": text, "author": author, "at": _instant(at)}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def is_intact(note: GroupNote | ClientNote) -> bool:
    """Whether a signed note still says what was signed; a draft is always intact."""
    if note.signed_at is None:
        return True
    return note.content_hash == content_hash(note, signer=note.signer_name, signed_at=note.signed_at)


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at is not None else None
