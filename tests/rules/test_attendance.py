"""R2-R8, R10, R13, C2-C5: the attendance rule, read as a rule book."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sessions_app.attendance.intervals import Interval, intersect, subtract, total, union
from sessions_app.attendance.rules import (
    Attendance,
    AttendancePolicy,
    Attribution,
    Flag,
    Presence,
    Role,
    Seat,
    SessionTimes,
    Status,
    attendance,
    group_size,
)
from tests.rules.calendar import DAY, NEW_YORK, at, evening, span, stay
from vio.common.localtime import to_instant, zone

POLICY = AttendancePolicy()
BREAK = span(60, 75)


def credit(
    *presence: Presence, times: SessionTimes | None = None, policy: AttendancePolicy = POLICY
) -> Attendance:
    return attendance(times or evening(BREAK), presence, policy)


# -- sets of instants --


def test_union_drops_what_is_empty_and_joins_what_touches() -> None:
    assert union([span(5, 5), span(9, 3), span(10, 20), span(20, 30), span(40, 50)]) == (
        span(10, 30),
        span(40, 50),
    )


def test_union_keeps_the_longer_of_two_that_start_together() -> None:
    assert union([span(0, 50), span(0, 10), span(20, 30)]) == (span(0, 50),)


def test_intersection_and_difference() -> None:
    left, right = union([span(0, 30), span(40, 60)]), union([span(10, 45), span(50, 55)])
    assert intersect(left, right) == (span(10, 30), span(40, 45), span(50, 55))
    assert subtract(left, right) == (span(0, 10), span(45, 50), span(55, 60))
    assert subtract(left, ()) == left


def test_intervals_of_one_zone_are_measured_in_elapsed_time() -> None:
    night = Interval(
        datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK), datetime(2026, 11, 1, 2, 30, tzinfo=NEW_YORK)
    )
    assert night.length == timedelta(hours=3)  # mistake: subtracting wall clocks gives two


def test_a_wall_time_makes_no_interval() -> None:
    with pytest.raises(ValueError, match="no offset"):
        Interval(datetime(2026, 5, 6), at(1))  # noqa: DTZ001 the mistake itself


# -- what counts --


def test_lobby_break_and_overrun_earn_nothing() -> None:
    found = credit(stay(-10, 140))
    assert found.credited_seconds == 105 * 60
    assert (found.scheduled_minutes, found.delivered_minutes) == (105, 105)
    assert (found.status, found.flags) == (Status.ATTENDED, frozenset())


def test_time_before_the_group_opened_and_after_it_closed_earns_nothing() -> None:
    found = credit(stay(-10, 140), times=evening(opened=10, closed=100))
    assert (found.credited_minutes, found.delivered_minutes, found.scheduled_minutes) == (90, 90, 120)
    assert found.status is Status.ATTENDED


def test_opening_early_and_closing_late_gives_no_more_than_was_planned() -> None:
    assert credit(stay(-30, 200), times=evening(opened=-30, closed=200)).credited_minutes == 120


def test_two_devices_count_once() -> None:
    assert credit(stay(0, 60), stay(30, 120), times=evening()).credited_minutes == 120


def test_pieces_are_added_before_they_are_floored() -> None:
    pieces = [stay(n * 20, n * 20 + 10.9) for n in range(5)]
    assert credit(*pieces, times=evening()).credited_minutes == 54  # 5 x 10.9; each floored would give 50


def test_half_seconds_are_added_before_they_are_floored() -> None:
    pieces = [stay(n * 10, n * 10 + 0.125) for n in range(8)]  # eight times 7.5 s
    assert credit(*pieces, times=evening()).credited_seconds == 60


def test_a_connection_still_open_ends_with_the_session() -> None:
    assert credit(stay(100), times=evening(closed=110)).credited_minutes == 10


def test_a_connection_opened_after_the_end_adds_nothing() -> None:
    assert credit(stay(0, 60), stay(130), times=evening()).credited_minutes == 60


@pytest.mark.parametrize(("gap", "expected"), [(59, 120 * 60), (60, 120 * 60), (61, 120 * 60 - 61)])
def test_gaps_up_to_the_limit_are_bridged(gap: int, expected: int) -> None:
    policy = replace(POLICY, bridge_gap_seconds=60)
    away = gap / 60
    assert (
        credit(stay(0, 30), stay(30 + away, 120), times=evening(), policy=policy).credited_seconds == expected
    )


def test_no_gap_is_bridged_by_default() -> None:
    assert credit(stay(0, 30), stay(30 + 1 / 60, 120), times=evening()).credited_seconds == 7199


# -- status --


@pytest.mark.parametrize(
    ("minutes", "status"),
    [
        (0, "no_show"),
        (7.99, "no_show"),
        (8, "partial"),
        (95.99, "partial"),
        (96, "attended"),
        (120, "attended"),
    ],
)
def test_status_by_whole_minutes(minutes: float, status: str) -> None:
    assert credit(stay(0, minutes), times=evening()).status == status


def test_the_share_is_of_what_was_held() -> None:
    short = evening(closed=60)
    assert credit(stay(0, 48), times=short).status is Status.ATTENDED
    assert credit(stay(0, 47.9), times=short).status is Status.PARTIAL


def test_an_accepted_excuse_replaces_a_no_show_only() -> None:
    away = attendance(evening(), [stay(0, 3)], POLICY, excused=True)
    there = attendance(evening(), [stay(0, 100)], POLICY, excused=True)
    assert (away.status, set(away.flags)) == (Status.EXCUSED, {Flag.BRIEF_CONTACT})
    assert there.status is Status.ATTENDED


def test_a_session_called_off_credits_nothing_and_keeps_the_evidence() -> None:
    found = attendance(evening(), [stay(0, 60)], POLICY, cancelled=True, excused=True)
    assert (found.status, found.credited_minutes, found.flags) == (Status.CANCELLED, 0, frozenset())
    assert found.present == timedelta(minutes=60)
    assert found.by_date == {DAY: 0}


@pytest.mark.parametrize(("closed", "status"), [(7.99, Status.CANCELLED), (8, Status.NO_SHOW)])
def test_nobody_missed_a_session_too_short_to_attend(closed: float, status: Status) -> None:
    assert credit(times=evening(closed=closed)).status is status


def test_minutes_of_a_session_too_short_stay_visible() -> None:
    found = credit(stay(0, 5), times=evening(closed=5))
    assert (found.status, found.credited_minutes, found.flags) == (Status.CANCELLED, 5, frozenset())


def test_a_session_that_never_opened_is_cancelled_whatever_the_limit() -> None:
    policy = replace(POLICY, no_show_below_minutes=0)
    assert (
        credit(stay(0, 60), times=evening(opened=130, closed=140), policy=policy).status is Status.CANCELLED
    )
    assert credit(times=evening(), policy=policy).status is Status.PARTIAL


# -- flags --


@pytest.mark.parametrize(
    ("joined", "left", "flags"),
    [
        (5, 115, set()),
        (5 + 1 / 60, 115, {Flag.LATE}),
        (5, 115 - 1 / 60, {Flag.LEFT_EARLY}),
        (30, 90, {Flag.LATE, Flag.LEFT_EARLY}),
    ],
)
def test_three_hundred_seconds_are_allowed(joined: float, left: float, flags: set[Flag]) -> None:
    assert credit(stay(joined, left), times=evening()).flags == flags


def test_late_is_measured_from_the_opening() -> None:
    assert credit(stay(14, 120), times=evening(opened=10)).flags == frozenset()


def test_leaving_is_measured_from_where_a_last_break_begins() -> None:
    assert credit(stay(0, 100), times=evening(span(100, 120))).flags == frozenset()


def test_brief_contact_only_below_the_limit_and_only_if_there_was_any() -> None:
    assert credit(stay(60, 62), times=evening()).flags == {Flag.BRIEF_CONTACT}
    assert credit(stay(-5, -1), times=evening()).flags == frozenset()


# -- dates --

LATE_TIMES = SessionTimes(
    Interval(
        to_instant(datetime.fromisoformat("2026-05-06T23:00"), NEW_YORK),
        to_instant(datetime.fromisoformat("2026-05-07T01:00"), NEW_YORK),
    ),
    NEW_YORK,
)


def late(start: float, end: float) -> Presence:
    begin = LATE_TIMES.scheduled.start
    return Presence(begin + timedelta(minutes=start), begin + timedelta(minutes=end))


def test_all_minutes_belong_to_the_date_of_the_start() -> None:
    assert attendance(LATE_TIMES, [late(70, 120)], POLICY).by_date == {date(2026, 5, 6): 50}


def test_split_floors_the_first_date_and_leaves_the_rest_to_the_last() -> None:
    policy = replace(POLICY, attribution=Attribution.SPLIT)
    found = attendance(LATE_TIMES, [late(10.5, 70.5)], policy)
    assert found.by_date == {date(2026, 5, 6): 49, date(2026, 5, 7): 11}
    assert sum(found.by_date.values()) == found.credited_minutes == 60


def test_split_with_all_on_one_side() -> None:
    policy = replace(POLICY, attribution=Attribution.SPLIT)
    assert attendance(LATE_TIMES, [late(0, 30.5)], policy).by_date == {date(2026, 5, 6): 30}
    assert attendance(LATE_TIMES, [late(60, 90.5)], policy).by_date == {date(2026, 5, 7): 30}
    assert attendance(LATE_TIMES, [], policy).by_date == {date(2026, 5, 6): 0}


def test_the_date_is_local_to_the_program() -> None:
    tokyo = SessionTimes(span(0, 120), zone("Asia/Tokyo"))
    assert attendance(tokyo, [stay(0, 120)], POLICY).by_date == {date(2026, 5, 7): 120}


# -- policy --


@pytest.mark.parametrize(
    "wrong", [{"bridge_gap_seconds": -1}, {"attended_percent": 101}, {"no_show_below_minutes": -8}]
)
def test_a_policy_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="policy"):
        replace(POLICY, **wrong)


def test_a_policy_reads_its_attribution_from_text() -> None:
    assert AttendancePolicy(attribution="split").attribution is Attribution.SPLIT  # type: ignore[arg-type]  # as stored
    with pytest.raises(ValueError, match="sideways"):
        AttendancePolicy(attribution="sideways")  # type: ignore[arg-type]  # as stored


# -- group size --


def seats(count: int, minutes: int = 60) -> list[Seat]:
    return [Seat(f"client {n}", minutes) for n in range(count)]


@pytest.mark.parametrize(
    ("people", "violation"), [(0, False), (1, True), (2, False), (12, False), (13, True)]
)
def test_two_to_twelve_make_a_group(people: int, violation: bool) -> None:
    found = group_size(seats(people))
    assert (found.size, found.violation) == (people, violation)


def test_only_clients_who_stayed_are_counted_and_each_once() -> None:
    crowd = [
        *seats(3),
        *seats(3),
        Seat("brief", 7),
        Seat("leader", 60, Role.STAFF),
        Seat("mother", 60, Role.FAMILY),
    ]
    assert group_size(crowd).size == 3
    assert group_size(crowd, count_roles=[Role.CLIENT, Role.FAMILY]).size == 4
    assert group_size(crowd, no_show_below_minutes=7).size == 4


def test_limits_of_another_payer() -> None:
    assert not group_size(seats(15), cap=15).violation
    assert group_size(seats(2), floor=3).violation


def test_total_is_exact() -> None:
    assert total(union([span(0, 1), span(2, 3.5)])) == timedelta(minutes=2.5)
