"""Each checker accepts a right history and refuses a wrong one."""

from __future__ import annotations

from faults import checkers
from faults.history import Call, History, Outcome


def history(*calls: tuple[str, Outcome]) -> History:
    return History([Call("ana", key, float(n), n + 0.5, outcome) for n, (key, outcome) in enumerate(calls)])


OK, FAIL, UNKNOWN = Outcome.OK, Outcome.FAIL, Outcome.UNKNOWN


def test_acknowledged_once_failed_never_unknown_at_most_once() -> None:
    asked = history(("a", OK), ("b", FAIL), ("c", UNKNOWN), ("d", UNKNOWN))
    assert checkers.exactly_once(asked, ["a", "c"]) == []


def test_a_lost_acknowledged_message_is_noticed() -> None:
    assert checkers.exactly_once(history(("a", OK)), []) == ["acknowledged a is in the transcript 0 times"]


def test_a_doubled_message_is_noticed_acknowledged_or_not() -> None:
    found = checkers.exactly_once(history(("a", OK), ("b", UNKNOWN)), ["a", "a", "b", "b"])
    assert found == ["acknowledged a is in the transcript 2 times", "unknown b is in the transcript 2 times"]


def test_a_refused_message_in_the_transcript_is_noticed() -> None:
    assert checkers.exactly_once(history(("a", FAIL)), ["a"]) == ["refused () a is in the transcript"]


def test_a_message_nobody_said_is_noticed() -> None:
    assert checkers.exactly_once(history(("a", OK)), ["a", "x"]) == ["x was never said"]


def test_gaps_in_numbers_are_noticed() -> None:
    assert checkers.without_gaps({"room": [1, 2, 3], "person:x": [1]}) == []
    assert checkers.without_gaps({"room": [1, 3]}) == ["numbers of room are not 1 to 2"]
    assert checkers.without_gaps({"person:x": [1, 1, 2]}) == ["numbers of person are not 1 to 3"]


def test_a_number_that_differs_from_its_acknowledgement_is_noticed() -> None:
    asked = history(("a", OK))
    asked.calls[0].number = 4
    assert checkers.acknowledged_numbers(asked, [(4, "a")]) == []
    assert checkers.acknowledged_numbers(asked, [(5, "a")]) == ["a was acknowledged as 4 and is 5"]


def test_order_follows_acknowledgements() -> None:
    asked = history(("a", OK), ("b", OK))
    assert checkers.in_order(asked, [(1, "a"), (2, "b")]) == []
    assert checkers.in_order(asked, [(2, "a"), (1, "b")]) == ["number 1 was asked after 2 was acknowledged"]


def test_two_at_the_same_time_may_have_either_order() -> None:
    asked = History([Call("ana", "a", 1.0, 3.0, OK), Call("ben", "b", 2.0, 4.0, OK)])
    assert checkers.in_order(asked, [(2, "a"), (1, "b")]) == []


def test_what_browsers_heard_is_compared() -> None:
    assert checkers.heard_in_order({"ana": [(1, "a"), (2, "b")], "ben": [(2, "b"), (5, "c")]}) == []
    assert checkers.heard_in_order({"ana": [(2, "b"), (1, "a")]}) == [
        "ana heard numbers twice or out of order"
    ]
    assert checkers.heard_in_order({"ana": [(1, "a"), (1, "a")]}) == [
        "ana heard numbers twice or out of order"
    ]
    found = checkers.heard_in_order({"ana": [(1, "a")], "ben": [(1, "b")]})
    assert found == ["ben heard something else under 1"]


def test_a_browser_that_lacks_a_message_is_noticed() -> None:
    assert checkers.complete({"ana": {"a", "b"}}, ["a", "b"]) == []
    assert checkers.complete({"ana": {"a"}, "ben": {"a", "b"}}, ["a", "b"]) == ["ana lacks 1 of 2 messages"]


def test_a_browser_that_sees_another_state_is_noticed() -> None:
    assert checkers.same_state({"ana": 1}, {"ana": 1}) == []
    assert checkers.same_state({"ana": 1, "ben": 2}, {"ana": 1, "ben": 3}) == [
        "ben sees something else than the server"
    ]


def test_multisets_are_exact() -> None:
    assert checkers.same_multiset(["a", "b"], ["b", "a"], "flags") == []
    assert checkers.same_multiset(["a", "a"], ["a", "b"], "flags") == ["1 flags missing", "1 flags too many"]


def test_credit_beyond_the_truth_is_noticed_in_both_directions() -> None:
    assert checkers.within_bounds("Ana", 60, 58, 62) == []
    assert checkers.within_bounds("Ana", 63, 58, 62) == ["Ana is credited 63 s, truth allows 58.0 to 62.0"]
    assert checkers.within_bounds("Ana", 40, 58, 62) == ["Ana is credited 40 s, truth allows 58.0 to 62.0"]


def test_too_late_and_never_differ() -> None:
    assert checkers.no_later_than("back", 3.0, 5.0) == []
    assert checkers.no_later_than("back", 6.0, 5.0) == ["back: 6.0 s, limit 5 s"]
    assert checkers.no_later_than("back", None, 5.0) == ["back: never"]
