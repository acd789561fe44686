"""What must hold of any evening whatever (AT-1, AT-2, AT-5, AT-9; R3-R10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.attendance.evidence import Evidence, EvidenceKind, presence_record
from sessions_app.attendance.intervals import Interval, intersect, subtract, total, union
from sessions_app.attendance.rules import (
    AttendancePolicy,
    Attribution,
    Presence,
    SessionTimes,
    Status,
    attendance,
    credited_intervals,
)
from tests.rules.calendar import NEW_YORK, START
from vio.common.localtime import to_instant

POLICY = AttendancePolicy()
MICROSECOND = timedelta(microseconds=1)
HEARTBEAT = timedelta(seconds=10)
NIGHTS = ("2026-05-06T18:00", "2026-05-06T23:10", "2026-11-01T00:30", "2026-03-08T01:00")
STARTS = [to_instant(datetime.fromisoformat(night), NEW_YORK) for night in NIGHTS]

# Instants on a grid of 0.25 s around the evening, so that they often meet.
instants = st.integers(-2400, 9600 * 4).map(lambda n: START + timedelta(seconds=n / 4))
spans = st.tuples(instants, instants).map(lambda ends: Interval(*ends))
span_lists = st.lists(spans, max_size=8)
stays = st.builds(Presence, instants, st.none() | instants)
stay_lists = st.lists(stays, max_size=8)
policies = st.builds(
    AttendancePolicy,
    bridge_gap_seconds=st.sampled_from([0, 0, 30, 600]),
    no_show_below_minutes=st.sampled_from([0, 1, 8, 15]),
    attribution=st.sampled_from(Attribution),
)


@st.composite
def evenings(draw: st.DrawFn) -> SessionTimes:
    """Sessions planned and held in every way, some across midnight or a change of clocks."""
    start = draw(st.sampled_from(STARTS))
    shift = start - START
    moved = instants.map(lambda instant: instant + shift)
    return SessionTimes(
        Interval(start, start + timedelta(minutes=draw(st.integers(0, 195)))),
        NEW_YORK,
        actual_start=draw(st.none() | moved),
        actual_end=draw(st.none() | moved),
        breaks=tuple(draw(st.lists(st.tuples(moved, moved).map(lambda ends: Interval(*ends)), max_size=3))),
    )


@st.composite
def attended_evenings(draw: st.DrawFn) -> tuple[SessionTimes, list[Presence]]:
    """A session and somebody's connections around it."""
    times = draw(evenings())
    shift = times.scheduled.start - START
    moved = [
        Presence(stay.joined + shift, None if stay.left is None else stay.left + shift)
        for stay in draw(stay_lists)
    ]
    return times, moved


many = settings(max_examples=200, deadline=None)
histories = settings(max_examples=2000, deadline=None)
"""For what everything else stands on: union, clipping, order, additivity over splits, monotonicity."""


@histories
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8), st.integers(0, 5))
def test_union_holds_exactly_the_seconds_that_any_interval_holds(
    pairs: list[tuple[int, int]], bridge: int
) -> None:
    """Against the plainest model there is: a set of whole seconds."""
    second = timedelta(seconds=1)
    found = union(
        [Interval(START + a * second, START + b * second) for a, b in pairs], bridge=bridge * second
    )
    held = {n for a, b in pairs for n in range(a, b)}
    for gap in range(1, bridge + 1):
        ends = [n for n in held if n + 1 not in held and n + gap + 1 in held]
        held |= {n + step for n in ends for step in range(1, gap + 1)}
    assert {
        n for each in found for n in range((each.start - START) // second, (each.end - START) // second)
    } == held
    assert all(left.end < right.start for left, right in pairwise(found))


@many
@given(span_lists, span_lists)
def test_a_set_is_what_it_shares_with_another_plus_what_it_does_not(
    left: list[Interval], right: list[Interval]
) -> None:
    a, b = union(left), union(right)
    inside, outside = intersect(a, b), subtract(a, b)
    assert total(inside) + total(outside) == total(a)
    assert union([*inside, *outside]) == a
    assert not intersect(outside, b)
    assert inside == intersect(b, a)


@histories
@given(attended_evenings(), policies, st.randoms(use_true_random=False))
def test_the_order_of_connections_does_not_matter(
    case: tuple[SessionTimes, list[Presence]], policy: AttendancePolicy, random: Random
) -> None:
    times, presence = case
    shuffled = list(presence)
    random.shuffle(shuffled)
    assert attendance(times, presence, policy) == attendance(times, shuffled, policy)


@many
@given(attended_evenings(), policies)
def test_a_second_device_with_the_same_times_changes_nothing(
    case: tuple[SessionTimes, list[Presence]], policy: AttendancePolicy
) -> None:
    times, presence = case
    assert attendance(times, presence, policy) == attendance(times, presence * 2, policy)


@histories
@given(attended_evenings(), st.lists(instants, max_size=4))
def test_cutting_a_connection_in_pieces_changes_nothing(
    case: tuple[SessionTimes, list[Presence]], cuts: list[datetime]
) -> None:
    times, presence = case
    shift = times.scheduled.start - START
    pieces: list[Presence] = []
    for stay in presence:
        inner = sorted(c + shift for c in cuts if stay.joined < c + shift < (stay.left or times.closed))
        edges = [stay.joined, *inner]
        pieces += [Presence(a, b) for a, b in zip(edges, [*edges[1:], stay.left], strict=True)]
    assert attendance(times, presence, POLICY) == attendance(times, pieces, POLICY)


@histories
@given(attended_evenings(), stay_lists, policies)
def test_more_presence_never_earns_less(
    case: tuple[SessionTimes, list[Presence]], more: list[Presence], policy: AttendancePolicy
) -> None:
    times, presence = case
    fewer, greater = attendance(times, presence, policy), attendance(times, [*presence, *more], policy)
    assert fewer.credited <= greater.credited
    assert intersect(fewer.credited_intervals, greater.credited_intervals) == fewer.credited_intervals


@many
@given(attended_evenings(), policies)
def test_every_figure_agrees_with_the_others(
    case: tuple[SessionTimes, list[Presence]], policy: AttendancePolicy
) -> None:
    times, presence = case
    found = attendance(times, presence, policy)
    window = times.countable_window()
    assert found.credited <= total(window) <= timedelta(minutes=found.delivered_minutes + 1)
    assert subtract(found.credited_intervals, window) == ()
    assert sum(found.by_date.values()) == found.credited_minutes == found.credited_seconds // 60
    assert min(found.by_date.values()) >= 0
    assert found.delivered_minutes <= found.scheduled_minutes
    below = found.credited_minutes < policy.no_show_below_minutes
    assert (found.status in (Status.NO_SHOW, Status.EXCUSED)) <= below
    assert found.status is not Status.EXCUSED


@many
@given(attended_evenings())
def test_without_bridging_nothing_is_credited_that_was_not_present(
    case: tuple[SessionTimes, list[Presence]],
) -> None:
    times, presence = case
    there = union(Interval(stay.joined, stay.left or times.closed) for stay in presence)
    assert subtract(credited_intervals(times, presence, POLICY), there) == ()


@histories
@given(attended_evenings())
def test_credit_is_presence_clipped_to_the_window(case: tuple[SessionTimes, list[Presence]]) -> None:
    """Nothing outside of it, and nothing inside of it that is lost (R2, R5)."""
    times, presence = case
    there = union(Interval(stay.joined, stay.left or times.closed) for stay in presence)
    found = attendance(times, presence, POLICY)
    assert found.credited_intervals == intersect(there, times.countable_window())
    assert found.credited == total(found.credited_intervals)
    assert found.credited_seconds == found.credited // timedelta(seconds=1)


@histories
@given(attended_evenings(), st.floats(0, 1))
def test_two_parts_of_an_evening_add_up_to_the_whole(
    case: tuple[SessionTimes, list[Presence]], share: float
) -> None:
    """Planned as two meetings that touch, the evening credits what it credits as one, to the microsecond."""
    times, stays_of_one = case
    presence = [Presence(stay.joined, stay.left or times.closed) for stay in stays_of_one]
    begin, end = times.scheduled.start, times.scheduled.end
    cut = begin + share * (end - begin)
    parts = [replace(times, scheduled=each) for each in (Interval(begin, cut), Interval(cut, end))]
    credited_in_parts = [part for each in parts for part in credited_intervals(each, presence, POLICY)]
    whole = credited_intervals(times, presence, POLICY)
    assert union(credited_in_parts) == whole
    assert total(credited_in_parts) == total(whole)


# -- evidence --


@dataclass(frozen=True)
class Connection:
    """What truly happened on one connection, and the rows the server wrote about it."""

    truth: Interval  # admitted until the socket was gone
    rows: tuple[Evidence, ...]


@st.composite
def connections(draw: st.DrawFn) -> Connection:
    """One connection: waits, is admitted, beats every ten seconds, and ends in one of the ways there are."""
    key = draw(st.uuids())
    seconds = st.floats(0, 1500, allow_nan=False).map(lambda s: timedelta(seconds=round(s, 3)))
    opened = START + draw(seconds)
    admitted = opened + draw(seconds) / 10
    gone = admitted + draw(seconds)
    beats, beat = [], opened + draw(seconds) / 150
    while beat < gone:
        beats.append(Evidence(key, EvidenceKind.SEEN, beat))
        beat += HEARTBEAT
    cause = draw(st.sampled_from(["left", "dropped", "server", "swept", "replaced", "", "none"]))
    noticed = gone if cause == "left" else gone + draw(seconds) / 10
    closed = [] if cause == "none" else [Evidence(key, EvidenceKind.CLOSED, noticed, cause)]
    rows = [Evidence(key, EvidenceKind.OPENED, opened), Evidence(key, EvidenceKind.ADMITTED, admitted)]
    return Connection(Interval(admitted, gone), (*rows, *beats, *closed))


evidence_of_people = st.lists(connections(), min_size=1, max_size=4)
EVENING = SessionTimes(Interval(START, START + timedelta(minutes=60)), NEW_YORK)


def credited(rows: list[Evidence]) -> timedelta:
    return attendance(EVENING, presence_record(rows).presence(), POLICY).credited


@settings(max_examples=400, deadline=None)
@given(evidence_of_people)
def test_credit_never_exceeds_the_truth_and_loses_at_most_a_heartbeat_per_connection(
    people: list[Connection],
) -> None:
    rows = [row for each in people for row in each.rows]
    truth = total(intersect(union(each.truth for each in people), EVENING.countable_window()))
    assert credited(rows) <= truth
    assert credited(rows) >= truth - len(people) * (HEARTBEAT + MICROSECOND)


@settings(max_examples=400, deadline=None)
@given(evidence_of_people, st.randoms(use_true_random=False), st.integers(0, 40))
def test_repeated_late_and_shuffled_rows_change_nothing(
    people: list[Connection], random: Random, repeats: int
) -> None:
    rows = [row for each in people for row in each.rows]
    again = [*rows, *(rows * 2)[:repeats]]
    random.shuffle(again)
    assert presence_record(again) == presence_record(rows)


@settings(max_examples=200, deadline=None)
@given(evidence_of_people)
def test_lobby_room_and_gaps_never_overlap(people: list[Connection]) -> None:
    found = presence_record(row for each in people for row in each.rows)
    gaps = tuple(gap.interval for gap in found.gaps)
    assert not intersect(found.in_room, found.lobby)
    assert not intersect(found.in_room, gaps)
    assert len(gaps) == max(len(found.in_room) - 1, 0)


@settings(max_examples=200, deadline=None)
@given(connections(), st.integers(1, 300))
def test_noticing_later_changes_nothing(one: Connection, seconds: int) -> None:
    last = one.rows[-1]
    unclean = last.kind is EvidenceKind.CLOSED and last.cause != "left"
    later = replace(last, at=last.at + timedelta(seconds=seconds)) if unclean else last
    assert presence_record([*one.rows[:-1], later]) == presence_record(one.rows)


def test_the_rows_of_one_connection_never_touch_another() -> None:
    one, other = UUID(int=1), UUID(int=2)
    rows = [Evidence(one, EvidenceKind.ADMITTED, START), Evidence(one, EvidenceKind.SEEN, START + HEARTBEAT)]
    closing = Evidence(other, EvidenceKind.CLOSED, START + HEARTBEAT / 2, "left")
    assert presence_record([*rows, closing]) == presence_record(rows)
