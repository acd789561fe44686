"""Groups of people, who leads them, and their timetable."""

from __future__ import annotations

import uuid

from django.db import models

from groups.models.programs import ServiceType
from vio.common.sealed import SealedTextField


class Group(models.Model):
    """The people who meet: clients at about the same stage, with their facilitators."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="groups", db_index=False
    )
    name = models.CharField(max_length=80)  # neutral: it stands in calendars and titles (DP-4)
    service_type = models.CharField(
        max_length=24, choices=ServiceType.choices, default=ServiceType.GROUP_THERAPY
    )
    track = models.CharField(max_length=60, blank=True, default="")
    min_size = models.PositiveSmallIntegerField(default=2)
    max_size = models.PositiveSmallIntegerField(default=12)
    chat_mode = models.CharField(
        max_length=12,
        choices=[("off", "off"), ("staff_only", "to staff only"), ("group", "to the group")],
        default="off",
    )
    admission = models.CharField(
        max_length=8,
        choices=[
            ("each", "one by one"),
            ("roster", "by itself, once the group has started"),
            ("all", "by itself, as soon as somebody is at the door"),
        ],
        default="each",
    )
    # How to meet when the room fails; a code or a link lets people in, so both are sealed.
    fallback_phone = models.CharField(max_length=40, blank=True, default="")
    fallback_code = SealedTextField()
    fallback_link = SealedTextField()
    is_active = models.BooleanField(default=True)
    # Free seats could not be offered since then; the log says why. None: all is well.
    offers_failing_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="group_name_once_per_program"),
            models.CheckConstraint(
                condition=models.Q(max_size__gte=models.F("min_size")), name="group_size_band_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.pk}"


class Membership(models.Model):
    """A client's place in a group, from one local date to another (both included)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="memberships", db_index=False
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    # A make-up seat the client took for one date; theirs to give back until the group begins.
    is_visit = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="membership_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["group", "client"], condition=models.Q(ends_on=None), name="membership_one_open"
            ),
        ]
        indexes = [models.Index(fields=["client", "starts_on"], name="membership_client")]

    def __str__(self) -> str:
        return f"membership {self.pk}"


class GroupStaff(models.Model):
    """Who leads a group: the facilitator and the co-facilitator have the same powers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="staff")
    person = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="group_staff")
    role = models.CharField(
        max_length=16,
        choices=[
            ("facilitator", "facilitator"),
            ("cofacilitator", "co-facilitator"),
            ("observer", "observer"),
        ],
        default="facilitator",
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "group staff"
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"], condition=models.Q(ends_on=None), name="group_staff_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"group staff {self.pk}"


class Series(models.Model):
    """A group's timetable: a recurrence rule on local wall time (R1) and the breaks of one evening.

    `rule` is an RFC 5545 RRULE without DTSTART ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"). `breaks` is a list of
    [minutes after the start, length in minutes].
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="series")
    title = models.CharField(max_length=80)  # neutral, as the group's name
    service_type = models.CharField(
        max_length=24, choices=ServiceType.choices, default=ServiceType.GROUP_THERAPY
    )
    rule = models.CharField(max_length=200)
    local_start = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    breaks = models.JSONField(default=list, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    cancelled_dates = models.JSONField(default=list, blank=True)  # local dates, ISO

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gt=0, minutes__lte=720), name="series_length_is_sane"
            )
        ]

    def __str__(self) -> str:
        return f"series {self.pk}"
