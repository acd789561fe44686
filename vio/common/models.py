"""Tables every app shares: the audit trail, the outbox, the heartbeats of our processes.

They hold ids, never health data in the clear. `program_id` is a plain UUID here because this layer imports no app.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One act or one view of clinical content: who, what, whose, when, from where, result (RI-3).

    Number, time and hashes are set by a trigger of the database; the table can only be appended to (RI-4), and only by
    the database itself, out of the drafts of a transaction that commits.
    """

    append_only: ClassVar[bool] = True
    written_by_database: ClassVar[bool] = True
    row_security_open_to_null: ClassVar[bool] = True

    program_id = models.UUIDField(null=True)  # null: sign-in, before a program is known
    number = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)
    actor_id = models.UUIDField(null=True)
    source = models.CharField(max_length=64, default="", blank=True)
    request_id = models.CharField(max_length=36, default="", blank=True)
    action = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64, default="", blank=True)
    subject_id = models.CharField(max_length=64, default="", blank=True)
    client_id = models.UUIDField(null=True)
    result = models.CharField(max_length=16, default="ok")
    reason = models.CharField(max_length=64, default="", blank=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, default="", blank=True)
    hash = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program_id", "number"], nulls_distinct=False, name="audit_number_once_per_program"
            )
        ]
        indexes = [models.Index(fields=["client_id", "at"], name="audit_client_at")]
        triggers = [
            pgtrigger.Trigger(
                name="chain",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("last", "record")],
                func="""
                    PERFORM pg_advisory_xact_lock(hashtextextended('vio.audit:' || coalesce(NEW.program_id::text, ''), 0));
                    -- Two plain questions: "IS NOT DISTINCT FROM" uses no index and would read the whole table.
                    IF NEW.program_id IS NULL THEN
                      SELECT number, hash INTO last FROM common_auditentry
                        WHERE program_id IS NULL ORDER BY number DESC LIMIT 1;
                    ELSE
                      SELECT number, hash INTO last FROM common_auditentry
                        WHERE program_id = NEW.program_id ORDER BY number DESC LIMIT 1;
                    END IF;
                    NEW.number := coalesce(last.number, 0) + 1;
                    NEW.previous_hash := coalesce(last.hash, '');
                    NEW.at := clock_timestamp();
                    NEW.hash := encode(sha256(convert_to(jsonb_build_array(
                      NEW.previous_hash, NEW.program_id, NEW.number, extract(epoch from NEW.at)::text, NEW.actor_id,
                      NEW.source, NEW.request_id, NEW.action, NEW.subject_type, NEW.subject_id, NEW.client_id,
                      NEW.result, NEW.reason, NEW.details)::text, 'UTF8')), 'hex');
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class AuditDraft(models.Model):
    """An entry of the audit trail from the act until its commit, when the database moves it into the chain.

    Nobody but its own transaction ever sees one: the trigger of migration 0004 takes all of them away at the commit, after
    every other lock the act needed. A row with `since` is that trigger's own mark: the first draft of the transaction.
    """

    append_only: ClassVar[bool] = True
    row_security_open_to_null: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    since = models.BigIntegerField(null=True)
    program_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    source = models.CharField(max_length=64, default="", blank=True)
    request_id = models.CharField(max_length=36, default="", blank=True)
    action = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64, default="", blank=True)
    subject_id = models.CharField(max_length=64, default="", blank=True)
    client_id = models.UUIDField(null=True)
    result = models.CharField(max_length=16, default="ok")
    reason = models.CharField(max_length=64, default="", blank=True)
    details = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.action


class Delivery(models.Model):
    """One message to one person over one channel: the outbox (AL-3). Leased, sent, then marked.

    The text is a neutral template named by `kind` (DP-4); nothing of the cause is in it. `key` makes a repeat the same row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program_id = models.UUIDField(db_index=True)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=16, choices=[("mail", "mail"), ("sms", "text")], default="mail")
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=120, unique=True)
    path = models.CharField(
        max_length=200, default="", blank=True
    )  # where the link in the message leads; ids only
    due_at = models.DateTimeField()
    void_at = models.DateTimeField(null=True)  # from then on it is not worth sending: the group has begun
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["due_at"], name="delivery_open", condition=models.Q(sent_at=None, cancelled_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Heartbeat(models.Model):
    """The last sign of life of a kind of process (AL-6, FT-1): "worker", "beat"."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
