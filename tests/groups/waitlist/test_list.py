"""The list: who waits in which order, who may wait, who keeps it."""

from __future__ import annotations

import pytest

from groups.models import WaitlistEntry
from groups.services.waitlist import add_to_waitlist, move_ahead, take_off
from groups.waiting import waitlist_of
from tests.factories import make_client
from tests.groups.waitlist.lines import NOON, waits
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry


def test_first_come_first_served_and_a_move_ahead_is_reasoned(full: World) -> None:
    dana, eve = make_client(full.program, first_name="Dana"), make_client(full.program, first_name="Eve")
    waits(full, dana, 1)
    last = waits(full, eve, 2)
    assert [w.entry.client for w in waitlist_of(full.group)] == [full.cleo, dana, eve]
    with pytest.raises(BadInputError):
        move_ahead(actor=full.actor(full.supervisor), entry=last, reason="  ", now=NOON)
    move_ahead(actor=full.actor(full.supervisor), entry=last, reason="Steps down on Friday.", now=NOON)
    found = waitlist_of(full.group)
    assert [(w.number, w.entry.client) for w in found] == [(1, eve), (2, full.cleo), (3, dana)]
    assert (found[0].entry.move_reason, found[0].entry.moved_by) == ("Steps down on Friday.", full.supervisor)
    assert AuditEntry.objects.filter(action="waitlist.moved_ahead", client_id=eve.pk).count() == 1


def test_only_who_manages_groups_keeps_the_list(full: World) -> None:
    entry = WaitlistEntry.objects.get()
    for who in (full.facilitator, full.clinician, full.cleo, full.lakeside_admin):
        actor = full.actor(who)
        with pytest.raises(NotAllowedError):
            add_to_waitlist(actor=actor, group=full.group, client=full.cleo, now=NOON)
        with pytest.raises(NotAllowedError):
            move_ahead(actor=actor, entry=entry, reason="Mine.", now=NOON)
        with pytest.raises(NotAllowedError):
            take_off(actor=actor, entry=entry, now=NOON)
    assert list(WaitlistEntry.objects.values_list("status", flat=True)) == ["waiting"]


def test_who_cannot_wait(full: World) -> None:
    ended = make_client(full.program, enrolled=False)
    for client, kind in (
        (full.dov, BadInputError),
        (ended, BadInputError),
        (full.ana, ConflictError),
        (full.cleo, ConflictError),
    ):
        with pytest.raises(kind):
            waits(full, client)
    assert WaitlistEntry.objects.count() == 1
