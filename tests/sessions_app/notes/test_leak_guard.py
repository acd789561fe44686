"""The leak guard, by table."""

from __future__ import annotations

import pytest

from sessions_app.notes.leak_guard import Leak, find_leaks, names_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("She listened to Ben.", ["Ben"]),
        ("ben's story helped", ["ben"]),
        ("The bench was cold", []),
        ("Spoke with José", ["José"]),
        ("spoke with jose", ["jose"]),
        ("Mary-Ann agreed", ["Mary-Ann"]),
        ("She will come", []),
        ("She asked Will", ["Will"]),
        ("", []),
    ],
)
def test_names_of_others_are_found(text: str, found: list[str]) -> None:
    others = {"Ben", "Jose", "Ann", "Will"}
    assert find_leaks({"plan": text}, others) == [Leak("plan", word) for word in found]


def test_a_client_may_share_a_name_with_another() -> None:
    assert find_leaks({"plan": "Ben will practise"}, {"Ben", "Okafor"}, allowed={"Ben", "Stone"}) == []


def test_all_parts_of_a_name_count_but_not_single_letters() -> None:
    assert names_of("Mary Ann", "O", "Sunny J.") == {"Mary", "Ann", "Sunny"}
