"""The waitlist of a full group, and the offers of seats that became free."""

from __future__ import annotations

import uuid

from django.db import models

from vio.common.sealed import SealedTextField

OPEN = "open"
WAITING = "waiting"


class WaitlistEntry(models.Model):
    """A client who waits for a place in a group. Order: `place_at`, the time they were put there or moved to.

    `rest_until`: after a no or no answer the same seat is not offered to them again right away.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey("groups.Group", on_delete=models.PROTECT, related_name="waitlist")
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="waitlist_entries")
    status = models.CharField(
        max_length=8,
        choices=[(WAITING, "waiting"), ("placed", "got a place"), ("left", "off the list")],
        default=WAITING,
    )
    ended_because = models.CharField(
        max_length=12,
        blank=True,
        default="",
        choices=[
            ("declined", "did not want a place"),
            ("no_answer", "did not answer"),
            ("staff", "taken off"),
        ],
    )
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    place_at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True, blank=True)
    moved_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    move_reason = SealedTextField()
    rest_until = models.DateTimeField(null=True, blank=True)
    unanswered = models.PositiveSmallIntegerField(default=0)  # offers in a row that ran out
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "waitlist entries"
        constraints = [
            models.UniqueConstraint(
                fields=["group", "client"], condition=models.Q(status=WAITING), name="waitlist_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["group", "place_at"], name="waitlist_order", condition=models.Q(status=WAITING)
            )
        ]

    def __str__(self) -> str:
        return f"waitlist entry {self.pk}"


class SeatOffer(models.Model):
    """A free seat held for one client until they answer or it runs out. `seat` tells seats held at the same time apart."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey("groups.Group", on_delete=models.PROTECT, related_name="offers")
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.PROTECT, related_name="offers")
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="offers")
    seat = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=10,
        choices=[
            (OPEN, "open"),
            ("accepted", "accepted"),
            ("declined", "declined"),
            ("expired", "ran out"),
            ("withdrawn", "taken back"),
        ],
        default=OPEN,
    )
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "seat"], condition=models.Q(status=OPEN), name="offer_one_per_seat"
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(status=OPEN), name="offer_one_per_entry"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("offered_at")), name="offer_runs_out_later"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="offer_open_due", condition=models.Q(status=OPEN))
        ]

    def __str__(self) -> str:
        return f"seat offer {self.pk}"
