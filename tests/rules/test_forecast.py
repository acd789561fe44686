"""Met, on course, needs one more, cannot reach: and which seats would still fix the week."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sessions_app.hours.forecast import Dose, Forecast, OpenSeat, Outlook, forecast
from tests.rules.calendar import span

MONDAY = date(2026, 5, 4)
NINE_HOURS = Dose(540)


def seat(key: str, day: int, minutes: int = 90, *, booked: bool = True, hour: int = 0) -> OpenSeat:
    """A seat so many days after Monday, at an hour of the evening."""
    start = day * 1440 + hour * 60
    time = span(start, start + minutes)
    return OpenSeat(key, time, MONDAY + timedelta(days=day), minutes, booked)


def look(minutes: int, *seats: OpenSeat, dose: Dose = NINE_HOURS, days: tuple[int, ...] = (0,)) -> Forecast:
    return forecast(minutes=minutes, days=[MONDAY + timedelta(days=d) for d in days], dose=dose, seats=seats)


def keys(fixes: tuple[tuple[OpenSeat, ...], ...]) -> list[list[str]]:
    return [[each.key for each in choice] for choice in fixes]


def test_a_week_that_has_its_hours_is_met() -> None:
    found = look(540, seat("thu", 3))
    assert (found.outlook, found.missing_minutes, found.must_keep, found.reached_with) == (
        Outlook.MET,
        0,
        (),
        None,
    )


def test_on_course_names_the_evening_that_completes_it() -> None:
    found = look(360, seat("thu", 3), seat("wed", 2), seat("fri", 4))
    assert found.outlook is Outlook.ON_COURSE
    assert found.reached_with is not None
    assert found.reached_with.key == "thu"
    assert found.must_keep == ()  # one of three may still be missed
    assert found.fixes == ()


def test_with_no_room_left_every_booked_seat_must_be_kept() -> None:
    found = look(361, seat("wed", 2), seat("thu", 3))
    assert found.outlook is Outlook.ON_COURSE
    assert [each.key for each in found.must_keep] == ["wed", "thu"]


def test_each_offer_that_fixes_it_alone_is_named() -> None:
    offers = (
        seat("long", 3, 180, booked=False),
        seat("short", 4, 60, booked=False),
        seat("ok", 5, 90, booked=False),
    )
    found = look(360, seat("wed", 2), *offers)
    assert found.outlook is Outlook.NEEDS_ONE_MORE
    assert found.missing_minutes == 180
    assert keys(found.fixes) == [["long"], ["ok"]]


def test_when_one_is_not_enough_two_together_are_named() -> None:
    offers = [seat(name, day, booked=False) for name, day in (("wed", 2), ("thu", 3), ("fri", 4))]
    assert keys(look(360, *offers).fixes) == [["wed", "thu"], ["wed", "fri"], ["thu", "fri"]]


def test_when_three_are_not_enough_the_whole_rest_is_named() -> None:
    offers = [seat(f"s{day}", day, booked=False) for day in (2, 3, 4, 5)]
    assert keys(look(180, *offers).fixes) == [["s2", "s3", "s4", "s5"]]


def test_a_minute_short_cannot_reach() -> None:
    found = look(359, seat("wed", 2), seat("thu", 3, booked=False, minutes=90))
    assert (found.outlook, found.fixes) == (Outlook.CANNOT_REACH, ())


def test_nobody_sits_in_two_groups_at_once() -> None:
    clash = seat("same time", 2, 180, booked=False)
    assert look(360, seat("wed", 2), clash).outlook is Outlook.CANNOT_REACH
    twins = (seat("a", 3, booked=False), seat("b", 3, booked=False))
    assert look(360, *twins).outlook is Outlook.CANNOT_REACH
    after = seat("after", 2, 90, booked=False, hour=2)
    assert look(360, seat("wed", 2), after).outlook is Outlook.NEEDS_ONE_MORE


def test_days_are_prescribed_too() -> None:
    dose = Dose(540, days=3)
    enough_minutes = look(600, seat("tue again", 1), dose=dose, days=(0, 1))
    assert (enough_minutes.outlook, enough_minutes.missing_days) == (Outlook.CANNOT_REACH, 1)
    assert look(600, seat("wed", 2), dose=dose, days=(0, 1)).outlook is Outlook.ON_COURSE
    assert look(600, seat("wed", 2, booked=False), dose=dose, days=(0, 1)).outlook is Outlook.NEEDS_ONE_MORE


seats_strategy = st.lists(
    st.builds(
        seat,
        st.uuids().map(str),
        st.integers(1, 6),
        st.sampled_from([45, 60, 90, 180]),
        booked=st.booleans(),
        hour=st.sampled_from([0, 2, 4]),
    ),
    max_size=7,
)


@given(st.integers(0, 600), seats_strategy)
def test_every_fix_fixes_and_nothing_fixes_what_cannot_be_reached(
    minutes: int, seats: list[OpenSeat]
) -> None:
    found = look(minutes, *seats)
    booked = sum(each.minutes for each in seats if each.booked)
    for choice in found.fixes:
        assert minutes + booked + sum(each.minutes for each in choice) >= 540
        assert not any(each.booked for each in choice)
    if found.outlook is Outlook.CANNOT_REACH:
        assert minutes + booked < 540
    assert (found.outlook is Outlook.MET) == (minutes >= 540)
    assert (found.outlook is Outlook.NEEDS_ONE_MORE) == bool(found.fixes)
