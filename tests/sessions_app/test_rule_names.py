"""The words of the pure rules are the words of the tables, so that a row reads into a rule as it is."""

from __future__ import annotations

import pytest
from django.db.models import Field, Model

from checkins import rules as alerts
from checkins.models import Alert, AlertLevel, CheckIn
from groups.models import LevelOfCare, Program, ServiceType
from sessions_app.attendance import evidence
from sessions_app.attendance import rules as attendance
from sessions_app.attendance.models import AttendancePolicy, AttendanceRecord
from sessions_app.followup import rules as followup
from sessions_app.followup.models import ContactAttempt, FollowUp
from sessions_app.hours import rules as hours
from sessions_app.hours.forecast import Outlook
from sessions_app.hours.models import HoursPolicy, WeekHours
from sessions_app.room.models import EvidenceKind
from vio.common.localtime import WeekStart


def field(model: type[Model], name: str) -> Field[object, object]:
    found = model._meta.get_field(name)
    assert isinstance(found, Field)
    return found


def choices(model: type[Model], name: str) -> set[str]:
    return {str(value) for value, _ in field(model, name).flatchoices}


@pytest.mark.parametrize(
    ("model", "name", "words"),
    [
        (AttendanceRecord, "status", set(attendance.Status)),
        (AttendancePolicy, "attribution", set(attendance.Attribution)),
        (FollowUp, "risk", set(followup.Risk)),
        (ContactAttempt, "outcome", set(followup.Outcome)),
        (HoursPolicy, "definition", {hours.ClockHour().name, hours.TherapeuticHour().name}),
        (LevelOfCare, "population", set(hours.Population)),
        (Program, "week_start", set(WeekStart)),
    ],
)
def test_choices_are_the_words_of_the_rules(model: type[Model], name: str, words: set[str]) -> None:
    assert choices(model, name) == words


def test_kinds_levels_states_and_services_have_one_name() -> None:
    assert set(EvidenceKind.values) == set(evidence.EvidenceKind)
    assert set(AlertLevel.values) == set(alerts.Level) - {alerts.Level.NONE}
    assert set(followup.TaskState) <= choices(FollowUp, "status")
    assert set(ServiceType.values) <= set(hours.ServiceType)


def test_words_fit_their_columns() -> None:
    assert max(map(len, Outlook)) <= (field(WeekHours, "forecast").max_length or 0)
    assert max(map(len, alerts.Level)) <= (field(CheckIn, "level").max_length or 0)


def test_rule_versions_are_numbers_as_stored() -> None:
    for model in (Alert, CheckIn):
        assert field(model, "rule_version").to_python(alerts.RULE_VERSION) == alerts.RULE_VERSION
    assert isinstance(attendance.RULE_VERSION, int)
    assert isinstance(hours.RULE_VERSION, int)


def test_the_defaults_of_a_policy_are_the_rules_own() -> None:
    rule = attendance.AttendancePolicy()
    for name in attendance.AttendancePolicy.__dataclass_fields__:
        assert field(AttendancePolicy, name).default == getattr(rule, name)
    therapeutic = hours.TherapeuticHour()
    for name in ("group_minutes", "counts_as", "from_percent"):
        assert field(HoursPolicy, name).default == getattr(therapeutic, name)
