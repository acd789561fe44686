"""From the bytes of a file to a parsed log: pure. Whatever comes in, only FileRefusedError comes out."""

from __future__ import annotations

import codecs

from sessions_app.attendance.imports.rules import bigbluebutton, jitsi, livekit, zoom_csv, zoom_events
from sessions_app.attendance.imports.rules.lines import MOST_BYTES, FileRefusedError, ParsedLog, Vendor
from sessions_app.attendance.imports.rules.zoom_csv import Written

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(raw: bytes) -> str:
    """The text of a file in UTF-8 (with or without its mark) or in UTF-16 with its mark; else FileRefusedError."""
    if len(raw) > MOST_BYTES:
        raise FileRefusedError(f"At most {MOST_BYTES // 1000} kB, please.", code="too_large")
    try:
        content = raw.decode("utf-16" if raw.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefusedError("Save the file as UTF-8 and try again.", code="encoding") from error
    if not content.strip():
        raise FileRefusedError("This file is empty.", code="empty")
    return content


def parse(vendor: Vendor, raw: bytes, written: Written) -> ParsedLog:
    """Reads a log of this vendor. `written` says how wall times are meant where a log has no offsets (Zoom's CSV)."""
    content = decoded(raw)
    match vendor:
        case Vendor.ZOOM if not content.lstrip().startswith(("{", "[")):
            found = zoom_csv.parse(content, written)
        case Vendor.ZOOM:
            found = zoom_events.parse(content)
        case Vendor.BIGBLUEBUTTON:
            found = bigbluebutton.parse(content)
        case Vendor.JITSI:
            found = jitsi.parse(content)
        case Vendor.LIVEKIT:
            found = livekit.parse(content)
    if not found.lines and not found.bad:
        raise FileRefusedError("Nobody joins or leaves in this log.", code="nobody")
    return found
