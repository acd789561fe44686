"""The set-based derivation from evidence gives the seconds of the Python rule, on random evidence (AT-8)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import Client
from sessions_app.attendance.figures import read_client
from sessions_app.attendance.gather import gather
from sessions_app.attendance.recompute import recompute
from sessions_app.hours.deep import credited_seconds, disagreeing
from sessions_app.hours.recompute import recompute_weeks
from sessions_app.models import AttendancePolicy, PresenceEvidence, SessionBreak
from tests.factories import MONDAY, MONDAY_START, make_session
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.worlds import World

DAY = (date(2026, 4, 12), date(2026, 4, 18))
CAUSES = ["", "left", "removed", "lobby", "ended", "dropped", "server", "swept", "replaced", "imported"]
KINDS = [*["opened", "admitted", "seen", "stepped_out", "closed"] * 3, "withdrawn"]
Fact = tuple[int, int, str, str, int]  # client, connection, kind, cause, seconds after the start

noise = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 2), st.sampled_from(KINDS),
        st.sampled_from(CAUSES), st.integers(-40, 400).map(lambda n: n * 15),
    ),
    max_size=8,
)  # fmt: skip


@st.composite
def visits(draw: st.DrawFn) -> list[Fact]:
    """Somebody let in, seen now and then, and gone in one of the ways there are."""
    who, where = draw(st.integers(0, 1)), draw(st.integers(0, 2))
    begin = draw(st.integers(-20, 200)) * 15
    proofs = [begin + n for n in draw(st.lists(st.integers(1, 2400), max_size=4))]
    end = max([begin, *proofs]) + draw(st.sampled_from([0, 5, 12, 13, 60]))
    kind = draw(st.sampled_from(["closed", "closed", "stepped_out", "seen"]))
    last = (who, where, kind, draw(st.sampled_from(CAUSES)), end)
    return [(who, where, "admitted", "", begin), *[(who, where, "seen", "", at) for at in proofs], last]


@st.composite
def evenings(draw: st.DrawFn) -> list[Fact]:
    """Visits and noise in any order; the database keeps one row per connection, kind and instant."""
    told = [f for visit in draw(st.lists(visits(), min_size=1, max_size=5)) for f in visit] + draw(noise)
    return list({(f[1], f[2], f[4]): f for f in draw(st.permutations(told))}.values())


pauses = st.tuples(st.integers(0, 90), st.none() | st.integers(1, 30))
times = st.tuples(
    st.sampled_from([0, 0, -5, 10, None]), st.sampled_from([90, 90, 100, 60, 5, None]), st.none() | pauses
)


@pytest.mark.timeout(600)
def test_both_derivations_agree_on_random_evidence(world: World) -> None:
    connections = [uuid.uuid4() for _ in range(3)]
    seen = {"credited": 0, "bridged": 0}

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(facts=evenings(), times=times, bridge=st.sampled_from([0, 0, 15, 60]), cancelled=st.booleans())
    def check(
        facts: list[tuple[int, int, str, str, int]], times: tuple, bridge: int, cancelled: bool
    ) -> None:
        with transaction.atomic():
            AttendancePolicy.objects.filter(program=world.program).update(bridge_gap_seconds=bridge)
            session = _session(world, times, cancelled=cancelled and bridge == 60)
            clients = [world.ana, world.ben]
            PresenceEvidence.objects.bulk_create(
                PresenceEvidence(
                    session=session, program=world.program, person=clients[who].person, client=clients[who],
                    connection=connections[c], kind=kind, cause=cause,
                    at=MONDAY_START + timedelta(seconds=seconds),
                )
                for who, c, kind, cause, seconds in facts
            )  # fmt: skip
            derived = credited_seconds(world.program.pk, *DAY)
            known = gather(session)
            for client in clients:
                by_rule = read_client(known, client.pk).result.credited_seconds
                assert derived.get((session.pk, client.pk), 0) == by_rule
                seen["credited"] += by_rule > 0
                seen["bridged"] += by_rule > 0 and bridge > 0
            transaction.set_rollback(True)

    check()
    # About 170 and 60 of them say something; by chance a run had less than a third of that.
    assert seen["credited"] > 20, seen
    assert seen["bridged"] > 3, seen


def _session(world: World, times: tuple, *, cancelled: bool) -> object:
    late, ran, pause = times
    session = make_session(
        world.group, status="cancelled" if cancelled else "ended", finalised_at=MONDAY_START + timedelta(hours=5),
        started_at=None if late is None else MONDAY_START + timedelta(minutes=late),
        ended_at=None if ran is None else MONDAY_START + timedelta(minutes=ran),
    )  # fmt: skip
    if pause is not None:
        begin, length = pause
        SessionBreak.objects.create(
            program=world.program, session=session, taken_start=MONDAY_START + timedelta(minutes=begin),
            taken_end=None if length is None else MONDAY_START + timedelta(minutes=begin + length),
        )  # fmt: skip
    return session


def test_recompute_of_weeks_finds_a_tampered_week_and_a_tampered_record(world: World) -> None:
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    sat(session, world.ben, 30, 80)
    finalised(session)
    now = datetime(2026, 4, 14, tzinfo=UTC)
    clean = recompute_weeks(now=now)
    assert (clean.weeks, clean.differences, clean.deep) == (2, (), ())
    assert disagreeing(world.program.pk, *DAY) == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("UPDATE sessions_app_weekhours SET minutes = 500 WHERE client_id = %s", [world.ana.pk])
        cursor.execute(
            "UPDATE sessions_app_attendancerecord SET credited_seconds = 5400 WHERE client_id = %s",
            [world.ben.pk],
        )
        cursor.execute("SET LOCAL ROLE vio_app")
    dirty = recompute_weeks(now=now, day=MONDAY)
    assert [(d.client_id, d.what, d.stored, d.found) for d in dirty.differences] == [
        (world.ana.pk, "minutes", 500, 90)
    ]
    assert [(d.client_id, d.stored, d.derived) for d in dirty.deep] == [(world.ben.pk, 5400, 3000)]
    assert [d.what for d in recompute().differences] == ["credited_seconds"]
    assert recompute_weeks(now=now, day=date(2026, 5, 1)).weeks == 0


def test_clients_are_counted_by_account_not_by_name(world: World) -> None:
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    finalised(session)
    assert {client for _, client in credited_seconds(world.program.pk, *DAY)} == {world.ana.pk}
    assert Client.objects.filter(pk=world.ana.pk).exists()
