"""A log becomes evidence once, by who may, after somebody looked at it; and it can be taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from groups.models import Client
from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.imports import selectors
from sessions_app.attendance.imports.rules.lines import FileRefusedError, Vendor
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.imports.services import (
    Decisions,
    accept_import,
    discard_import,
    discard_stale,
    start_import,
    withdraw_import,
)
from sessions_app.attendance.intervals import Interval
from sessions_app.attendance.recompute import recompute
from sessions_app.attendance.records import latest
from sessions_app.attendance.services import attest_sheet, correct_attendance
from sessions_app.models import (
    AttendanceImport,
    AttendanceRecord,
    EvidenceSeal,
    PresenceEvidence,
    Session,
)
from tests.factories import MONDAY_START, make_session
from tests.sessions_app.attendance.evenings import CLOCK, MINUTE, finalised, held, sat
from tests.sessions_app.attendance.imports.samples import (
    NEW_YORK,
    as_json,
    as_lines,
    at,
    jitsi_room,
    livekit,
    occupant,
    us,
    zoom_csv,
)
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry

pytestmark = pytest.mark.django_db
NOW = MONDAY_START + timedelta(hours=3)
HERE = Written(NEW_YORK)


@pytest.fixture
def evening(world: World) -> Session:
    """The room broke down after twenty minutes; the group went on elsewhere."""
    session = held(world.group)
    sat(session, world.ana, 0, 20)
    return finalised(session)


def read(world: World, session: Session, vendor: str, raw: bytes, **more: object) -> AttendanceImport:
    given = {"actor": world.actor(world.facilitator), "now": NOW, "written": HERE, **more}
    return start_import(session=session, vendor=Vendor(vendor), raw=raw, **given)  # type: ignore[arg-type]  # by name


def count(
    world: World, session: Session, row: AttendanceImport, decisions: Decisions | None = None, **more: object
) -> AttendanceImport:
    given = {"actor": world.actor(world.facilitator), "now": NOW, **more}
    return accept_import(session=session, import_id=row.pk, decisions=decisions or Decisions(), **given)  # type: ignore[arg-type]


def take_back(world: World, session: Session, row: AttendanceImport, **more: object) -> AttendanceImport:
    given = {"actor": world.actor(world.facilitator), "now": NOW + MINUTE, "reason": "Wrong evening.", **more}
    return withdraw_import(session=session, import_id=row.pk, **given)  # type: ignore[arg-type]  # by name


def of_ana(world: World, first: float = 15, last: float = 90) -> bytes:
    who = {"identity": str(world.ana.person_id), "sid": "PA_1", "joined": first, "name": "A."}
    return as_lines([
        livekit("participant_joined", first, key="E1", **who), livekit("participant_left", last, key="E2", **who)
    ])  # fmt: skip


def minutes(session: Session) -> dict[str, int]:
    rows = latest(session).select_related("client__person")
    return {row.client.person.first_name: row.credited_minutes for row in rows}


def asked(session: Session, row: AttendanceImport) -> dict[str, str]:
    """{name in the log: entry key} of those somebody has to decide about."""
    found = selectors.preview(session, selectors.contents_of(row).log)
    return {known.entry.names[0]: known.entry.key for known in found.asked}


def test_a_draft_counts_nothing_and_acceptance_counts_union_once(world: World, evening: Session) -> None:
    row = read(world, evening, "livekit", of_ana(world))
    assert (minutes(evening), PresenceEvidence.objects.filter(source__startswith="import").count()) == (
        {"Ana": 20, "Ben": 0},
        0,
    )
    done = count(world, evening, row)
    assert minutes(evening) == {"Ana": 90, "Ben": 0}
    rows = PresenceEvidence.objects.filter(source="import:livekit").order_by("at", "kind")
    assert [(r.kind, r.cause, r.at, r.client_id) for r in rows] == [
        ("admitted", "", at(15), world.ana.pk), ("opened", "", at(15), world.ana.pk),
        ("closed", "imported", at(90), world.ana.pk),
    ]  # fmt: skip
    assert (done.status, done.evidence_rows) == ("accepted", 3)
    record = latest(evening).get(client=world.ana)
    assert (record.version, record.source, record.status) == (2, "computed", "attended")
    assert EvidenceSeal.objects.filter(session=evening).count() == 2
    assert recompute().differences == ()


def test_the_same_log_counts_once_whatever_the_order_of_its_lines(world: World, evening: Session) -> None:
    raw = of_ana(world)
    row = read(world, evening, "livekit", raw)
    other_way = b"\n".join(reversed(raw.splitlines()))
    assert read(world, evening, "livekit", other_way).pk == row.pk
    count(world, evening, row)
    with pytest.raises(ConflictError) as caught:
        read(world, evening, "livekit", other_way)
    assert caught.value.code == "already_imported"
    with pytest.raises(ConflictError) as caught:
        count(world, evening, row)
    assert caught.value.code == "import_decided"
    assert AttendanceRecord.objects.filter(session=evening, client=world.ana).count() == 2
    assert AttendanceImport.objects.count() == 1


def test_the_database_itself_refuses_the_same_log_twice(world: World, evening: Session) -> None:
    row = count(world, evening, read(world, evening, "livekit", of_ana(world)))
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceImport.objects.create(
            program=row.program, session=evening, vendor="zoom", digest=row.digest, created_at=NOW
        )


def test_an_overlapping_second_log_adds_no_minute(world: World, evening: Session) -> None:
    count(world, evening, read(world, evening, "livekit", of_ana(world, 15, 80)))
    ana = occupant("Ana", 10, 70, email=world.ana.person.email.upper())
    count(world, evening, read(world, evening, "jitsi", as_json(jitsi_room(ana))))
    assert minutes(evening)["Ana"] == 80
    assert set(PresenceEvidence.objects.filter(session=evening).values_list("source", flat=True)) == {
        "", "import:livekit", "import:jitsi"
    }  # fmt: skip
    assert recompute().differences == ()


def test_two_of_one_name_are_two_questions_and_nobody_is_guessed(world: World, evening: Session) -> None:
    rows = [("Ben Okafor", "", us(0), us(80), "No"), ("Ben Okafor", "", us(5), us(90), "No")]
    row = read(world, evening, "zoom", zoom_csv(*rows))
    found = selectors.preview(evening, selectors.contents_of(row).log)
    keys = [known.entry.key for known in found.asked]
    assert len(keys) == 2
    with pytest.raises(BadInputError) as caught:
        count(world, evening, row)
    assert set(caught.value.fields) == {f"who-{key}" for key in keys}
    for stranger in (world.cleo.pk, world.dov.pk, world.facilitator.pk):
        with pytest.raises(BadInputError):
            count(world, evening, row, Decisions(dict.fromkeys(keys, stranger)))
    assert minutes(evening) == {"Ana": 20, "Ben": 0}
    first = next(k.entry.key for k in found.asked if k.entry.stays[0].join == at(0))
    count(world, evening, row, Decisions({**dict.fromkeys(keys), first: world.ben.pk}))
    assert minutes(evening) == {"Ana": 20, "Ben": 80}


def test_a_missing_end_counts_to_the_end_only_if_somebody_says_so(world: World, evening: Session) -> None:
    raw = as_json(
        jitsi_room(occupant("?", 30, None, id=str(world.ben.pk)), occupant("?", 0, 40, id=str(world.ana.pk)))
    )
    row = read(world, evening, "jitsi", raw)
    found = selectors.preview(evening, selectors.contents_of(row).log)
    (key,) = [stay.key for known in found.known for stay in known.entry.stays if stay.needs_end]
    count(world, evening, row, Decisions(until_end=frozenset({key})))
    assert minutes(evening) == {"Ana": 40, "Ben": 60}


def test_only_what_became_evidence_is_kept(world: World, evening: Session) -> None:
    rows = [("Rosa's iPad", "", us(0), us(90), "No"), ("A.", world.ana.person.email, us(0), us(90), "No")]
    row = read(world, evening, "zoom", zoom_csv(*rows, ("Broken", "", "soon", "", "No")))
    (stranger,) = asked(evening, row).values()
    count(world, evening, row, Decisions({stranger: None}))
    row.refresh_from_db()
    assert "A." in row.content
    assert "Rosa" not in row.content
    assert "Broken" not in row.content
    stored = AttendanceImport.objects.raw(
        "SELECT id, encode(content, 'escape') AS sealed FROM sessions_app_attendanceimport"
    )
    assert world.ana.person.email not in stored[0].sealed  # type: ignore[attr-defined]  # a column of the statement


def test_the_waiting_room_earns_nothing(world: World, evening: Session) -> None:
    row = read(world, evening, "zoom", zoom_csv(("B", world.ben.person.email, us(0), us(60), "Yes")))
    count(world, evening, row)
    assert minutes(evening)["Ben"] == 0
    assert not PresenceEvidence.objects.filter(client=world.ben, kind="admitted").exists()


def test_staff_in_the_log_are_nobody_and_need_no_answer(world: World, evening: Session) -> None:
    lines = [
        ("Lead", world.facilitator.email, us(0), us(90), "No"),
        ("A", world.ana.person.email, us(0), us(30), "No"),
    ]
    count(world, evening, read(world, evening, "zoom", zoom_csv(*lines)))
    assert minutes(evening) == {"Ana": 30, "Ben": 0}


def test_taken_back_it_stays_in_the_record_and_counts_no_more(world: World, evening: Session) -> None:
    row = count(world, evening, read(world, evening, "livekit", of_ana(world)))
    with pytest.raises(BadInputError):
        take_back(world, evening, row, reason=" ")
    take_back(world, evening, row)
    assert minutes(evening)["Ana"] == 20
    assert PresenceEvidence.objects.filter(source="import:livekit").count() == 4
    assert latest(evening).get(client=world.ana).version == 3
    assert recompute().differences == ()
    with pytest.raises(ConflictError):
        take_back(world, evening, row)
    again = read(world, evening, "livekit", of_ana(world))
    assert again.pk != row.pk
    count(world, evening, again)
    assert minutes(evening)["Ana"] == 90
    assert recompute().differences == ()


def test_what_a_person_corrected_stands_before_and_after(world: World, evening: Session) -> None:
    correct_attendance(
        actor=world.actor(world.facilitator), session=evening, client=world.ana,
        changes=Changes(credited_minutes=45, first_at=at(0), last_at=at(60)), reason="Was on the phone.", now=NOW,
    )  # fmt: skip
    row = count(world, evening, read(world, evening, "livekit", of_ana(world)), now=NOW + MINUTE)
    assert minutes(evening)["Ana"] == 45
    assert recompute().differences == ()
    take_back(world, evening, row, now=NOW + 2 * MINUTE)
    assert minutes(evening)["Ana"] == 45
    assert recompute().differences == ()


def test_a_signed_sheet_needs_a_supervisor(world: World, evening: Session) -> None:
    row = read(world, evening, "livekit", of_ana(world))
    attest_sheet(actor=world.actor(world.facilitator), session=evening, now=NOW)
    for act in (
        lambda: read(world, evening, "livekit", of_ana(world, 1)),
        lambda: count(world, evening, row),
    ):
        with pytest.raises(NotAllowedError) as caught:
            act()
        assert caught.value.code == "sheet_signed"
    supervisor = world.actor(world.supervisor)
    count(world, evening, row, actor=supervisor)
    assert minutes(evening)["Ana"] == 90
    with pytest.raises(NotAllowedError):
        take_back(world, evening, row)
    assert recompute().differences == ()
    take_back(world, evening, row, actor=supervisor)
    assert (minutes(evening)["Ana"], recompute().differences) == (20, ())


def test_a_group_that_met_elsewhere_altogether(world: World) -> None:
    session = finalised(make_session(world.group, status="ended", ended_at=MONDAY_START + 120 * MINUTE))
    assert set(latest(session).values_list("status", flat=True)) == {"cancelled"}
    row = read(world, session, "livekit", of_ana(world, 0, 90))
    for wrong in (None, Interval(at(30), at(30)), Interval(at(-900), at(90)), Interval(at(0), at(900))):
        with pytest.raises(BadInputError) as caught:
            count(world, session, row, Decisions(held=wrong))
        assert {"held_from", "held_to"} & set(caught.value.fields)
    count(world, session, row, Decisions(held=Interval(at(10), at(90))))
    assert minutes(session) == {"Ana": 80, "Ben": 0}
    assert dict(latest(session).values_list("client", "status")) == {
        world.ana.pk: "attended",
        world.ben.pk: "no_show",
    }
    assert recompute().differences == ()
    take_back(world, session, row)
    session.refresh_from_db()
    assert (session.started_at, session.ended_at) == (None, MONDAY_START + 120 * MINUTE)
    assert set(latest(session).values_list("status", flat=True)) == {"cancelled"}
    assert recompute().differences == ()


def test_times_said_once_stay_while_another_log_stands(world: World) -> None:
    session = finalised(make_session(world.group, status="ended", ended_at=MONDAY_START + 120 * MINUTE))
    first = count(
        world,
        session,
        read(world, session, "livekit", of_ana(world, 0, 90)),
        Decisions(held=Interval(at(0), at(90))),
    )
    ben = as_json(jitsi_room(occupant("B", 0, 60, id=str(world.ben.person_id))))
    second = count(world, session, read(world, session, "jitsi", ben))
    take_back(world, session, first)
    assert minutes(session) == {"Ana": 0, "Ben": 60}
    take_back(world, session, second)
    session.refresh_from_db()
    assert session.started_at is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "cancelled", "cancelled_at": NOW}, "not_held"),
        ({"status": "live", "ended_at": None}, "not_computed_yet"),
    ],
)
def test_only_a_counted_session_takes_a_log(world: World, fields: dict[str, object], code: str) -> None:
    session = held(world.group, **fields)  # type: ignore[arg-type]  # by name
    with pytest.raises(ConflictError) as caught:
        read(world, session, "livekit", of_ana(world))
    assert caught.value.code == code


def test_nobody_else_imports(world: World, evening: Session) -> None:
    row = read(world, evening, "livekit", of_ana(world))
    for who in (world.clinician, world.records, world.ana):
        actor = world.actor(who)
        for act in (
            lambda actor=actor: read(world, evening, "livekit", of_ana(world), actor=actor),
            lambda actor=actor: count(world, evening, row, actor=actor),
            lambda actor=actor: take_back(world, evening, row, actor=actor),
            lambda actor=actor: discard_import(actor=actor, session=evening, import_id=row.pk, now=NOW),
        ):
            with pytest.raises(NotAllowedError):
                act()
    elsewhere = finalised(held(world.other_group))
    with pytest.raises(NotFoundError):
        count(world, elsewhere, row, actor=world.actor(world.other_facilitator))
    assert minutes(evening)["Ana"] == 20


def test_a_draft_is_thrown_away_by_hand_or_by_time_and_nothing_of_it_stays(
    world: World, evening: Session
) -> None:
    row = read(world, evening, "livekit", of_ana(world))
    assert discard_stale(actor=CLOCK, now=NOW + timedelta(days=13)) == 0
    assert discard_stale(actor=CLOCK, now=NOW + timedelta(days=15)) == 1
    assert discard_stale(actor=CLOCK, now=NOW + timedelta(days=15)) == 0
    other = read(world, evening, "livekit", of_ana(world))
    discard_import(actor=world.actor(world.facilitator), session=evening, import_id=other.pk, now=NOW)
    for one in (row, other):
        one.refresh_from_db()
        assert (one.status, one.content) == ("discarded", "")
    with pytest.raises(ConflictError):
        count(world, evening, other)


def test_the_audit_trail_tells_each_act_and_no_name(world: World, evening: Session) -> None:
    row = count(world, evening, read(world, evening, "livekit", of_ana(world)))
    take_back(world, evening, row)
    entries = AuditEntry.objects.filter(action__startswith="attendance.import").order_by("number")
    assert [entry.action for entry in entries] == [
        "attendance.import_started", "attendance.import_accepted", "attendance.imported", "attendance.import_withdrawn",
    ]  # fmt: skip
    assert all(entry.details.get("import", str(row.pk)) == str(row.pk) for entry in entries)
    assert world.ana.person.email not in str([entry.details for entry in entries])


def test_more_unknown_people_than_a_group_can_have(world: World, evening: Session) -> None:
    crowd = as_json(jitsi_room(*(occupant(f"P{n}", 0, 90) for n in range(121))))
    with pytest.raises(FileRefusedError) as caught:
        read(world, evening, "jitsi", crowd)
    assert caught.value.code == "too_many_unknown"


def test_a_client_is_found_by_chart_or_account(world: World, evening: Session) -> None:
    people: list[tuple[Client, UUID]] = [(world.ana, world.ana.person_id), (world.ben, world.ben.pk)]
    raw = as_json(
        jitsi_room(*(occupant("x", 0, 50, id=str(key), occupant_jid=str(key)) for _, key in people))
    )
    count(world, evening, read(world, evening, "jitsi", raw))
    assert minutes(evening) == {"Ana": 50, "Ben": 50}
