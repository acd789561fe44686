"""The board as CSV: the same rows, the same reach, columns that stay."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from sessions_app.hours.document import COLUMNS, harmless
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.models import AuditEntry

pytestmark = pytest.mark.usefixtures("tuesday")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_client_in_reach_stands_there_with_the_figures_of_the_board(week: World) -> None:
    answer = browser_of(week.records).get(reverse("hours_csv"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="hours-2026-04-12.csv"'
    text = answer.content.decode()
    assert text.splitlines()[0] == ",".join(COLUMNS)
    found = {row["client"]: row for row in rows(text)}
    assert set(found) == {"Ana Moreno", "Ben Okafor", "Cleo Park"}
    ana = found["Ana Moreno"]
    assert (ana["week_first"], ana["week_last"], ana["minutes"], ana["hours"], ana["days"]) == (
        "2026-04-12", "2026-04-18", "180", "3.00", "1",
    )  # fmt: skip
    assert (ana["prescribed_minutes"], ana["to_come_minutes"]) == ("540", "540")
    assert ana["notice"].startswith("42 CFR part 2")
    entry = AuditEntry.objects.get(action="hours.exported")
    assert entry.details == {"as": "csv", "clients": 3, "week": "2026-04-12"}


def test_filters_narrow_and_another_program_stays_out_of_sight(week: World) -> None:
    records = browser_of(week.records)
    address = reverse("hours_csv")
    one_group = rows(records.get(address, {"group": str(week.group.pk)}).content.decode())
    assert {row["client"] for row in one_group} == {"Ana Moreno", "Ben Okafor"}
    assert records.get(address, {"group": str(week.lakeside_group.pk)}).status_code == 404
    assert records.get(address, {"program": str(week.lakeside.pk)}).status_code == 404
    assert browser_of(week.facilitator).get(address).status_code == 403
    assert not AuditEntry.objects.filter(action="hours.exported", actor_id=week.facilitator.pk).exists()


@pytest.mark.parametrize("start", list("=+-@\t\r"))
def test_no_spreadsheet_computes_a_name(start: str) -> None:
    assert harmless(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"
    assert harmless("Ana Moreno") == "Ana Moreno"
