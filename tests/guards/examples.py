"""A real object for every parameter of every address, so that the walk meets rows and not only absences.

A parameter named `note_id` or `note` gets a row of the model `Note` in Harbor, made from its fields when the world
has none. What cannot be found by its name is listed in NAMED.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

from django.db import models

from groups.models import Client, Group, NoContact, Person, Program
from sessions_app.models import Session
from tests.factories import MONDAY, MONDAY_START, make_session
from tests.worlds import World
from vio.common.walls import own_models
from vio.introspect import Edge

# Parameters whose name tells no model.
NAMED: dict[str, Callable[[World], Any]] = {
    "uidb36": lambda world: "1",
    "key": lambda world: "abc-123",
    "token": lambda world: "unknown-token",
    "pk": lambda world: 1,
    "page": lambda world: "home",  # of the style guide
    "name": lambda world: "signin",
    "day": lambda world: "2026-04-13",
    "date": lambda world: "2026-04-13",
    "week": lambda world: "2026-04-12",
    "person_id": lambda world: world.facilitator.pk,
    "staff_id": lambda world: world.facilitator.pk,
}
# Names of parameters that stand for a model of another name.
ALSO = {
    "note": "clientnote", "staff_role": "staffrole", "role": "staffrole", "dose": "prescribeddose",
    "level": "levelofcare", "token": "apitoken",
}  # fmt: skip


def arguments_for(edge: Edge, world: World) -> dict[str, Any]:
    """Arguments that point at rows of Harbor."""
    return {name: _argument(name, converter, world) for name, converter in edge.parameters.items()}


def absent(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same arguments with ids that belong to nothing."""
    return {k: uuid.uuid4() if isinstance(v, uuid.UUID) else v for k, v in arguments.items()}


def _argument(name: str, converter: str, world: World) -> Any:
    if name in NAMED and not (converter == "UUIDConverter" and not isinstance(NAMED[name](world), uuid.UUID)):
        return NAMED[name](world)
    model = model_for(name)
    if model is None:
        raise LookupError(f"tests/guards/examples.py: name a value or a model for the parameter {name!r}")
    return example(model, world).pk


def model_for(name: str) -> type[models.Model] | None:
    """`follow_up_id` -> FollowUp."""
    word = name.removesuffix("_id").removesuffix("_pk")
    wanted = ALSO.get(word, word.replace("_", ""))
    return next((m for m in own_models() if m._meta.model_name == wanted), None)


def example(model: type[models.Model], world: World) -> models.Model:
    """A row of this model in Harbor; the one everybody in the world shares where there is one."""
    shared: dict[type[models.Model], Callable[[], models.Model]] = {
        Program: lambda: world.program,
        Person: lambda: world.facilitator,
        Client: lambda: world.ana,
        Group: lambda: world.group,
    }
    if model in shared:
        return shared[model]()
    names = {f.name for f in model._meta.concrete_fields}
    inside = {"program": world.program} if "program" in names else {}
    found = model._default_manager.filter(**inside).first()
    if found is not None:
        return found
    if model is Session:
        return make_session(world.group)
    if model is NoContact:  # a pair of two, in the order of their ids
        first, second = sorted((world.ana, world.ben), key=lambda client: client.pk.int)
        return NoContact.objects.create(
            **inside, first=first, second=second, reason="", recorded_at=MONDAY_START
        )
    values = {f.name: _value(f, world) for f in model._meta.concrete_fields if _must_be_given(f)}
    return model._default_manager.create(**values)


def _must_be_given(field: models.Field[Any, Any]) -> bool:
    return not (
        field.null or field.has_default() or field.primary_key or getattr(field, "auto_now_add", False)
    )


def _value(field: models.Field[Any, Any], world: World) -> Any:
    if isinstance(field, models.ForeignKey):
        return example(field.related_model, world)
    if field.choices:
        return field.choices[0][0]
    later = any(part in field.name for part in ("end", "until", "due", "expires"))
    samples: list[tuple[type[models.Field[Any, Any]], Any]] = [
        (models.DateTimeField, MONDAY_START + datetime.timedelta(hours=int(later))),
        (models.DateField, MONDAY + datetime.timedelta(days=int(later))),
        (models.TimeField, datetime.time(17, 30)),
        (models.BooleanField, False),
        (models.IntegerField, 1),
        (models.DecimalField, 1),
        (models.FloatField, 1.0),
        (models.UUIDField, uuid.uuid4()),
        (models.JSONField, []),
        (models.CharField, uuid.uuid4().hex[: field.max_length or 8]),
    ]
    for kind, sample in samples:
        if isinstance(field, kind):
            return sample
    raise LookupError(f"tests/guards/examples.py: no sample for {field}")
