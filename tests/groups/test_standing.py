"""What a person is: asked of the database without any program in view, and of this one person alone."""

from __future__ import annotations

import pytest
from django.utils import timezone

from groups.access import first_program, local_dates, program_for, program_or_first
from groups.models import Client, StaffRole
from groups.roles import actor_for, roles_of, standing_of
from tests.factories import make_person, make_staff
from tests.worlds import World
from vio.common.actors import Actor
from vio.common.errors import NotAllowedError, NotFoundError
from vio.common.permissions import Permission, Role
from vio.common.scope import scope


def test_roles_programs_and_factor_in_one_statement(world: World, django_assert_num_queries: object) -> None:
    StaffRole.objects.create(program=world.program, person=world.clinician, role="director")
    Client.objects.create(program=world.lakeside, person=world.clinician)
    with scope([]), django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        found = standing_of(world.clinician.pk)
    assert found.roles == {
        world.program.pk: {Role.CLINICIAN, Role.DIRECTOR},
        world.lakeside.pk: {Role.CLIENT},
    }
    assert {key: program.name for key, program in found.programs.items()} == {
        world.program.pk: world.program.name,
        world.lakeside.pk: world.lakeside.name,
    }
    assert found.has_factor


def test_a_withdrawn_role_and_a_missing_factor(world: World) -> None:
    bare = make_staff(world.program, Role.CLINICIAN, factor=False, first_name="Bare")
    assert not standing_of(bare.pk).has_factor
    StaffRole.objects.filter(person=bare).update(withdrawn_at=timezone.now())
    assert standing_of(bare.pk).roles == {}
    assert roles_of(make_person("Nobody").pk) == {}


def known(world: World) -> Actor:
    """The clinician as a page's request knows them."""
    standing = standing_of(world.clinician.pk)
    return Actor(person_id=world.clinician.pk, roles=standing.roles, known=standing.programs)


def test_what_was_read_with_the_roles_answers_as_the_database_does(
    world: World, django_assert_num_queries: object
) -> None:
    asks = actor_for(world.clinician)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        actor = known(world)
        assert program_or_first(actor, None, Permission.SEE_HOURS) == world.program
        assert program_for(actor, world.program.pk, Permission.SEE_HOURS) == world.program
        assert first_program(actor) == world.program
        dates = local_dates(actor, actor.program_ids)
    assert dates == local_dates(asks, asks.program_ids)
    assert first_program(asks) == program_or_first(asks, None, Permission.SEE_HOURS) == world.program


def test_what_was_read_opens_nothing_that_the_roles_do_not(world: World) -> None:
    for actor in (known(world), actor_for(world.clinician)):
        with pytest.raises(NotAllowedError):
            program_for(actor, world.program.pk, Permission.MANAGE_PROGRAM)
        with pytest.raises(NotFoundError):
            program_for(actor, world.lakeside.pk, Permission.SEE_HOURS)
        with pytest.raises(NotFoundError):
            program_or_first(actor, None, Permission.MANAGE_PROGRAM)
