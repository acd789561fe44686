"""Each vendor's log becomes the same typed lines; what cannot be used is listed with its number and code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sessions_app.attendance.imports.rules.lines import (
    MOST_BYTES,
    MOST_LINES,
    FileRefusedError,
    LogLine,
    ParsedLog,
    Trouble,
    Vendor,
)
from sessions_app.attendance.imports.rules.reading import parse
from sessions_app.attendance.imports.rules.zoom_csv import Written
from tests.sessions_app.attendance.imports.samples import (
    NEW_YORK,
    as_json,
    as_lines,
    at,
    dashboard,
    dashboard_user,
    jitsi_room,
    livekit,
    occupant,
    seconds,
    us,
    zoom_csv,
    zoom_event,
)

HERE = Written(NEW_YORK)


def read(vendor: str, raw: bytes, written: Written = HERE) -> ParsedLog:
    return parse(Vendor(vendor), raw, written)


def troubles(log: ParsedLog) -> list[tuple[int, str]]:
    return [(bad.number, bad.code.value) for bad in log.bad]


def row(
    join: str, leave: str, *, name: str = "Ana", email: str = "a@example.org", lobby: str = "No"
) -> bytes:
    return zoom_csv((name, email, join, leave, lobby))


def test_zoom_report_with_mark_and_meeting_lines_above() -> None:
    head = "Meeting ID,Topic,Start Time,End Time,User Email,Participants\n77,Evening,x,y,h@example.org,2\n\n"
    raw = ("\ufeff" + head).encode() + zoom_csv(
        ("Ana M.", "Ana@Example.org", us(0), us(90), "No")
    ).removeprefix(b"\xef\xbb\xbf")
    log = read("zoom", raw)
    assert log.lines == (LogLine("", "Ana M.", "ana@example.org", None, at(0), at(90)),)
    assert (log.lines[0].number, log.bad) == (5, ())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("04/13/2026 05:30:00 PM", Written(NEW_YORK)),
        ("4/13/2026 17:30", Written(NEW_YORK)),
        ("2026-04-13 17:30:00", Written(NEW_YORK)),
        ("13/04/2026 17:30:00", Written(NEW_YORK, day_first=True)),
        ("13.04.2026 05:30 pm", Written(NEW_YORK, day_first=True)),
        ("Apr 13, 2026 05:30:00 PM", Written(NEW_YORK)),
        ("04/13/2026 02:30:00 PM", Written(ZoneInfo("America/Los_Angeles"))),
        ("2026-04-13T21:30:00Z", Written(NEW_YORK)),
        ("2026-04-13 23:30:00 +02:00", Written(NEW_YORK)),
        ("04/13/2026 05:30:00 PM (GMT-04:00)", Written(ZoneInfo("Asia/Tokyo"))),
    ],
)  # fmt: skip
def test_zoom_writes_times_in_many_ways(written: str, meant: Written) -> None:
    assert read("zoom", row(written, ""), meant).lines[0].join == datetime(2026, 4, 13, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("join", "code"),
    [
        ("11/01/2026 01:30:00 AM", "ambiguous_time"),
        ("03/08/2026 02:30:00 AM", "no_such_time"),
        ("13/04/2026 05:30:00 PM", "bad_time"),
        ("04/13/2026 13:30:00 PM", "bad_time"),
        ("04/13/2026 25:00:00", "bad_time"),
        ("04/13/1998 05:30:00 PM", "bad_time"),
        ("04/13/2026 05:30:00 PM +99:00", "bad_time"),
        ("yesterday", "bad_time"),
        ("", "missing_time"),
    ],
)
def test_a_time_that_names_no_instant_is_a_bad_line_and_no_guess(join: str, code: str) -> None:
    log = read("zoom", row(join, ""))
    assert (log.lines, troubles(log)) == ((), [(2, code)])
    assert log.bad[0].shown.startswith("Ana, a@example.org")


def test_one_bad_line_spoils_no_other() -> None:
    raw = zoom_csv(
        ("Ana", "", us(0), us(9), "No"), ("Ben", "", "soon", us(9), "No"), ("Cleo", "", us(1), us(9), "Yes")
    )
    log = read("zoom", raw + b"only,two\r\n")
    assert [(line.display_name, line.lobby) for line in log.lines] == [("Ana", False), ("Cleo", True)]
    assert troubles(log) == [(3, "bad_time"), (5, "too_few_columns")]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_header_variants_and_utf16(separator: str) -> None:
    text = separator.join(["Name", "Email", "Join time", "Leave time"]) + "\n"
    text += separator.join(["Zoë", "", us(0), us(5)]) + "\n"
    assert read("zoom", text.encode("utf-16")).lines == (LogLine("", "Zoë", None, None, at(0), at(5)),)


@pytest.mark.parametrize(
    ("vendor", "raw", "code"),
    [
        ("zoom", b"", "empty"),
        ("zoom", b"\xff\xfa\x00name", "encoding"),
        ("zoom", "Naïve".encode("latin-1"), "encoding"),
        ("zoom", b"a" * (MOST_BYTES + 1), "too_large"),
        ("zoom", b"Name,Total Duration (Minutes),Guest\r\nAna,90,Yes\r\n", "no_times"),
        ("zoom", b"Some,Other,Table\n1,2,3\n", "no_header"),
        ("zoom", zoom_csv(*[("A", "", "", "", "")] * (MOST_LINES + 1)), "too_many_lines"),
        ("zoom", zoom_csv(), "nobody"),
        ("zoom", b'Name,Join Time,Leave Time\n"' + b"x" * 200_000, "not_csv"),
        ("jitsi", b"<xml/>", "not_json"),
        ("jitsi", b"[" * 200_000, "not_json"),
        ("livekit", b"[]", "not_json"),
        ("livekit", as_lines([1] * (MOST_LINES + 1)), "too_many_lines"),
        ("livekit", as_json({"event": "room_started"}), "nobody"),
    ],
)
def test_a_file_that_is_no_such_log_is_refused_with_a_code(vendor: str, raw: bytes, code: str) -> None:
    with pytest.raises(FileRefusedError) as caught:
        read(vendor, raw)
    assert caught.value.code == code
    assert set(caught.value.fields) == {"log"}


def test_zoom_webhooks_and_report_of_its_api() -> None:
    who = {"user_id": "16", "user_name": "Ana", "email": "ana@example.org", "customer_key": "K1"}
    events = [
        zoom_event("joined", 0, **who),
        {"event": "meeting.started", "payload": {}},
        zoom_event("left", 90, **who),
        zoom_event("joined_waiting_room", -5, user_id="15"),
    ]
    half = LogLine("16", "Ana", "ana@example.org", "K1", at(0), None)
    gone = LogLine("16", "Ana", "ana@example.org", "K1", None, at(90))
    waits = LogLine("15", "Guest", None, None, at(-5), None, lobby=True)
    for raw in (as_lines(events), as_json(events)):
        log = read("zoom", raw)
        assert (log.lines, log.skipped, [line.number for line in log.lines]) == (
            (half, gone, waits),
            1,
            [1, 3, 4],
        )
    report = {
        "participants": [{**who, "join_time": "2026-04-13T21:30:00Z", "leave_time": "2026-04-13T23:00:00Z"}]
    }
    assert read("zoom", as_json(report)).lines == (
        LogLine("16", "Ana", "ana@example.org", "K1", at(0), at(90)),
    )


def test_bigbluebutton_dashboard() -> None:
    log = read("bigbluebutton", as_json(dashboard(dashboard_user("Ana", "k1", (0, 40), (45, None)))))
    assert log.lines == (
        LogLine("k1-0", "Ana", None, "k1", at(0), at(40)),
        LogLine("k1-1", "Ana", None, "k1", at(45), None),
    )
    old = {"users": {"w": {"intId": "w", "name": "Ben", "registeredOn": 1000 * seconds(3), "leftOn": 0}}}
    assert read("bigbluebutton", as_json(old)).lines == (LogLine("w", "Ben", None, None, at(3), None),)


def test_bigbluebutton_callback_and_webhooks() -> None:
    attendee = {
        "ext_user_id": "k1",
        "name": "Ana",
        "joins": ["2026-04-13 21:30:00 +0000"],
        "leaves": ["2026-04-13 17:40:00 -0400"],
    }
    unknown = {"name": "Ben", "joins": ["2026-04-13T21:30:00Z", "soon"], "leaves": []}
    log = read("bigbluebutton", as_json({"version": "1.0", "data": {"attendees": [attendee, unknown]}}))
    assert log.lines[:2] == (
        LogLine("k1", "Ana", None, "k1", at(0), None),
        LogLine("k1", "Ana", None, "k1", None, at(10)),
    )
    assert (log.lines[2].account_ref, len(log.lines[2].vendor_ref), troubles(log)) == (
        None,
        24,
        [(1, "bad_time")],
    )
    user = {"internal-user-id": "w_1", "external-user-id": "k1", "name": "Ana"}
    hooks = [
        [{"data": {"type": "event", "id": kind, "attributes": {"user": user}, "event": {"ts": 1000 * seconds(minute)}}}]
        for kind, minute in (("user-joined", 0), ("user-left", 9), ("meeting-ended", 9))
    ]  # fmt: skip
    log = read("bigbluebutton", as_lines(hooks))
    assert log.lines == (
        LogLine("w_1", "Ana", None, "k1", at(0), None),
        LogLine("w_1", "Ana", None, "k1", None, at(9)),
    )
    assert log.skipped == 1


def test_jitsi_room_and_single_events() -> None:
    ana = occupant("Ana", 0, 90, email="ANA@example.org", id="k1")
    log = read("jitsi", as_json(jitsi_room(ana, occupant("Ben", 2, None))))
    assert log.lines[0] == LogLine(ana["occupant_jid"], "Ana", "ana@example.org", "k1", at(0), at(90))
    assert (log.lines[1].leave, log.lines[1].email, log.lines[1].account_ref) == (None, None, None)
    events = [
        {"event_name": "muc-occupant-left", "occupant": ana},
        {"event_name": "muc-room-created"},
        {"event_name": "?"},
    ]
    log = read("jitsi", as_lines(events))
    assert (log.lines[0].leave, log.skipped, troubles(log)) == (at(90), 1, [(3, "unknown_event")])


def test_livekit_webhooks_and_an_event_that_came_twice() -> None:
    joined = livekit("participant_joined", 0, identity="k1", sid="PA_1", joined=0, key="EV_1", name="Ana")
    left = livekit("participant_left", 90, identity="k1", sid="PA_1", joined=0, key="EV_2")
    log = read("livekit", as_lines([joined, left, joined, {"event": "track_published", "id": "EV_3"}]))
    assert log.lines == (
        LogLine("PA_1", "Ana", None, "k1", at(0), None),
        LogLine("PA_1", "", None, "k1", at(0), at(90)),
    )
    assert (troubles(log), log.skipped) == ([(3, "repeated_event")], 1)
    snake = {
        "event": "participant_joined",
        "created_at": seconds(1),
        "participant": {"sid": "x", "joined_at_ms": 1000 * seconds(0) + 250},
    }
    assert read("livekit", as_json(snake)).lines[0].join == at(0).replace(microsecond=250_000)


@pytest.mark.parametrize(
    ("occupants", "code"),
    [
        ([7], Trouble.NOT_AN_OBJECT),
        ([{"joined_at": "soon", "name": "A"}], Trouble.BAD_TIME),
        ([{"joined_at": 1e300, "name": "A"}], Trouble.BAD_TIME),
        ([{"joined_at": float("nan"), "name": "A"}], Trouble.BAD_TIME),
        ([{"joined_at": True, "name": "A"}], Trouble.BAD_TIME),
        ([{"joined_at": seconds(0)}], Trouble.MISSING_NAME),
        ([{"name": "A"}], Trouble.MISSING_TIME),
        ([{"joined_at": seconds(0), "id": "x" * 300}], Trouble.TOO_LONG),
    ],
)
def test_bad_values_have_their_code(occupants: list[Any], code: Trouble) -> None:
    log = read("jitsi", as_json(jitsi_room(*occupants)))
    assert [bad.code for bad in log.bad] == [code]


@pytest.mark.parametrize("kind", [[], {}, 7, "", True])
def test_a_kind_that_is_no_word_is_a_bad_line(kind: object) -> None:
    for vendor, document in (
        ("zoom", {"event": kind}),
        ("jitsi", {"event_name": kind}),
        ("livekit", {"event": kind}),
        ("bigbluebutton", {"data": {"type": "event", "id": kind}}),
    ):
        assert troubles(read(vendor, as_json(document))) == [(1, "unknown_event")]


def test_a_name_is_cleaned_and_cut_for_people() -> None:
    log = read(
        "jitsi", as_json(jitsi_room(occupant("A\u202e\x00 b\ud800" + "x" * 300, 0, 9, occupant_jid="j")))
    )
    assert log.lines[0].display_name.startswith("A b x")
    assert len(log.lines[0].display_name) == 120
