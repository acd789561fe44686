"""Tables of the room: its state, its numbered log, answered commands, presence evidence."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models


class RoomState(models.Model):
    """The live state of one session, the fold of its events.

    `state` holds ids, codes and the names shown in the room; `connections` {connection: person} and `clients`
    {person: client} stand beside the room itself. `version` counts the events of all audiences.
    """

    session = models.OneToOneField(
        "sessions_app.Session", on_delete=models.CASCADE, primary_key=True, related_name="room"
    )
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    version = models.BigIntegerField(default=0)
    state = models.JSONField(default=dict)
    heads = models.JSONField(default=dict)  # {audience: last number}
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"room {self.pk}"


class RoomEvent(models.Model):
    """One line of a room's log. Numbers run +1 without gaps per session and audience (RT-1).

    `audience` is "room", "staff" or "person:<id>". `body` is sealed JSON bound to session, audience and number.
    """

    sealed_columns: ClassVar[tuple[str, ...]] = ("body",)

    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.CASCADE, related_name="events", db_index=False
    )
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+", db_index=False)
    audience = models.CharField(max_length=48)
    number = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    body = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "audience", "number"], name="room_event_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.audience} {self.number}"

    def sealed_place(self, column: str) -> str:
        """What the sealed body is bound to (`room.log.place` says the same for a line not yet written)."""
        return f"sessions_app_roomevent.{column}:{self.session_id}:{self.audience}:{self.number}"


class CommandResult(models.Model):
    """The first answer to a command; a repeat with the same id gets it again and creates nothing (RT-2)."""

    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("groups.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    command_id = models.UUIDField()
    numbers = models.JSONField(default=dict)  # {audience: number}
    error_code = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "person", "command_id"], name="command_answered_once")
        ]

    def __str__(self) -> str:
        return f"command {self.command_id}"


class EvidenceKind(models.TextChoices):
    """What happened to a connection."""

    OPENED = "opened", "connected, in the lobby"
    ADMITTED = "admitted", "in the room from here"
    SEEN = "seen", "proof of life"
    STEPPED_OUT = "stepped_out", "back in the lobby, or out of the room"
    CLOSED = "closed", "connection closed"
    WITHDRAWN = "withdrawn", "this connection's evidence does not count: its import was withdrawn"


class PresenceEvidence(models.Model):
    """One proven fact about one connection, by the server's clock. Append-only; attendance is a function of it (AT-8).

    `cause` says why a connection closed: left, removed, dropped, server, ended, swept, replaced, imported.
    `source` is empty for what this room saw itself, `import:<vendor>` for what a log of another service says.
    """

    append_only: ClassVar[bool] = True

    # It is always read by session, and written every second by everybody: no other index pays for itself, and its references
    # are held by triggers, for all rows of a statement at once (docs/decisions/0023).
    session = models.ForeignKey(
        "sessions_app.Session",
        on_delete=models.PROTECT,
        related_name="evidence",
        db_index=False,
        db_constraint=False,
    )
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    person = models.ForeignKey(
        "groups.Person", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    client = models.ForeignKey(
        "groups.Client",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        db_constraint=False,
    )  # null: staff
    connection = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=12, choices=EvidenceKind.choices)
    cause = models.CharField(max_length=16, blank=True, default="")
    at = models.DateTimeField()
    source = models.CharField(max_length=24, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "kind", "at"], name="evidence_once")]
        indexes = [
            models.Index(fields=["session", "client", "at"], name="evidence_session_client"),
            models.Index(
                fields=["connection"], name="evidence_withdrawn", condition=models.Q(kind="withdrawn")
            ),
        ]
        triggers = [
            # Each session is held once, as a reference would hold it for every row. People are looked up by key: a join would
            # read all of them for the sake of one row.
            pgtrigger.Trigger(
                name="agrees",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="proven"),  # type: ignore[no-untyped-call]  # the library's own gap
                declare=[("one", "record")],
                func="""
                    FOR one IN SELECT DISTINCT session_id, program_id FROM proven ORDER BY 1 LOOP
                      PERFORM FROM sessions_app_session WHERE id = one.session_id AND program_id = one.program_id FOR KEY SHARE;
                      IF NOT FOUND THEN
                        RAISE foreign_key_violation USING MESSAGE = 'evidence of a session that does not exist here';
                      END IF;
                    END LOOP;
                    IF EXISTS (
                      SELECT FROM proven p WHERE CASE
                        WHEN p.client_id IS NULL THEN (SELECT id FROM groups_person WHERE id = p.person_id) IS NULL
                        ELSE (SELECT person_id FROM groups_client WHERE id = p.client_id AND program_id = p.program_id)
                          IS DISTINCT FROM p.person_id
                        END
                    ) THEN
                      RAISE foreign_key_violation USING MESSAGE = 'evidence of somebody who does not exist here';
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.connection}"
