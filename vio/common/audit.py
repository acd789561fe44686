"""The audit trail: one entry per act and per view of clinical content, in the same transaction (RI-3).

What is recorded here is a draft until the act commits. The commit itself moves the drafts into the chains of their programs,
so the head of a chain is the last lock an act takes and is never held while it waits for a row (docs/decisions/0019). A
savepoint that is rolled back takes its drafts along; an act whose drafts cannot be chained does not commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, models
from django.db.models.sql import InsertQuery

from vio.common.actors import Actor
from vio.common.models import AuditDraft, AuditEntry


def record(
    *,
    actor: Actor,
    action: str,
    program_id: UUID | None,
    subject: models.Model | None = None,
    client_id: UUID | None = None,
    result: str = "ok",
    reason: str = "",
    details: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Appends one entry. `details` holds ids, codes and numbers only, never text that somebody wrote.

    `action` is namespaced: "session.started", "note.viewed", "alert.acknowledged".
    """
    # One statement is a transaction by itself: a page that only reads needs none around it.
    entry(
        actor=actor, action=action, program_id=program_id, subject=subject, client_id=client_id,
        result=result, reason=reason, details=details,
    ).save(force_insert=True)  # fmt: skip


def entry(
    *,
    actor: Actor,
    action: str,
    program_id: UUID | None,
    subject: models.Model | None = None,
    client_id: UUID | None = None,
    result: str = "ok",
    reason: str = "",
    details: Mapping[str, str | int | bool | None] | None = None,
) -> AuditDraft:
    """An entry not yet written, for acts that append many at once with `record_all`."""
    return AuditDraft(
        program_id=program_id,
        actor_id=actor.person_id,
        source=actor.source[:64],
        request_id=actor.request_id[:36],
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        client_id=client_id,
        result=result,
        reason=reason[:64],
        details=dict(details or {}),
    )


def record_all(entries: Sequence[AuditDraft]) -> None:
    """Appends entries made by `entry` in one statement, in this order within each program."""
    # Not `bulk_create`: it opens a transaction, and one statement is one by itself.
    if entries:
        fields = [field for field in AuditDraft._meta.concrete_fields if not field.primary_key]
        query = InsertQuery(AuditDraft)
        query.insert_values(fields, list(entries))
        query.get_compiler(connection=connection).execute_sql()


@dataclass(frozen=True)
class ChainProblem:
    """The first entry of a chain that does not follow from the one before."""

    program_id: UUID | None
    number: int
    what: str


_VERIFY = """
SELECT program_id, number, problem FROM (
  SELECT program_id, number, CASE
    WHEN number <> coalesce(lag(number) OVER w, 0) + 1 THEN 'number'
    WHEN previous_hash <> coalesce(lag(hash) OVER w, '') THEN 'previous_hash'
    WHEN hash <> encode(sha256(convert_to(jsonb_build_array(
      previous_hash, program_id, number, extract(epoch from at)::text, actor_id, source, request_id, action,
      subject_type, subject_id, client_id, result, reason, details)::text, 'UTF8')), 'hex') THEN 'hash'
    END AS problem
  FROM common_auditentry WINDOW w AS (PARTITION BY program_id ORDER BY number)
) checked WHERE problem IS NOT NULL ORDER BY program_id, number
"""


def verify() -> Iterator[ChainProblem]:
    """Checks every chain in view; yields each entry that was changed, inserted, swapped or follows a removed one (RI-4)."""
    with connection.cursor() as cursor:
        cursor.execute(_VERIFY)
        for program_id, number, problem in cursor.fetchall():
            yield ChainProblem(program_id, number, problem)


def heads() -> list[tuple[UUID | None, int, str]]:
    """The last number and hash of each chain: published outside the database, they prove that nothing was cut off."""
    rows = (
        AuditEntry.objects.order_by("program_id", "-number")
        .distinct("program_id")
        .values_list("program_id", "number", "hash")
    )
    return list(rows)
