"""Pairing, judging and matching: the same whatever the order of lines, nothing made up, nobody matched by name."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.attendance.evidence import Evidence, EvidenceKind, presence_record
from sessions_app.attendance.imports.rules import contents
from sessions_app.attendance.imports.rules.lines import (
    BadLine,
    FileRefusedError,
    LogLine,
    ParsedLog,
    Trouble,
    Vendor,
)
from sessions_app.attendance.imports.rules.matching import By, Seat, Staff, match
from sessions_app.attendance.imports.rules.outcome import Counted, decided, evidence_of, preview_of
from sessions_app.attendance.imports.rules.reading import parse
from sessions_app.attendance.imports.rules.stays import Entry, Finding, digest_of, entries_of
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.intervals import Interval, total, union
from tests.sessions_app.attendance.imports.samples import NEW_YORK, ZOOM_HEADER, at
from vio.common.errors import BadInputError

HELD = Interval(at(0), at(90))
ANA = Seat(UUID(int=1), UUID(int=11), "ana@example.org", "Ana Moreno")
BEN = Seat(UUID(int=2), UUID(int=12), "ben@example.org", "Sam Lee")
CAM = Seat(UUID(int=3), UUID(int=13), "cam@example.org", "Sam Lee")
SEATS = [ANA, BEN, CAM]
STAFF = Staff(frozenset({UUID(int=99)}), frozenset({"lead@example.org"}))
IMPORT = UUID(int=500)


def line(
    join: float | None, leave: float | None, *, ref: str = "c1", name: str = "Ana", email: str | None = None,
    account: str | None = None, lobby: bool = False, number: int = 1,
) -> LogLine:  # fmt: skip
    begin, end = (None if minute is None else at(minute) for minute in (join, leave))
    return LogLine(ref, name, email, account, begin, end, lobby, number)


def stays(*lines: LogLine) -> list[tuple[float | None, float | None, set[str]]]:
    """(minute, minute, findings) of the only entry."""
    (entry,) = entries_of(lines, HELD)
    return [(minute(stay.join), minute(stay.leave), {str(f) for f in stay.findings}) for stay in entry.stays]


def minute(when: datetime | None) -> float | None:
    """Minutes after the scheduled start."""
    return None if when is None else (when - at(0)) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(0, 90)], [(0, 90, set())]),
        ([line(0, None), line(None, 90)], [(0, 90, set())]),
        ([line(0, None), line(None, 30), line(35, None), line(None, 90)], [(0, 30, set()), (35, 90, set())]),
        ([line(0, None), line(0, 90)], [(0, 90, set())]),
        ([line(None, 30)], [(None, 30, {"orphan_leave"})]),
        ([line(5, None)], [(5, None, {"missing_end"})]),
        ([line(5, None), line(20, None), line(None, 60)], [(5, None, {"lost_end"}), (20, 60, set())]),
        ([line(40, 20)], [(40, 20, {"backwards"})]),
        ([line(40, None), line(None, 40)], [(40, 40, {"backwards"})]),
        ([line(-40, -10)], [(-40, -10, {"outside"})]),
        ([line(95, None)], [(95, None, {"outside", "missing_end"})]),
        ([line(-10, 100)], [(-10, 100, {"partly_outside"})]),
        ([line(0, 50), line(0, 50)], [(0, 50, {"duplicate"})]),
        ([line(0, 50, account="a"), line(40, 90, ref="c2", account="a")], [(0, 50, {"overlap"}), (40, 90, {"overlap"})]),
        ([line(0, 50, account="a"), line(50, 90, ref="c2", account="a")], [(0, 50, set()), (50, 90, set())]),
        ([line(0, 9, lobby=True), line(9, 90)], [(0, 9, {"lobby"}), (9, 90, set())]),
    ],
)  # fmt: skip
def test_what_is_made_of_lines(
    lines: list[LogLine], expected: list[tuple[float | None, float | None, set[str]]]
) -> None:
    assert stays(*lines) == expected
    assert stays(*reversed(lines)) == expected


def test_two_people_of_one_name_stay_apart() -> None:
    by_ref = entries_of([line(0, 90, ref="c1", name="Sam Lee"), line(0, 90, ref="c2", name="Sam Lee")], HELD)
    without_any_id = entries_of(
        [line(0, 90, ref="", name="Sam Lee"), line(1, 90, ref="", name="Sam Lee")], HELD
    )
    for entries in (by_ref, without_any_id):
        assert len(entries) == 2
        found = [match(entry, SEATS, STAFF) for entry in entries]
        assert [(m.by, m.client_id, m.same_name) for m in found] == [(By.NOBODY, None, 2)] * 2


def only(**who: str | None) -> Entry:
    (entry,) = entries_of([line(0, 90, **who)], HELD)  # type: ignore[arg-type]  # by name
    return entry


@pytest.mark.parametrize(
    ("who", "by", "client"),
    [
        ({"account": str(ANA.person_id)}, By.ACCOUNT, ANA.client_id),
        ({"account": str(ANA.client_id).upper()}, By.ACCOUNT, ANA.client_id),
        ({"email": "ana@example.org", "name": "iPhone"}, By.EMAIL, ANA.client_id),
        ({"email": "ana@example.org", "account": str(ANA.person_id)}, By.ACCOUNT, ANA.client_id),
        ({"email": "ben@example.org", "account": str(ANA.person_id)}, By.UNCLEAR, None),
        ({"email": "lead@example.org"}, By.STAFF, None),
        ({"account": str(UUID(int=99))}, By.STAFF, None),
        ({"email": "lead@example.org", "account": str(ANA.person_id)}, By.UNCLEAR, None),
        ({"name": "Ana Moreno"}, By.NOBODY, None),
        ({"account": "ana@example.org"}, By.NOBODY, None),
    ],
)
def test_who_somebody_is_by_rule(who: dict[str, str], by: By, client: UUID | None) -> None:
    found = match(only(**who), SEATS, STAFF)
    assert (found.by, found.client_id) == (by, client)
    assert found.certain is (by not in {By.UNCLEAR, By.NOBODY})


def log_of(*lines: LogLine) -> ParsedLog:
    return ParsedLog(Vendor.ZOOM, lines)


def test_nothing_counts_while_somebody_is_undecided() -> None:
    preview = preview_of(log_of(line(0, 90), line(0, 80, ref="c2", email=ANA.email)), HELD, SEATS, STAFF)
    (asked,) = preview.asked
    roster = [seat.client_id for seat in SEATS]
    with pytest.raises(BadInputError) as caught:
        decided(preview, {}, (), roster)
    assert set(caught.value.fields) == {f"who-{asked.entry.key}"}
    with pytest.raises(BadInputError):
        decided(preview, {asked.entry.key: UUID(int=77)}, (), roster)
    (ana,) = decided(preview, {asked.entry.key: None}, (), roster)
    assert (ana.client_id, ana.leave) == (ANA.client_id, at(80))
    assert {c.client_id for c in decided(preview, {asked.entry.key: BEN.client_id}, (), roster)} == {
        ANA.client_id,
        BEN.client_id,
    }


def test_a_missing_end_counts_only_when_a_person_says_so() -> None:
    preview = preview_of(log_of(line(30, None, email=ANA.email)), HELD, SEATS, STAFF)
    with pytest.raises(BadInputError) as caught:
        decided(preview, {}, (), [ANA.client_id])
    assert caught.value.code == "nothing_to_count"
    key = preview.known[0].entry.stays[0].key
    (counted,) = decided(preview, {}, {key}, [ANA.client_id])
    assert (counted.join, counted.leave) == (at(30), at(90))


def test_somebody_of_whom_nothing_could_count_is_not_asked_about() -> None:
    preview = preview_of(log_of(line(None, 30), line(-50, -20, ref="c2")), HELD, SEATS, STAFF)
    assert (preview.asked, len(preview.idle)) == ([], 2)


def test_what_is_kept_is_read_again_as_it_was() -> None:
    log = ParsedLog(
        Vendor.JITSI,
        (line(0, None, email="a@example.org", number=7),),
        (BadLine(3, Trouble.BAD_TIME, "x"),),
        2,
    )
    kept = contents.Contents(log, {"a": ANA.client_id, "b": None}, frozenset({"s"}), (IMPORT,))
    again = contents.read(contents.written(kept))
    assert again == kept
    assert again.log.lines[0].number == 7
    assert contents.only(kept, ()).log == ParsedLog(Vendor.JITSI, (), (), 2)


# --- any order, any overlap, any rubbish ---------------------------------------------------------------------------

minutes = st.one_of(st.none(), st.integers(-30, 120))
log_lines = st.builds(
    line, minutes, minutes, ref=st.sampled_from(["", "c1", "c2", "c3"]), name=st.sampled_from(["Ana", "Sam Lee"]),
    email=st.sampled_from([None, ANA.email, BEN.email]), account=st.sampled_from([None, str(ANA.person_id), "k"]),
    lobby=st.booleans(),
).filter(lambda one: one.join is not None or one.leave is not None)  # fmt: skip
logs = st.lists(log_lines, max_size=14)


def presence(counted: list[Counted]) -> dict[UUID, tuple[Interval, ...]]:
    """The time in the room of each client."""
    found: dict[UUID, list[Evidence]] = {}
    for one in counted:
        found.setdefault(one.client_id, []).extend(evidence_of(IMPORT, one))
    return {client: presence_record(rows).in_room for client, rows in found.items()}


def everything(lines: list[LogLine]) -> list[Counted]:
    """Everybody unknown is Cam, and whoever has no end stayed to the end."""
    preview = preview_of(log_of(*lines), HELD, SEATS, STAFF)
    ends = {stay.key for known in preview.known for stay in known.entry.stays}
    try:
        return decided(
            preview, {k.entry.key: CAM.client_id for k in preview.asked}, ends, [s.client_id for s in SEATS]
        )
    except BadInputError as error:
        if error.code != "nothing_to_count":
            raise
        return []


@settings(max_examples=400, deadline=None)
@given(logs, st.randoms())
def test_the_order_of_lines_and_repetition_change_nothing(lines: list[LogLine], order: object) -> None:
    shuffled = [*lines, *lines[:3]]
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert presence(everything(shuffled)) == presence(everything(lines))
    assert digest_of(shuffled) == digest_of(lines)
    assert [e.key for e in entries_of(shuffled, HELD)] == [e.key for e in entries_of(lines, HELD)]


@settings(max_examples=300, deadline=None)
@given(logs)
def test_time_counts_once_is_logged_and_is_never_made_up(lines: list[LogLine]) -> None:
    counted = everything(lines)
    for client, inside in presence(counted).items():
        of_client = [one for one in counted if one.client_id == client and not one.stay.lobby]
        assert inside == union(Interval(one.join, one.leave) for one in of_client)
        room = [Evidence(UUID(int=9), kind, when, "left") for kind, when in (
            (EvidenceKind.OPENED, at(10)), (EvidenceKind.ADMITTED, at(10)), (EvidenceKind.CLOSED, at(60)))]  # fmt: skip
        rows = [row for one in of_client for row in evidence_of(IMPORT, one)]
        both = presence_record([*room, *rows]).in_room
        assert both == union([*inside, Interval(at(10), at(60))])
        assert total(both) <= total(inside) + timedelta(minutes=50)
    joins = {one.join for one in lines}
    assert all(
        one.join in joins and (one.leave == HELD.end or one.leave in {x.leave for x in lines})
        for one in counted
    )
    assert not any(
        {Finding.ORPHAN_LEAVE, Finding.LOST_END, Finding.BACKWARDS} & set(one.stay.findings)
        for one in counted
    )


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from([
                "event", "event_name", "payload", "object", "participant", "participants", "all_occupants", "occupant",
                "joined_at", "left_at", "users", "intIds", "sessions", "registeredOn", "data", "attendees", "joins",
                "leaves", "type", "id", "attributes", "user", "ts", "createdAt", "joinedAt", "join_time", "name",
            ]), inner, max_size=5,
        ),
    ),
    max_leaves=25,
)  # fmt: skip
SHAPES = st.sampled_from([
    {"event": "meeting.participant_joined"}, {"event_name": "muc-room-destroyed"}, {"event": "participant_left"},
    {"event_name": "muc-occupant-left"}, {},
])  # fmt: skip


def _shaped(shape: dict[str, object], junk: object) -> bytes:
    return json.dumps({**shape, **junk} if isinstance(junk, dict) else [shape, junk]).encode()


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(Vendor), st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda s: s.encode("utf-8", "replace")),
    st.text(max_size=200).map(lambda s: f"{ZOOM_HEADER}\n{s}".encode("utf-8", "replace")),
    st.builds(_shaped, SHAPES, JUNK),
))  # fmt: skip
def test_whatever_comes_in_only_a_typed_refusal_comes_out(vendor: Vendor, raw: bytes) -> None:
    try:
        log = parse(vendor, raw, Written(NEW_YORK))
    except FileRefusedError:
        return
    assert log.lines or log.bad
    kept = contents.Contents(log)
    assert contents.read(contents.written(kept)) == kept
    entries_of(log.lines, HELD)
