"""JSON Web Tokens with one algorithm (HS256) and nothing to choose: made for LiveKit, and read from its webhooks. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

HEAD = {"alg": "HS256", "typ": "JWT"}
LEEWAY = 60
"""Seconds by which two clocks may differ."""


class BadTokenError(ValueError):
    """The token is not one that we would have made, or its time is over."""


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """The token of some claims."""
    text = f"{_packed(HEAD)}.{_packed(claims)}"
    return f"{text}.{_mark(text, secret)}"


def read(token: str, secret: str, *, now: datetime) -> dict[str, Any]:
    """The claims of a token. Raises BadTokenError unless it is ours, by this algorithm, and its time is now."""
    text, _, mark = token.rpartition(".")
    if not hmac.compare_digest(_mark(text, secret).encode(), mark.encode()):
        raise BadTokenError("mark")
    try:
        head, claims = (json.loads(_unpacked(part)) for part in text.split("."))
    except (ValueError, binascii.Error) as error:
        raise BadTokenError("form") from error
    if not isinstance(head, dict) or head.get("alg") != HEAD["alg"] or not isinstance(claims, dict):
        raise BadTokenError("form")
    _in_time(claims, now.timestamp())
    return claims


def _in_time(claims: Mapping[str, Any], now: float) -> None:
    begins, ends = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(ends, int | float) or not isinstance(begins, int | float):
        raise BadTokenError("time")
    if not begins - LEEWAY <= now < ends + LEEWAY:
        raise BadTokenError("time")


def _packed(value: Mapping[str, Any]) -> str:
    return _plain(json.dumps(value, separators=(",", ":")).encode())


def _mark(text: str, secret: str) -> str:
    return _plain(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))


def _plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
