"""The one exception of the embedded services and of the supervisor."""

from __future__ import annotations


class StackError(Exception):
    """Something a person has to put right; the message is one clear line, shown without a traceback."""
