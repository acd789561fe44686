"""AT-2 to AT-9: from evidence rows to stays in the room."""

from __future__ import annotations

from uuid import UUID

import pytest

from sessions_app.attendance.evidence import (
    Cause,
    Evidence,
    EvidenceKind,
    lost_at_once,
    presence_record,
    told_apart,
)
from sessions_app.attendance.rules import AttendancePolicy, attendance
from tests.rules.calendar import at, evening, span

PHONE, LAPTOP = UUID(int=1), UUID(int=2)
OPENED, ADMITTED, SEEN = EvidenceKind.OPENED, EvidenceKind.ADMITTED, EvidenceKind.SEEN
STEPPED_OUT, CLOSED = EvidenceKind.STEPPED_OUT, EvidenceKind.CLOSED


def row(kind: EvidenceKind, minute: float, cause: str = "", connection: UUID = PHONE) -> Evidence:
    return Evidence(connection, kind, at(minute), cause)


def beats(start: int, end: int, connection: UUID = PHONE) -> list[Evidence]:
    """Heartbeats every ten seconds from minute to minute, both included."""
    return [row(SEEN, tens / 6, connection=connection) for tens in range(start * 6, end * 6 + 1)]


def in_room(*rows: Evidence) -> list[Evidence]:
    return [row(OPENED, -2), row(ADMITTED, 0), *rows]


def test_nothing_seen_is_nobody_there() -> None:
    found = presence_record([])
    assert (found.in_room, found.lobby, found.gaps, found.last_cause) == ((), (), (), None)


def test_admitted_until_left() -> None:
    found = presence_record(in_room(*beats(0, 90), row(CLOSED, 90.1, "left")))
    assert found.in_room == (span(0, 90.1),)
    assert found.lobby == (span(-2, 0),)
    assert found.last_cause is Cause.LEFT


@pytest.mark.parametrize("cause", ["dropped", "server", "swept", "replaced", "a word of tomorrow", ""])
def test_a_connection_that_died_ends_at_its_last_proof_of_life(cause: str) -> None:
    found = presence_record(in_room(*beats(0, 30), row(CLOSED, 31, cause)))
    assert found.in_room == (span(0, 30),)  # mistake: ending it when somebody noticed


def test_without_any_close_it_ends_at_its_last_proof_of_life() -> None:
    assert presence_record(in_room(*beats(0, 30))).in_room == (span(0, 30),)
    assert presence_record(in_room()).in_room == ()


def test_when_the_room_closes_the_living_stay_to_the_end_and_the_silent_do_not() -> None:
    alive = presence_record(in_room(*beats(0, 30), row(CLOSED, 30.2, "ended")))
    silent = presence_record(in_room(*beats(0, 30), row(CLOSED, 30.5, "ended")))
    assert alive.in_room == (span(0, 30.2),)
    assert silent.in_room == (span(0, 30),)


def test_a_removed_client_is_gone_at_once_though_the_socket_lives() -> None:
    found = presence_record(
        in_room(*beats(0, 20), row(STEPPED_OUT, 10.05, "removed"), row(CLOSED, 20, "left"))
    )
    assert found.in_room == (span(0, 10.05),)
    assert found.lobby == (span(-2, 0),)
    assert found.last_cause is Cause.REMOVED


def test_back_to_the_lobby_and_in_again() -> None:
    found = presence_record(
        in_room(*beats(0, 40), row(STEPPED_OUT, 10, "lobby"), row(ADMITTED, 20), row(CLOSED, 40, "left"))
    )
    assert found.in_room == (span(0, 10), span(20, 40))
    assert found.lobby == (span(-2, 0), span(10, 20))
    assert [(gap.interval, gap.cause) for gap in found.gaps] == [(span(10, 20), Cause.LOBBY)]


def test_waiting_in_the_lobby_is_never_in_the_room() -> None:
    found = presence_record([row(OPENED, 0), *beats(0, 60), row(CLOSED, 60, "left")])
    assert found.in_room == ()
    assert found.lobby == (span(0, 60),)


def test_two_devices_are_one_person() -> None:
    phone = in_room(*beats(0, 60), row(CLOSED, 60, "left"))
    laptop = [
        row(OPENED, 29, connection=LAPTOP),
        row(ADMITTED, 30, connection=LAPTOP),
        *beats(30, 90, LAPTOP),
        row(CLOSED, 90, "left", LAPTOP),
    ]
    found = presence_record([*phone, *laptop])
    assert found.in_room == (span(0, 90),)
    assert found.lobby == (span(-2, 0),)  # the laptop's wait was spent in the room, on the phone


def test_the_late_end_of_an_old_connection_does_not_end_the_new_one() -> None:
    old = in_room(*beats(0, 30), row(CLOSED, 50, "swept"))
    new = [row(OPENED, 31, connection=LAPTOP), row(ADMITTED, 31, connection=LAPTOP), *beats(31, 60, LAPTOP)]
    found = presence_record([*old, *new])
    assert found.in_room == (span(0, 30), span(31, 60))
    assert [gap.cause for gap in found.gaps] == [Cause.SWEPT]


@pytest.mark.parametrize(("cause", "technical"), [("server", True), ("dropped", False), ("left", False)])
def test_a_gap_of_our_own_making_is_told_apart(cause: str, technical: bool) -> None:
    again = [row(OPENED, 33, connection=LAPTOP), row(ADMITTED, 33, connection=LAPTOP), *beats(33, 60, LAPTOP)]
    found = presence_record([*in_room(*beats(0, 30), row(CLOSED, 30, cause)), *again])
    assert [(gap.interval, gap.technical) for gap in found.gaps] == [(span(30, 33), technical)]


def test_rows_after_the_close_are_ignored() -> None:
    closed = in_room(*beats(0, 30), row(CLOSED, 30, "left"))
    assert presence_record([*closed, *beats(40, 50), row(ADMITTED, 45)]) == presence_record(closed)


def test_the_first_close_counts() -> None:
    found = presence_record(in_room(*beats(0, 30), row(CLOSED, 30.1, "left"), row(CLOSED, 31, "swept")))
    assert found.in_room == (span(0, 30.1),)


def test_a_second_admission_of_somebody_inside_changes_nothing() -> None:
    once = in_room(*beats(0, 30))
    assert presence_record([*once, row(ADMITTED, 10.03)]) == presence_record(once)


def test_admitted_without_a_lobby_and_seen_before_opened() -> None:
    found = presence_record([row(ADMITTED, 5), *beats(4, 10)])
    assert (found.lobby, found.in_room) == ((span(4, 5),), (span(5, 10),))


def test_stepping_out_of_a_room_one_is_not_in_is_only_a_proof_of_life() -> None:
    found = presence_record([row(OPENED, 0), row(STEPPED_OUT, 5, "removed"), row(SEEN, 6)])
    assert (found.lobby, found.in_room) == ((span(0, 6),), ())


def test_evidence_feeds_the_attendance_rule() -> None:
    rows = in_room(*beats(0, 70), row(CLOSED, 71, "dropped"))
    found = attendance(evening(span(60, 75)), presence_record(rows).presence(), AttendancePolicy())
    assert found.credited_minutes == 60


def test_a_kind_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="teleported"):
        Evidence(PHONE, "teleported", at(0))  # type: ignore[arg-type]  # as read from a row


# -- many at once --

CLIENTS = [UUID(int=number) for number in range(20, 32)]


@pytest.mark.parametrize(
    ("lost", "present", "shared"),
    [(3, 6, True), (3, 5, True), (2, 3, False), (3, 7, False), (6, 12, True), (5, 12, False), (3, 3, True)],
)
def test_at_least_three_and_at_least_half(lost: int, present: int, shared: bool) -> None:
    losses = [(client, at(30 + place / 60)) for place, client in enumerate(CLIENTS[:lost])]
    assert bool(lost_at_once(losses, present)) is shared


def test_one_client_with_three_devices_is_one_client() -> None:
    assert lost_at_once([(CLIENTS[0], at(30))] * 3, 3) == ()


def test_losses_further_apart_are_each_ones_own() -> None:
    losses = [(client, at(30 + place)) for place, client in enumerate(CLIENTS[:3])]
    assert lost_at_once(losses, 3) == ()


def test_a_shared_loss_is_technical_and_costs_or_gains_nobody_a_second() -> None:
    rows = in_room(
        *beats(0, 30), row(CLOSED, 30, "dropped"), row(OPENED, 35, connection=LAPTOP),
        row(ADMITTED, 35, connection=LAPTOP), *beats(35, 60, LAPTOP), row(CLOSED, 60, "left", LAPTOP),
    )  # fmt: skip
    outages = lost_at_once([(client, at(30)) for client in CLIENTS[:4]], 6)
    before, after = presence_record(rows), presence_record(told_apart(rows, outages))
    assert after.in_room == before.in_room
    assert [gap.interval for gap in after.gaps] == [gap.interval for gap in before.gaps]
    assert (before.gaps[0].technical, after.gaps[0].technical) == (False, True)
    assert after.gaps[0].cause is Cause.MANY


def test_leaving_in_the_same_moment_stays_leaving() -> None:
    rows = in_room(*beats(0, 30), row(CLOSED, 30, "left"))
    outages = lost_at_once([(client, at(30)) for client in CLIENTS[:4]], 4)
    assert told_apart(rows, outages) == rows
