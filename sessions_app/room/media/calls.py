"""Calls to a media server: one JSON question, one JSON answer, and no waiting for long."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from sessions_app.room.media.backend import MediaUnavailableError

PATIENCE = 3.0
"""Seconds a media server may take."""


def post(url: str, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The answer to one question. `url` comes from the settings.

    Raises MediaUnavailableError when the server cannot be reached, refuses, or answers with something else than an object.
    """
    asked = urllib.request.Request(  # noqa: S310  # an address of the settings, checked there to be http(s)
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
    )
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310  # as above
            found = json.load(answer)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise MediaUnavailableError(type(error).__name__) from error
    if not isinstance(found, dict):
        raise MediaUnavailableError("not an object")
    return found
