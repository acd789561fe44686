"""Two clients kept apart: who may say so, what is refused, who learns of it, and that nothing is lost when it ends."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from groups.models import NoContact
from groups.selectors import no_contacts_in, pairs_apart
from groups.services.apart import end_apart, keep_apart
from groups.services.memberships import take_visit
from tests.factories import MONDAY, MONDAY_START
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry

pytestmark = pytest.mark.django_db


def keep(world: World, *, who: object = None, **changes: object) -> NoContact:
    fields = {"pair": (world.ben, world.ana), "reason": "A court order", "now": MONDAY_START, **changes}
    actor = world.actor(who or world.supervisor)  # type: ignore[arg-type]  # a person of the world
    return keep_apart(actor=actor, program=world.program, **fields)  # type: ignore[arg-type]  # fields by name


def test_a_pair_in_either_order_once_and_sealed(world: World) -> None:
    row = keep(world)
    assert row.first.pk.int < row.second.pk.int
    with pytest.raises(ConflictError) as refusal:
        keep(world, pair=(world.ana, world.ben))
    assert refusal.value.code == "kept_apart_already"
    assert NoContact.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM groups_nocontact")
        assert "court" not in str(cursor.fetchall())
    entries = AuditEntry.objects.filter(action="no_contact.recorded")
    assert {entry.client_id for entry in entries} == {world.ana.pk, world.ben.pk}
    assert "court" not in str([entry.details for entry in entries])


@pytest.mark.parametrize("changes", ["same", "elsewhere", "no reason"])
def test_what_is_no_pair(world: World, changes: str) -> None:
    given = {
        "same": {"pair": (world.ana, world.ana)},
        "elsewhere": {"pair": (world.ana, world.dov)},
        "no reason": {"reason": "  "},
    }[changes]
    with pytest.raises(BadInputError):
        keep(world, **given)
    assert not NoContact.objects.exists()


def test_only_those_who_manage_groups(world: World) -> None:
    for who in (world.facilitator, world.clinician, world.records, world.ana, world.lakeside_admin):
        with pytest.raises(NotAllowedError):
            keep(world, who=who)
    pair = keep(world)
    with pytest.raises(NotAllowedError):
        end_apart(actor=world.actor(world.facilitator), no_contact=pair, now=MONDAY_START)
    assert NoContact.objects.get().ended_at is None


def test_it_ends_once_and_stays_on_record(world: World) -> None:
    pair = keep(world)
    people = [world.ana.person_id, world.ben.person_id]
    assert pairs_apart(world.program.pk, people) == {frozenset(str(person) for person in people)}
    assert list(no_contacts_in([world.ana.pk, world.ben.pk])) == [pair]
    assert list(no_contacts_in([world.ana.pk, world.cleo.pk])) == []
    actor = world.actor(world.supervisor)
    assert [end_apart(actor=actor, no_contact=pair, now=MONDAY_START) for _ in range(2)] == [True, False]
    assert pairs_apart(world.program.pk, people) == frozenset()
    assert NoContact.objects.count() == 1
    assert keep(world).pk != pair.pk


def test_the_pages(world: World) -> None:
    page = Browser()
    page.force_login(world.supervisor)
    form = reverse("manage_apart_add", args=[world.group.pk])
    answer = page.post(form, {"first": world.ana.pk, "second": world.ana.pk, "reason": "They fought"})
    assert answer.status_code == 422
    assert b"They fought" in answer.content
    assert b"Choose two different clients" in answer.content
    answer = page.post(form, {"first": world.ana.pk, "second": world.ben.pk, "reason": "They fought"})
    assert answer.status_code == 302
    shown = page.get(reverse("manage_group", args=[world.group.pk])).content.decode()
    assert "Both are in this group." in shown
    assert "They fought" not in shown
    pair = NoContact.objects.get()
    assert b"They fought" in page.get(reverse("manage_apart_end", args=[pair.pk])).content
    assert page.post(reverse("manage_apart_end", args=[pair.pk])).status_code == 302
    assert NoContact.objects.get().ended_at is not None


def test_a_client_who_takes_a_seat_beside_them_learns_of_nobody(world: World) -> None:
    keep(world, pair=(world.cleo, world.ana))
    with pytest.raises(ConflictError) as refusal:
        take_visit(
            actor=world.actor(world.cleo), group=world.group, client=world.cleo, on=MONDAY, now=MONDAY_START
        )
    assert refusal.value.code == "seat_gone"
    assert "Ana" not in refusal.value.message + str(refusal.value.fields)
    assert not world.group.memberships.filter(client=world.cleo).exists()
