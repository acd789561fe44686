"""The seeded program: believable, derived by the services alone, complete after a kill, the same after a second run."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from checkins.models import Alert, CheckIn
from groups.models import Client, Group, GroupStaff, LevelOfCare, Membership, Person, Program, StaffRole
from sessions_app.attendance.recompute import recompute
from sessions_app.models import (
    AttendanceRecord,
    AttendanceSheet,
    ClientNote,
    FollowUp,
    GroupNote,
    PresenceEvidence,
    RoomEvent,
    Session,
    WeekHours,
)
from sessions_app.notes.content import is_intact
from sessions_app.room import joining
from tests.demo.conftest import NOON
from tests.factories import at_the_door
from tests.groups.visitor import Visitor
from vio.common import audit
from vio.common.actors import system_actor
from vio.common.models import AuditEntry, Delivery
from vio.common.permissions import Role
from vio.demo import cast
from vio.demo.history import MARK, read_mark
from vio.demo.live import ensure_live
from vio.demo.people import demo_people
from vio.demo.seed import Seeded, seed_demo
from vio.rehearse.logins import mint_login

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded")]
TONIGHT = date(2026, 4, 15)
HOUSE = system_actor("demo")


def counts() -> dict[str, int]:
    """How many rows each table of ours has."""
    ours = {"common", "groups", "sessions_app", "checkins", "mfa", "account"}
    return {m._meta.label: m._default_manager.count() for m in apps.get_models() if m._meta.app_label in ours}


def evenings() -> list[Session]:
    return list(Session.objects.filter(series__isnull=False, local_date__lt=TONIGHT).order_by("starts_at"))


# --- after a kill, and again --------------------------------------------------------------------------------


def test_a_founding_that_is_killed_leaves_nothing(left_by_a_killed_founding: tuple[int, int]) -> None:
    assert left_by_a_killed_founding == (0, 0)


def test_the_run_after_a_kill_goes_on_where_whole_days_ended(seeded: Seeded) -> None:
    assert not seeded.founded
    assert 0 < seeded.days < 9  # nine days are there; the killed run had finished the first week
    program = Program.objects.get()
    mark = read_mark(program)
    assert mark is not None
    assert (mark.through, mark.began) == (TONIGHT - timedelta(days=1), date(2026, 4, 6))
    assert AuditEntry.objects.filter(action=MARK).count() == 3


def test_a_second_run_adds_nothing() -> None:
    before = counts()
    again = seed_demo(now=NOON, weeks=1)
    assert (again.founded, again.days) == (False, 0)
    assert counts() == before


def test_a_run_the_next_day_adds_that_day_and_signs_what_was_left_open() -> None:
    checkins, signed = CheckIn.objects.count(), GroupNote.objects.exclude(signed_at=None).count()
    later = seed_demo(now=NOON + timedelta(days=1), weeks=1)
    assert later.days == 1
    assert CheckIn.objects.count() > checkins
    assert GroupNote.objects.exclude(signed_at=None).count() == signed + len(cast.TRACKS)
    tonight = Session.objects.filter(series__isnull=False, local_date=TONIGHT)
    assert {s.status for s in tonight} == {"ended"}
    assert recompute().differences == ()


# --- who is there -------------------------------------------------------------------------------------------


def test_two_groups_with_their_leaders_and_clients() -> None:
    assert Program.objects.get().is_demo
    assert set(LevelOfCare.objects.values_list("code", flat=True)) == {"1", "2.1", "2.5"}
    assert set(StaffRole.objects.values_list("role", flat=True)) == set(Role) - {Role.CLIENT}
    for group in Group.objects.all():
        assert Membership.objects.filter(group=group).count() >= 7
        assert set(GroupStaff.objects.filter(group=group).values_list("role", flat=True)) == {
            "facilitator",
            "cofacilitator",
        }
    names = Counter(client.person.first_name for client in Client.objects.select_related("person"))
    assert names["Ana"] == 2


def test_ten_clients_stay_in_each_group_at_the_end_of_the_story() -> None:
    staying = Counter(player.group for player in cast.CLIENTS if player.leaves is None)
    assert staying == {cast.CEDAR: 10, cast.LANTERN: 10}


# --- what happened ------------------------------------------------------------------------------------------


def test_every_evening_was_held_counted_and_drafted() -> None:
    held = evenings()
    assert len(held) == 12  # six evenings of two groups
    assert {session.status for session in held} == {"ended"}
    assert all(session.finalised_at and session.started_at and session.misses_found_at for session in held)
    assert AttendanceSheet.objects.count() == GroupNote.objects.count() == 12
    assert all(s.breaks.filter(taken_end__isnull=False).count() == 1 for s in held)


def test_figures_follow_from_the_evidence_and_the_audit_chain_holds() -> None:
    report = recompute()
    assert (report.sessions, report.differences) == (12, ())
    assert list(audit.verify()) == []


def test_attendance_is_believable() -> None:
    statuses = Counter(AttendanceRecord.objects.filter(version=1).values_list("status", flat=True))
    total = sum(statuses.values())
    assert 0.75 < statuses["attended"] / total < 0.99
    assert statuses["no_show"] + statuses["excused"] > 0
    assert "cancelled" not in statuses
    assert any("late" in flags for flags in AttendanceRecord.objects.values_list("flags", flat=True))
    causes = set(PresenceEvidence.objects.filter(kind="closed").values_list("cause", flat=True))
    assert {"ended", "dropped"} <= causes
    assert RoomEvent.objects.filter(kind="connection.returned").exists()


def test_check_ins_cover_most_days_and_their_alerts_were_worked_on() -> None:
    expected = sum(1 for c in Client.objects.all()) * 9
    assert 0.6 < CheckIn.objects.filter(local_date__lt=TONIGHT).count() / expected < 1.0
    assert CheckIn.objects.exclude(note="").exists()
    older = Alert.objects.filter(local_date__lt=TONIGHT - timedelta(days=4))
    assert older.exists()
    assert set(older.values_list("status", flat=True)) == {"resolved"}
    assert all(alert.acts.exclude(text="").filter(kind="resolved").exists() for alert in older)


def test_somebody_on_the_desk_needs_care_today_and_no_later_start_adds_more() -> None:
    waiting = Alert.objects.exclude(status="resolved")
    assert waiting.exists()
    before = CheckIn.objects.count()
    waiting.update(status="resolved", resolved_at=NOON)
    assert seed_demo(now=NOON, weeks=1).days == 0
    first = CheckIn.objects.count() - before
    Alert.objects.exclude(status="resolved").update(status="resolved", resolved_at=NOON)
    seed_demo(now=NOON, weeks=1)
    assert (first <= 2, CheckIn.objects.count() - before) == (True, first)


def test_misses_are_those_who_were_not_there_at_the_fifteenth_minute() -> None:
    absent = AttendanceRecord.objects.filter(version=1, status="no_show").values_list(
        "session_id", "client_id"
    )
    standing = FollowUp.objects.exclude(status="withdrawn").values_list("session_id", "client_id")
    assert set(standing) == set(absent)
    assert all(t.attempts.exists() for t in FollowUp.objects.filter(status="reached"))


def test_hours_of_the_week_are_there_for_everybody() -> None:
    first_week = WeekHours.objects.filter(week=date(2026, 4, 5))
    assert first_week.count() == Membership.objects.count()
    assert first_week.filter(minutes__gte=540).count() > first_week.count() / 2


def test_notes_are_signed_except_those_of_the_last_two_evenings() -> None:
    open_days = set(GroupNote.objects.filter(signed_at=None).values_list("session__local_date", flat=True))
    assert open_days == {TONIGHT - timedelta(days=1), TONIGHT - timedelta(days=2)}
    signed = list(GroupNote.objects.exclude(signed_at=None))
    assert len(signed) == 8
    assert all(is_intact(note) for note in signed)
    assert not ClientNote.objects.filter(session__in=[n.session_id for n in signed], signed_at=None).exists()
    sheets = AttendanceSheet.objects.filter(attested_at=None).values_list("session__local_date", flat=True)
    assert set(sheets) == open_days


def test_no_message_of_the_past_waits_to_be_sent() -> None:
    assert not Delivery.objects.filter(sent_at=None, cancelled_at=None, due_at__lt=NOON).exists()


# --- now ----------------------------------------------------------------------------------------------------


def test_each_group_has_a_session_that_can_be_joined_now() -> None:
    live = Session.objects.filter(series=None)
    assert {s.group.name for s in live} == set(cast.TRACKS)
    for session in live:
        assert session.status == Session.Status.OPEN
        assert session.starts_at == NOON - timedelta(minutes=2)
        assert session.ends_at == NOON + timedelta(minutes=118)
        client = Client.objects.filter(memberships__group=session.group).first()
        assert client is not None
        at_the_door(session, client, at=NOON)
        standing = joining.door(mint_login(client.person, now=NOON), session.pk, now=NOON)
        assert standing.client_id == client.pk


def test_tonight_takes_the_place_of_a_session_of_its_own_when_it_is_near() -> None:
    group = Group.objects.get(name=cast.CEDAR)
    tonight = Session.objects.get(group=group, series__isnull=False, local_date=TONIGHT)
    near = ensure_live(group, actor=HOUSE, now=tonight.starts_at - timedelta(minutes=5))
    assert (near.session.pk, near.made) == (tonight.pk, False)
    tonight.refresh_from_db()
    assert tonight.status == Session.Status.OPEN


def test_before_tonight_the_session_of_now_ends_when_tonight_begins() -> None:
    group = Group.objects.get(name=cast.CEDAR)
    tonight = Session.objects.get(group=group, series__isnull=False, local_date=TONIGHT)
    now = tonight.starts_at - timedelta(minutes=45)
    found = ensure_live(group, actor=HOUSE, now=now)
    assert found.made
    assert found.session.ends_at == tonight.starts_at


def test_one_that_nobody_started_is_called_off_and_a_new_one_made() -> None:
    group = Group.objects.get(name=cast.CEDAR)
    old = Session.objects.get(group=group, series=None)
    found = ensure_live(group, actor=HOUSE, now=old.ends_at + timedelta(minutes=1))
    old.refresh_from_db()
    assert old.status == Session.Status.CANCELLED
    assert found.made


# --- signing in ---------------------------------------------------------------------------------------------


def test_the_listed_people_sign_in_through_the_real_pages() -> None:
    listed = demo_people(now=timezone.now())
    assert len(listed) == len(cast.STAFF) + 20 + len(cast.WAITING)
    staff = next(p for p in listed if p.role == "facilitator")
    client = next(p for p in listed if p.role == "client")
    visitor = Visitor()
    assert visitor.password_step(staff.email, staff.password)["Location"] == reverse("mfa_authenticate")
    assert visitor.code_step(staff.code).status_code == 302
    assert visitor.is_signed_in
    other = Visitor()
    assert other.password_step(client.email, client.password).status_code == 302
    assert other.is_signed_in


def test_secrets_are_one_persons_own_and_nowhere_in_the_clear() -> None:
    secrets = [p.secret for p in demo_people(now=NOON) if p.secret]
    assert len(set(secrets)) == len(cast.STAFF)
    stored = [str(row.data) for row in Authenticator.objects.filter(user__in=Person.objects.all())]
    assert len(stored) == len(cast.STAFF)
    assert not any(secret in text for secret in secrets for text in stored)
