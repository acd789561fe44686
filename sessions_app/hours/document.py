"""The hours board as a table for other programs: one row per client and week, columns that stay."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from sessions_app.hours.targets import target_words
from sessions_app.models import WeekHours
from vio.common import wording
from vio.common.disclosure import NOTICE
from vio.common.localtime import ONE_DAY

COLUMNS = (
    "week_first", "week_last", "client_id", "client", "minutes", "hours", "days", "prescribed_minutes",
    "prescribed_days", "to_come_minutes", "forecast", "computed_at", "notice",
    "full_minutes", "days_in_force", "called_off_minutes", "target_basis", "target_reason",
)  # fmt: skip
"""New columns are added at the end; none is renamed or taken away. Times are UTC, dates the program's."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def hours_csv(rows: Iterable[WeekHours]) -> str:
    """The rows as RFC 4180 text with a head line; a name that a spreadsheet would compute is led by an apostrophe."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for row in rows:
        table.writerow(_cells(row))
    return text.getvalue()


def _cells(row: WeekHours) -> tuple[object, ...]:
    return (
        row.week, row.week + 6 * ONE_DAY, row.client_id, harmless(row.client.person.full_name), row.minutes,
        wording.decimal_hours(row.minutes), row.days, row.prescribed_minutes, row.prescribed_days,
        row.to_come_minutes, row.forecast, f"{row.computed_at:%Y-%m-%dT%H:%M:%SZ}", NOTICE,
        row.full_minutes, row.days_in_force, row.called_off_minutes, row.target_basis, _reason(row),
    )  # fmt: skip


def _reason(row: WeekHours) -> str:
    return target_words(
        basis=row.target_basis, minutes=row.prescribed_minutes, full_minutes=row.full_minutes,
        days_in_force=row.days_in_force, called_off_minutes=row.called_off_minutes,
    )  # fmt: skip


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
