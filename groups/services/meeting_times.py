"""One at a time: who changes when a program's groups meet, and who gives somebody a place in one.

Either looks at what the other has done (two places at once, licences). Two that begin in the same instant would see neither;
so each takes this lock first of all its locks, and the second looks after the first has committed.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from groups.models import Series


def hold_meeting_times(program_id: UUID) -> None:
    """Waits for whoever changes times or places of this program, and keeps others waiting until the transaction ends.

    Taken before any row is locked, so that two who take it never wait for each other because of it; taken again in the same
    transaction it costs nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"vio.meeting_times:{program_id}"]
        )


def lock_timetables(program_id: UUID) -> None:
    """Every series of a program, locked until the transaction ends: for acts that change sessions of all of them.

    Taken before the first session, as by whoever changes one series or makes its sessions.
    """
    held = Series.objects.select_for_update(no_key=True).filter(program=program_id)
    list(held.order_by("pk").values_list("pk"))
