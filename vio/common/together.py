"""Several small reads in one statement: what stands on one page about one person, asked for once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet


def read_together(*parts: QuerySet[Any]) -> list[list[Any]]:
    """The rows of each queryset, in its order, as instances with their annotations; one statement for all.

    For a few rows each: they travel as JSON. Joined rows (`select_related`) do not come along; read them as a part of
    their own. The rows are those that the querysets give, behind the same walls.
    """
    texts: list[str] = []
    values: list[Any] = []
    for number, part in enumerate(parts):
        try:
            sql, given = part.query.sql_with_params()
        except EmptyResultSet:  # the ORM knows without asking that there is nothing
            continue
        texts.append(f"SELECT {number}, row_number() OVER (), to_jsonb(part) FROM ({sql}) part")  # noqa: S608  # the ORM's
        values += given
    if not texts:
        return [[] for _ in parts]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), values)
        rows = sorted(cursor.fetchall(), key=lambda row: row[:2])
    return [
        [_instance(part, json.loads(facts)) for which, _, facts in rows if which == number]
        for number, part in enumerate(parts)
    ]


def _instance(part: QuerySet[Any], facts: Mapping[str, Any]) -> Model:
    model = part.model
    fields = model._meta.concrete_fields
    values = [_value(field, facts[field.column]) for field in fields]
    made: Model = model.from_db(connection.alias, [field.attname for field in fields], values)
    for name, annotation in part.query.annotations.items():
        setattr(made, name, _value(annotation.output_field, facts[name]))
    return made


def _value(field: Any, value: Any) -> Any:
    """A column as the model holds it; sealed bytes stay sealed."""
    if value is None:
        return None
    if field.get_internal_type() == "BinaryField":
        return bytes.fromhex(value.removeprefix("\\x"))
    return field.to_python(value)
