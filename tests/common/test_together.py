"""Several small reads in one statement give what each gives by itself, sealed text included."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from checkins.models import Alert, AlertAct
from groups.models import EmergencyContact, Person
from sessions_app.models import Session
from tests.factories import make_session
from tests.worlds import World
from vio.common.scope import scope
from vio.common.together import read_together

AT = datetime(2026, 4, 13, 22, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def rows(world: World) -> World:
    for n in range(3):
        EmergencyContact.objects.create(
            program=world.program,
            client=world.ana,
            name=f"Rosa {n}",
            phone="518-555-0102",
            relation="it's \\x41 %s",
        )
    alert = Alert.objects.create(
        program=world.program, client=world.ana, local_date=AT.date(), level="red", reasons=[{"a": 1}], rule_version=1,
        raised_at=AT, changed_at=AT,
    )  # fmt: skip
    AlertAct.objects.create(
        program=world.program,
        alert=alert,
        kind="contacted",
        at=AT,
        text="Called twice.",
        person=world.clinician,
    )
    make_session(world.group)
    return world


def test_every_part_has_the_values_and_the_order_it_has_by_itself(rows: World) -> None:
    parts = [
        EmergencyContact.objects.filter(client=rows.ana).order_by("-pk"),
        Alert.objects.filter(client=rows.ana),
        AlertAct.objects.filter(alert__client=rows.ana, text__gt=b""),
        Session.objects.filter(group=rows.group).order_by("starts_at")[:1],
        Person.objects.filter(pk=rows.clinician.pk).annotate(since=F("created_at")),
        Person.objects.none(),
        Person.objects.filter(email="nobody@example.org"),
    ]
    with CaptureQueriesContext(connection) as seen:
        found = read_together(*parts)
    assert len(seen) == 1
    for part, together in zip(parts, found, strict=True):
        alone = list(part)
        assert together == alone
        for one, other in zip(together, alone, strict=True):
            for field in one._meta.concrete_fields:
                assert getattr(one, field.attname) == getattr(other, field.attname), field
    assert [len(rows) for rows in found] == [3, 1, 1, 1, 1, 0, 0]
    assert found[2][0].text == "Called twice."
    assert found[4][0].since == rows.clinician.created_at
    assert read_together() == []
    assert read_together(Person.objects.none()) == [[]]


def test_what_is_read_can_be_changed_and_saved(rows: World) -> None:
    [contact, *_] = read_together(EmergencyContact.objects.filter(client=rows.ana))[0]
    contact.relation = "mother"
    contact.save()
    stored = EmergencyContact.objects.get(pk=contact.pk)
    assert (stored.relation, stored.phone) == ("mother", "518-555-0102")


def test_the_walls_hold_as_for_each_by_itself(rows: World) -> None:
    with scope([rows.lakeside.pk]):
        assert read_together(EmergencyContact.objects.all(), Session.objects.all()) == [[], []]
