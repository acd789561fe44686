"""Credentials for a TURN relay that hold for a short time (the shared-secret scheme of coturn and others)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from sessions_app.room.media.grants import IceServer


def credentials(person: str, *, secret: str, expires: datetime) -> tuple[str, str]:
    """(user, password) that the relay accepts until `expires`; made for one person (AZ-7)."""
    user = f"{int(expires.timestamp())}:{person}"
    mark = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()  # the scheme fixes SHA-1
    return user, base64.b64encode(mark).decode()


def servers(urls: Sequence[str], person: str, *, secret: str, expires: datetime) -> tuple[IceServer, ...]:
    """The relays for one person. A `stun:` address only finds addresses and takes no credentials."""
    finders = tuple(url for url in urls if url.startswith("stun"))
    relays = tuple(url for url in urls if not url.startswith("stun"))
    found = [IceServer(urls=finders)] if finders else []
    if relays:
        user, password = credentials(person, secret=secret, expires=expires)
        found.append(IceServer(urls=relays, username=user, credential=password))
    return tuple(found)
