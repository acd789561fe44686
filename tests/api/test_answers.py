"""What comes back: times, pages, filters, versions, help; and that looks at charts are on record."""

from __future__ import annotations

from typing import Any

import pytest

from checkins.models import Alert, CheckIn
from sessions_app.models import ClientNote
from tests.api.conftest import Door
from tests.api.scene import Scene, answers, ask, drafts
from vio.common.models import AuditEntry

pytestmark = pytest.mark.django_db


def read(door: Door, name: str, path: str) -> Any:
    """A GET that is answered."""
    response = ask(door.browser(name), "GET", path)
    assert response.status_code == 200, response.content
    return response.json()


def test_times_are_utc_with_a_z_beside_the_local_date(door: Door, scene: Scene) -> None:
    found = read(door, "facilitator", f"/sessions/{scene.held.pk}")
    assert (found["starts_at"], found["local_date"]) == ("2026-04-13T21:30:00Z", "2026-04-13")
    assert (found["timezone"], found["attendance_ready"]) == ("America/New_York", True)


def test_lists_come_in_pages(door: Door, scene: Scene) -> None:
    path = "/sessions?first=2026-04-13&days=2"
    whole = read(door, "facilitator", path)
    assert (whole["total"], whole["next_offset"], len(whole["items"])) == (3, None, 3)
    first = read(door, "facilitator", f"{path}&limit=2")
    assert (first["items"], first["next_offset"]) == (whole["items"][:2], 2)
    rest = read(door, "facilitator", f"{path}&limit=2&offset=2")
    assert (rest["items"], rest["next_offset"]) == (whole["items"][2:], None)
    assert read(door, "facilitator", f"{path}&offset=99")["items"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "offset=-1", "days=32", "first=1e9", "first=0001-01-01"]
)
def test_a_parameter_out_of_bounds_is_refused(door: Door, query: str) -> None:
    response = ask(door.browser("facilitator"), "GET", f"/sessions?{query}")
    assert (response.status_code, list(response.json()["fields"])) == (422, [query.partition("=")[0]])


def test_lists_hold_only_what_is_in_reach(door: Door, scene: Scene) -> None:
    names = {c["name"] for c in read(door, "facilitator", "/clients")["items"]}
    assert names == {"Ana Moreno", "Ben Okafor"}
    assert {c["name"] for c in read(door, "other_facilitator", "/clients")["items"]} == {"Cleo Park"}
    assert {c["name"] for c in read(door, "lakeside_clinician", "/clients")["items"]} == {"Dov Levi"}
    assert [g["name"] for g in read(door, "facilitator", "/groups")["items"]] == ["Evening A"]


def test_filters_narrow_and_never_widen(door: Door, scene: Scene) -> None:
    group, other = scene.world.group.pk, scene.world.lakeside_group.pk
    assert read(door, "clinician", f"/clients?group={group}")["total"] == 2
    assert read(door, "clinician", "/groups?active=false")["total"] == 0
    assert ask(door.browser("clinician"), "GET", f"/clients?group={other}").status_code == 404
    assert (
        ask(door.browser("clinician"), "GET", f"/sessions?program={scene.world.lakeside.pk}").status_code
        == 404
    )


def test_a_number_is_for_who_may_call(door: Door, scene: Scene) -> None:
    path = f"/clients/{scene.world.ana.pk}"
    assert read(door, "clinician", path)["phone"] is not None
    seen = read(door, "records", path)
    assert (seen["phone"], seen["mark"]) == (None, None)


def test_ones_own_chart_is_read_through_my(door: Door, scene: Scene) -> None:
    mine = read(door, "ana", f"/my/sessions/{scene.held.pk}/attendance")
    assert mine["record"]["credited_minutes"] == 90
    assert "name" not in mine
    assert [s["title"] for s in read(door, "ana", "/my/sessions")["items"]] == ["Evening group", "Late hour"]
    assert read(door, "ana", "/my/hours")["minutes"] == 90


def test_a_figure_comes_with_what_it_follows_from(door: Door, scene: Scene) -> None:
    found = read(door, "records", f"/sessions/{scene.held.pk}/attendance/{scene.world.ana.pk}")
    assert found["window"] == [{"start": "2026-04-13T21:30:00Z", "end": "2026-04-13T23:00:00Z"}]
    assert found["credited"] == found["window"]
    assert (found["policy_version"], found["history"]) == (1, [])
    sheet = read(door, "records", f"/sessions/{scene.held.pk}/attendance")
    lines = {line["name"]: line["record"]["status"] for line in sheet["lines"]}
    assert lines == {"Ana Moreno": "attended", "Ben Okafor": "no_show"}
    week = read(door, "records", f"/clients/{scene.world.ana.pk}/hours")
    assert (week["minutes"], week["prescribed_minutes"]) == (90, 540)
    assert [part["session_id"] for part in week["parts"]] == [str(scene.held.pk)]


def test_a_sheet_that_is_not_counted_yet_says_so(door: Door, scene: Scene) -> None:
    response = ask(door.browser("facilitator"), "GET", f"/sessions/{scene.tomorrow.pk}/attendance")
    assert (response.status_code, response.json()["code"]) == (409, "not_computed_yet")


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/clients/{client_id}", "client.viewed"),
        ("/clients/{client_id}/enrolments", "client.viewed"),
        ("/clients/{client_id}/checkins", "checkins.viewed"),
        ("/clients/{client_id}/hours", "hours.viewed"),
        ("/sessions/{session_id}/attendance", "attendance.viewed"),
        ("/sessions/{session_id}/notes", "note.viewed"),
        ("/alerts/{alert_id}", "alert.viewed"),
        ("/alerts", "desk.viewed"),
        ("/follow-ups/{follow_up_id}", "follow_up.viewed"),
    ],
)  # fmt: skip
def test_a_look_at_clinical_content_is_on_record(door: Door, scene: Scene, path: str, action: str) -> None:
    entries = AuditEntry.objects.filter(action=action, actor_id=scene.world.clinician.pk)
    before = entries.count()
    read(door, "clinician", path.format(**scene.ids()))
    assert entries.count() > before


# --- versions ---------------------------------------------------------------------------------------------


def test_an_alert_that_changed_is_not_closed_unseen(door: Door, scene: Scene) -> None:
    path, browser = f"/alerts/{scene.alert.pk}", door.browser("clinician")
    found = read(door, "clinician", path)
    assert found["reasons"][0]["words"] == "Answered yes to the safety question. (A1)"
    taken = ask(browser, "POST", f"{path}/acknowledge", {"version": found["version"]})
    assert (taken.json()["status"], taken.json()["version"]) == ("acknowledged", found["version"] + 1)
    stale = ask(browser, "POST", f"{path}/resolve", {"version": found["version"], "text": "Safe."})
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    assert Alert.objects.get(pk=scene.alert.pk).status == "acknowledged"
    wordless = ask(browser, "POST", f"{path}/resolve", {"version": found["version"] + 1, "text": "  "})
    assert (wordless.status_code, list(wordless.json()["fields"])) == (422, ["text"])
    done = ask(browser, "POST", f"{path}/resolve", {"version": found["version"] + 1, "text": "Safe."})
    assert {act["kind"] for act in done.json()["history"]} == {"raised", "acknowledged", "resolved"}


def test_a_note_that_changed_is_not_overwritten(door: Door, scene: Scene) -> None:
    path, browser = f"/sessions/{scene.held.pk}/notes", door.browser("facilitator")
    saved = ask(browser, "PUT", path, drafts(scene))
    assert saved.status_code == 200, saved.content
    assert [note["version"] for note in (saved.json()["group"], *saved.json()["clients"])] == [2, 2]
    late = drafts(scene)
    late["clients"][0]["plan"] = "Something else."
    refused = ask(browser, "PUT", path, late)
    assert (refused.status_code, refused.json()["code"]) == (409, "note_changed")
    assert ClientNote.objects.get(pk=scene.note.pk).plan == "Comes on Tuesday."
    signed = ask(browser, "POST", f"{path}/sign")
    assert signed.status_code == 200, signed.content
    assert (signed.json()["signed"], signed.json()["notes"]["clients"][0]["intact"]) == (2, True)
    added = ask(browser, "POST", f"{path}/{scene.note.pk}/addenda", {"text": "Called later."})
    assert (added.status_code, added.json()["text"]) == (201, "Called later.")


def test_settings_that_changed_are_not_overwritten(door: Door, scene: Scene) -> None:
    path, browser = f"/programs/{scene.world.program.pk}", door.browser("director")
    mark = read(door, "director", path)["mark"]
    changed = ask(browser, "PATCH", path, {"note_due_hours": 48, "seen": mark})
    assert (changed.json()["note_due_hours"], changed.json()["name"]) == (48, scene.world.program.name)
    stale = ask(browser, "PATCH", path, {"note_due_hours": 72, "seen": mark})
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    assert ask(browser, "PATCH", path, {"name": None}).status_code == 422


def test_a_correction_names_the_version_it_saw(door: Door, scene: Scene) -> None:
    path = f"/sessions/{scene.held.pk}/attendance/{scene.world.ana.pk}/corrections"
    body = {"credited_minutes": 60, "reason": "Left for an hour.", "seen_version": 1}
    done = ask(door.browser("facilitator"), "POST", path, body)
    assert (done.status_code, done.json()["record"]["version"]) == (201, 2)
    assert [row["credited_minutes"] for row in done.json()["history"]] == [90]
    stale = ask(door.browser("facilitator"), "POST", path, {**body, "credited_minutes": 70})
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")


def test_a_signed_sheet_is_locked(door: Door, scene: Scene) -> None:
    sheet = f"/sessions/{scene.held.pk}/attendance"
    signed = ask(door.browser("facilitator"), "POST", f"{sheet}/attest")
    assert signed.json()["attested_by"]["id"] == str(scene.world.facilitator.pk)
    assert ask(door.browser("facilitator"), "POST", f"{sheet}/attest").status_code == 409
    body = {"credited_minutes": 60, "reason": "Left.", "seen_version": 1}
    path = f"{sheet}/{scene.world.ana.pk}/corrections"
    assert ask(door.browser("facilitator"), "POST", path, body).json()["code"] == "sheet_signed"
    assert ask(door.browser("supervisor"), "POST", path, body).status_code == 201


# --- check-ins --------------------------------------------------------------------------------------------


def test_a_check_in_sent_twice_is_stored_once(door: Door, scene: Scene) -> None:
    body = answers(mood=4)
    first = ask(door.browser("cleo"), "POST", "/my/checkins", body)
    again = ask(door.browser("cleo"), "POST", "/my/checkins", body)
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert first.json()["checkin_id"] == again.json()["checkin_id"]
    assert (first.json()["local_date"], first.json()["help"]) == ("2026-04-13", [])
    assert CheckIn.objects.filter(client=scene.world.cleo).count() == 1
    mine = read(door, "cleo", "/my/checkins")["items"]
    assert ([row["mood"] for row in mine], "level" in mine[0]) == ([4], False)


def test_a_yes_to_the_safety_question_brings_help_and_tells_the_team(door: Door, scene: Scene) -> None:
    sent = ask(door.browser("cleo"), "POST", "/my/checkins", answers(safety=True))
    assert sent.status_code == 201
    assert [line["number"] for line in sent.json()["help"]] == ["988", "911", "1-800-662-4357", "555-0100"]
    assert Alert.objects.get(client=scene.world.cleo).level == "red"


@pytest.mark.parametrize("wrong", [{"mood": 11}, {"urge": None}, {"submission_id": "x"}, {"score": 3}])
def test_a_yes_is_heard_also_when_the_rest_cannot_be_read(
    door: Door, scene: Scene, wrong: dict[str, Any]
) -> None:
    sent = ask(door.browser("cleo"), "POST", "/my/checkins", answers(safety=True, **wrong))
    assert sent.status_code == 422
    assert sent.json()["fields"]
    assert sent.json()["help"][0]["number"] == "988"
    assert Alert.objects.get(client=scene.world.cleo).level == "red"
    assert not CheckIn.objects.filter(client=scene.world.cleo).exists()


def test_a_check_in_without_an_id_is_not_stored(door: Door, scene: Scene) -> None:
    body = answers()
    del body["submission_id"]
    sent = ask(door.browser("cleo"), "POST", "/my/checkins", body)
    assert (sent.status_code, list(sent.json()["fields"]), sent.json()["help"]) == (
        422,
        ["submission_id"],
        [],
    )
    assert not CheckIn.objects.filter(client=scene.world.cleo).exists()
