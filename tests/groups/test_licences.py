"""Licences of staff: an end must be said, thirty days before it is pointed out, and after it they do not count."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from groups.licences import Licence, UnreadableError, as_text, licences_of, read
from groups.models import StaffRole
from groups.services import staff
from tests.groups.managing import director, field_error, noon, post, text_of
from tests.worlds import World

__all__ = ["director", "noon"]
END = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("ny 2027-03-31", [Licence("NY", END)]),
        (
            "NY no end; nj  NO  END\nPA 2027-03-31",
            [Licence("NJ", None), Licence("NY", None), Licence("PA", END)],
        ),
        ("NY no end, NY 2027-03-31", [Licence("NY", END)]),
    ],
)
def test_read_as_they_are_written(text: str, found: list[Licence]) -> None:
    assert read(text) == found
    assert read(as_text(found)) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NY", "Say until when the licence in NY counts"),
        ("NY 31.3.2027", "Say until when the licence in NY counts"),
        ("NY 2027-02-30", "Say until when"),
        ("NY forever", "Say until when"),
        ("ZZ 2027-03-31", "“ZZ” is not a state"),
        ("New York", "is not a state"),
    ],
)
def test_an_end_must_be_said(text: str, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read(text)


@pytest.mark.parametrize(
    ("days", "counts", "soon"),
    [(-31, True, False), (-30, True, True), (0, True, True), (1, False, False), (400, False, False)],
)
def test_it_counts_to_its_last_day_and_is_pointed_out_before(days: int, counts: bool, soon: bool) -> None:
    on = END + timedelta(days=days)
    assert (Licence("NY", END).counts(on), Licence("NY", END).ends_soon(on)) == (counts, soon)
    assert (Licence("NY", None).counts(on), Licence("NY", None).ends_soon(on)) == (True, False)


def test_kept_with_the_role(world: World) -> None:
    row = world.clinician.staff_roles.get()
    changed = staff.change_staff(
        actor=world.actor(world.director), staff_role=row, credentials="LMHC", licensed_states=["NJ", "NY"],
        licence_ends={"NY": END, "NJ": None, "CA": END}, is_on_call=False,
    )  # fmt: skip
    assert changed.held_licences == licences_of(["NJ", "NY"], {"NY": "2027-03-31"})
    assert changed.licensed_on(END) == {"NJ", "NY"}
    assert changed.licensed_on(END + timedelta(days=1)) == {"NJ"}


def test_the_page_points_out_what_ends_soon_and_what_is_over(world: World, director: Browser) -> None:
    row = world.clinician.staff_roles.get()
    StaffRole.objects.filter(pk=row.pk).update(
        licensed_states=["CA", "NJ", "NY", "PA"],
        licence_ends={"NJ": "2026-05-13", "NY": "2026-04-12", "PA": "2026-05-14"},
    )  # at noon of 13 April 2026
    page = text_of(director.get(reverse("manage_staff", args=[world.program.pk])))
    assert "ends 13 May 2026" in page
    assert "ended 12 Apr 2026" in page
    assert "until 14 May 2026" in page


def test_the_form_keeps_what_was_typed_and_says_what_is_missing(world: World, director: Browser) -> None:
    row = world.clinician.staff_roles.get()
    answer = post(director, "manage_staff_role", row.pk, credentials="LMHC", licensed_states="NY, NJ no end")
    assert "Say until when the licence in NY counts" in field_error(answer, "licensed_states")
    assert "NY, NJ no end" in answer.content.decode()
    row.refresh_from_db()
    assert (row.licensed_states, row.licence_ends) == (["NY"], {})
