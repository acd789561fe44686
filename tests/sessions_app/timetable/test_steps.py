"""What a timetable asks of the sessions there are: by example, and for any timetable and any change of it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.calendars import Timetable, dates, parse_rule
from sessions_app.timetable.rules import Kind, Planned, Step, There, Why, Wish, clocks_change_on, steps
from vio.common.localtime import to_local

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 4, 13)
NOON = datetime(2026, 4, 13, 16, tzinfo=UTC)
LAST = MONDAY + timedelta(days=13)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def wish(rule: str = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH", **changes: object) -> Wish:
    table = Timetable(parse_rule(rule), NEW_YORK, time(17, 30), 195, MONDAY, breaks=((90, 15),))
    ours = {k: v for k, v in changes.items() if k in {"title", "service_type", "open", "holidays"}}
    table = replace(table, **{k: v for k, v in changes.items() if k not in ours})  # type: ignore[arg-type]
    return replace(Wish(table, "Evening group", "group_therapy"), **ours)  # type: ignore[arg-type]


def made(of: Wish, *, now: datetime = NOON) -> list[There]:
    """The sessions there are once a wish was carried out on nothing."""
    return carried([], steps([], of, now=now, first=MONDAY, last=LAST))


def carried(there: list[There], plan: list[Step]) -> list[There]:
    """The sessions after the steps, as a service would leave them."""
    rows = {row.id: row for row in there}
    for step in plan:
        match step.kind, step.session, step.after:
            case Kind.TAKE_AWAY, uuid.UUID() as key, _:
                del rows[key]
            case Kind.CALL_OFF, uuid.UUID() as key, _:
                rows[key] = replace(rows[key], cancelled=True)
            case Kind.ANNOUNCE, _, _:
                assert step.before is not None
                key = uuid.uuid4()
                rows[key] = There(key, step.on, step.before, cancelled=True, for_holiday=True)
            case Kind.MAKE, _, Planned() as after:
                key = uuid.uuid4()
                rows[key] = There(key, step.on, after)
            case ((Kind.MOVE | Kind.CHANGE | Kind.RESTORE), uuid.UUID() as key, Planned() as after):
                rows[key] = There(key, step.on, after)
    return list(rows.values())


def kinds(there: list[There], of: Wish, now: datetime = NOON) -> dict[date, Kind]:
    return {s.on: s.kind for s in steps(there, of, now=now, first=MONDAY, last=LAST)}


def test_another_time_moves_every_session_and_makes_none() -> None:
    found = steps(made(wish()), wish(local_start=time(18, 0)), now=NOON, first=MONDAY, last=LAST)
    assert [s.kind for s in found] == [Kind.MOVE] * 8
    assert {to_local(s.after.starts_at, NEW_YORK).time() for s in found if s.after} == {time(18, 0)}


def test_another_name_or_break_changes_without_moving() -> None:
    assert set(kinds(made(wish()), wish(title="Later group")).values()) == {Kind.CHANGE}
    assert set(kinds(made(wish()), wish(breaks=())).values()) == {Kind.CHANGE}


def test_a_day_lost_is_taken_away_and_a_day_gained_is_made() -> None:
    found = kinds(made(wish()), wish("FREQ=WEEKLY;BYDAY=MO,FR"))
    assert found[MONDAY] is Kind.KEEP
    assert found[MONDAY + timedelta(days=1)] is Kind.TAKE_AWAY
    assert found[MONDAY + timedelta(days=4)] is Kind.MAKE


def test_what_was_moved_by_hand_stays() -> None:
    there = [replace(row, follows_series=False) for row in made(wish())]
    found = steps(there, wish(local_start=time(18, 0)), now=NOON, first=MONDAY, last=LAST)
    assert {(s.kind, s.why) for s in found} == {(Kind.KEEP, Why.BY_HAND)}


@pytest.mark.parametrize("off", [{"cancelled": frozenset({MONDAY})}, {"holidays": frozenset({MONDAY})}])
def test_a_date_that_is_off_is_called_off_stays_so_and_comes_back(off: dict[str, Any]) -> None:
    there = made(wish())
    assert kinds(there, wish(**off))[MONDAY] is Kind.CALL_OFF
    after = carried(there, steps(there, wish(**off), now=NOON, first=MONDAY, last=LAST))
    kept = next(s for s in steps(after, wish(**off), now=NOON, first=MONDAY, last=LAST) if s.on == MONDAY)
    assert (kept.kind, kept.why) == (Kind.KEEP, Why.OFF)
    assert kinds(after, wish())[MONDAY] is Kind.RESTORE


def test_tonight_is_not_moved_into_the_past() -> None:
    found = steps(made(wish()), wish(local_start=time(11, 0)), now=NOON, first=MONDAY, last=LAST)
    assert (found[0].kind, found[0].why) == (Kind.KEEP, Why.TOO_LATE)
    assert found[1].kind is Kind.MOVE


def test_a_group_that_meets_no_more_takes_its_sessions_along() -> None:
    assert set(kinds(made(wish()), wish(open=False)).values()) == {Kind.TAKE_AWAY}


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), -1), (date(2026, 11, 1), 1), (date(2026, 4, 13), 0)]
)
def test_the_nights_the_clocks_change_are_known(day: date, hours: int) -> None:
    assert clocks_change_on(day, NEW_YORK) == timedelta(hours=hours)


# --- for any timetable ------------------------------------------------------------------------------------

clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
rules = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True).map(
    lambda days: f"FREQ=WEEKLY;BYDAY={','.join(days)}"
)
some_dates = st.frozensets(st.integers(0, 13).map(lambda n: MONDAY + timedelta(days=n)), max_size=4)


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    return wish(
        draw(rules),
        local_start=draw(clock),
        minutes=draw(st.integers(30, 240)),
        breaks=draw(st.sampled_from([(), ((10, 5),)])),
        ends_on=draw(st.none() | st.integers(0, 20).map(lambda n: MONDAY + timedelta(days=n))),
        cancelled=draw(some_dates),
        holidays=draw(some_dates),
        title=draw(st.sampled_from(["Evening group", "Later group"])),
        open=draw(st.booleans()),
    )


@settings(max_examples=200)
@given(wishes(), wishes(), st.data())
def test_once_carried_out_nothing_is_left_to_do(before: Wish, after: Wish, data: st.DataObject) -> None:
    there = made(before)
    by_hand = data.draw(st.sets(st.sampled_from([row.id for row in there]))) if there else set()
    there = [replace(row, follows_series=row.id not in by_hand) for row in there]
    there = [row for row in there if row.planned.starts_at > NOON]
    plan = steps(there, after, now=NOON, first=MONDAY, last=LAST)
    result = [row for row in carried(there, plan) if row.planned.starts_at > NOON]
    made_now = (s for s in plan if s.kind in {Kind.MAKE, Kind.ANNOUNCE})
    running = {s.on for s in made_now if (p := s.after or s.before) and p.starts_at <= NOON}
    again = steps(result, after, now=NOON, first=MONDAY, last=LAST)
    assert [s for s in again if not s.is_kept and s.on not in running] == []


@settings(max_examples=200)
@given(wishes(), wishes())
def test_every_date_has_one_step_and_what_stands_is_what_was_wished(before: Wish, after: Wish) -> None:
    there = [row for row in made(before) if row.planned.starts_at > NOON]
    plan = steps(there, after, now=NOON, first=MONDAY, last=LAST)
    assert len({s.on for s in plan}) == len(plan)
    wanted = {on for on in dates(after.table, MONDAY, LAST) if after.open and not after.off(on)}
    standing = {row.on: row for row in carried(there, plan) if not row.cancelled}
    # Only its removal gives back what a holiday took.
    for on in wanted - {row.on for row in there if row.for_holiday}:
        if after.at(on).starts_at > NOON:
            assert standing[on].planned == after.at(on)
    late = {s.on for s in plan if s.why is Why.TOO_LATE}
    assert set(standing) - wanted <= late
