"""The browser side, in a real browser: its fold against the server's, and a connection that loses nothing (RT-9)."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route

from sessions_app.room.errors import RoomError
from sessions_app.room.replies import Me, event_wire
from sessions_app.room.state import Room
from sessions_app.room.views import Viewer, chat_for, hears, project, shown_for, viewer_of
from tests.browser.chromium import chromium
from tests.sessions_app.room.evening import EVERYBODY, Evening, arrive
from tests.sessions_app.room.histories import COUNT, ENDINGS, STEPS, busy_room, full_room, remember_side

pytestmark = [pytest.mark.asyncio, pytest.mark.browser]
FOLDERS = {
    "common": Path("vio/common/static/common"),
    "sessions_app": Path("sessions_app/static/sessions_app"),
}
HOST = "http://localhost:1"


async def serve(route: Route) -> None:
    """Static files from their folders; an empty page for everything else."""
    parts = route.request.url.removeprefix(f"{HOST}/static/").split("/")
    if parts[0] in FOLDERS:
        text = FOLDERS[parts[0]].joinpath(*parts[1:]).read_text()
        await route.fulfill(body=text, content_type="text/javascript")
    else:
        await route.fulfill(body="<!doctype html><title>room</title>", content_type="text/html")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def page() -> AsyncIterator[Page]:
    async with chromium() as browser:
        made = await browser.new_page()
        await made.route("**/*", serve)
        await made.goto(HOST)
        yield made


def tidy(room: dict[str, Any]) -> dict[str, Any]:
    """A room without the order of what has none."""
    return {**room, **{name: sorted(room[name]) for name in ("muted", "overdue", "cameras_stopped")}}


def shown(state: Room, viewer: Viewer) -> dict[str, Any]:
    view: dict[str, Any] = project(state, viewer).model_dump(mode="json")
    return view


def histories(seed: int) -> list[dict[str, Any]]:
    """Stretches of random evenings in which a viewer's audiences stay the same: before, events heard, after."""
    dice = random.Random(seed)
    COUNT[0] = count(1)
    evening: Evening = busy_room() if seed % 2 else full_room()
    cases = []
    for step in range(200):
        actor, who = dice.choice(EVERYBODY), dice.choice(EVERYBODY).person
        made = dice.choice([None, None, *STEPS] if step < 190 else [*ENDINGS, *STEPS])
        before = evening.state
        remember_side(before)
        try:
            events = evening.does(actor, made(who) if made else arrive(actor))
        except RoomError:
            continue
        earlier = evening.log[: len(evening.log) - len(events)]
        for person in EVERYBODY:
            viewer = viewer_of(before, person.person, person.role)
            if viewer != viewer_of(evening.state, person.person, person.role):
                continue
            heard = [event for event in events if hears(viewer, event)]
            cases.append(
                {
                    "me": Me(person=viewer.person, role=person.role, sees=viewer.sees).model_dump(
                        mode="json"
                    ),
                    "before": shown(before, viewer),
                    "events": [
                        json.loads(event_wire(event, audience=event.audience, number=1)) for event in heard
                    ],
                    "after": shown(evening.state, viewer),
                    "words": [str(event.at) for event in shown_for(viewer, evening.state, evening.log)],
                    "said": [
                        json.loads(event_wire(event, audience=event.audience, number=1))
                        for event in shown_for(viewer, before, earlier)
                    ],
                    "chat": [event.model_dump(mode="json") for event in chat_for(viewer, events)],
                }
            )
    return cases


CARRY_ON = """async (cases) => {
  const { applyEvent } = await import("/static/sessions_app/room_view.js");
  return cases.map(({ me, before, events, said }) => {
    const { room, chat, shown } = events.reduce(applyEvent, { me, room: before, chat: [], shown: said });
    return { room, chat, shown };
  });
}"""


@pytest.mark.parametrize("seed", range(6))
async def test_the_browser_carries_a_view_on_as_the_server_does(page: Page, seed: int) -> None:
    cases = histories(seed)
    assert len(cases) > 200
    found = await page.evaluate(CARRY_ON, cases)
    for case, carried in zip(cases, found, strict=True):
        assert tidy(carried["room"]) == tidy(case["after"]), case["events"]
        assert len(carried["shown"]) == len(case["words"])
        assert [line["message"] for line in carried["chat"]] == [line["message"] for line in case["chat"]]


async def test_every_event_has_a_fold_or_is_chat(page: Page) -> None:
    from sessions_app.room.events import EVENT_CLASSES
    from sessions_app.room.views import CHAT_EVENTS

    known = await page.evaluate(
        'async () => Object.keys((await import("/static/sessions_app/room_view.js")).FOLDS)'
    )
    assert set(known) == {k.model_fields["type"].default for k in EVENT_CLASSES if k not in CHAT_EVENTS}


# A socket without a network, and a room on it. `server` says what comes, `sent` what went.
ROOM = """async (steps) => {
  const { RoomSocket } = await import("/static/sessions_app/room_socket.js");
  const made = [];
  class Fake {
    constructor(url) { this.url = url; this.readyState = 0; this.sent = []; made.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close(code) { this.readyState = 3; this.closedWith = code; }
    opens() { this.readyState = 1; this.onopen(); }
    says(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
    drops(code) { this.readyState = 3; this.onclose({ code }); }
  }
  const seen = { events: [], views: 0, states: [], passing: [], outcomes: [] };
  const room = new RoomSocket({
    session: "s1", origin: "http://localhost:1", Socket: Fake, random: () => 0.01,
    onView: () => { seen.views += 1; }, onEvent: (event) => seen.events.push(event.number),
    onState: (state, code) => seen.states.push([state, code]), onPassing: (frame) => seen.passing.push(frame.type),
    probe: async () => 4401,
  });
  const tick = (ms = 40) => new Promise((done) => setTimeout(done, ms));
  const last = () => made[made.length - 1];
  const empty = { phase: "lobby", people: {}, hands: [], muted: [], support: {}, overdue: [], breakouts: [], asides: {} };
  const me = { person: "p1", role: "client", sees: "room" };
  const snapshot = (room) => ({ type: "snapshot", me, room: empty, chat: [], numbers: { room, "person:p1": 1 } });
  const event = (number) => ({ type: "room.locked", audience: "room", number, at: "2026-01-01T00:00:00Z" });
  const result = await eval(steps)({ room, made, last, tick, seen, snapshot, event });
  room.close();
  return result;
}"""


async def played(page: Page, steps: str) -> Any:
    """Runs steps against a room on a fake socket, in the browser."""
    return await page.evaluate(
        ROOM, f"(async ({{ room, made, last, tick, seen, snapshot, event }}) => {{ {steps} }})"
    )


async def test_events_are_handled_once_and_a_gap_is_asked_for(page: Page) -> None:
    found = await played(
        page,
        """last().opens(); last().says(snapshot(5));
        last().says(event(5)); last().says(event(6)); last().says(event(6)); last().says(event(9));
        const asked = last().sent.map((f) => [f.type, f.numbers]);
        for (const n of [7, 8, 9]) last().says(event(n));
        last().says({ type: "resumed", numbers: {} });
        return { events: seen.events, asked };""",
    )
    assert found["events"] == [6, 7, 8, 9]
    assert found["asked"] == [["room.resume", {"room": 6, "person:p1": 1}]]


async def test_unsent_commands_are_kept_and_said_again_with_their_ids(page: Page) -> None:
    found = await played(
        page,
        """const early = room.say("hand.raise"); last().opens(); last().says(snapshot(1));
        const first = last().sent[0]; last().drops(1006); await tick(); last().opens(); last().says(snapshot(1));
        const second = last().sent[0]; last().says({ type: "ack", id: second.id, numbers: { room: 2 } });
        return { same: first.id === second.id, type: second.type, done: await early, left: room.socket.unanswered.size,
                 sockets: made.length };""",
    )
    assert found == {"same": True, "type": "hand.raise", "done": {"room": 2}, "left": 0, "sockets": 2}


async def test_a_returning_browser_names_its_numbers(page: Page) -> None:
    found = await played(
        page,
        """last().opens(); last().says(snapshot(41)); last().drops(1012); await tick();
        return [made[0].url, last().url];""",
    )
    assert found == ["ws://localhost:1/ws/sessions/s1/", "ws://localhost:1/ws/sessions/s1/?room=41&me=1"]


@pytest.mark.parametrize("code", [4401, 4403, 4409, 1008])
async def test_final_codes_are_final(page: Page, code: int) -> None:
    found = await played(
        page,
        f"""last().opens(); last().says(snapshot(1)); const waiting = room.say("hand.raise").catch((why) => why.code);
        last().drops({code}); await tick();
        return {{ states: seen.states, sockets: made.length, refused: await waiting }};""",
    )
    assert found == {"states": [["live", 0], ["closed", code]], "sockets": 1, "refused": "closed"}


async def test_other_codes_bring_it_back_and_refused_handshakes_ask_the_page(page: Page) -> None:
    found = await played(
        page,
        """last().opens(); last().says(snapshot(1)); last().drops(1013); await tick();
        last().drops(1006); await tick(); last().drops(1006); await tick();
        return { states: seen.states, sockets: made.length };""",
    )
    assert found == {"states": [["live", 0], ["reconnecting", 1013], ["closed", 4401]], "sockets": 3}


async def test_a_refusal_reaches_whoever_said_it_and_a_busy_server_is_asked_again(page: Page) -> None:
    found = await played(
        page,
        """last().opens(); last().says(snapshot(1));
        const refused = room.say("hand.raise").catch((why) => why);
        last().says({ type: "error", id: last().sent[0].id, code: "already_raised", message: "Up." });
        const kept = room.say("hand.lower");
        const id = last().sent[1].id;
        last().says({ type: "error", id, code: "unavailable", message: "Later." });
        await tick(1200);
        const again = last().sent[2].id === id;
        last().says({ type: "ack", id, numbers: {} });
        return { refused: await refused, again, kept: await kept };""",
    )
    assert found == {"refused": {"code": "already_raised", "message": "Up."}, "again": True, "kept": {}}


async def test_pauses_have_full_jitter_and_a_cap(page: Page) -> None:
    found = await page.evaluate(
        """async () => {
          const { pause } = await import("/static/common/js/socket.js");
          return [0, 1, 2, 3, 4, 9, 500].map((n) => [pause(n, () => 0), pause(n, () => 1)]);
        }"""
    )
    assert found == [[0, most] for most in (1000, 2000, 4000, 8000, 15000, 15000, 15000)]


# --- what was said and is not answered yet ----------------------------------------------------------------

UNSENT = """async (steps) => {
  const { Unsent } = await import("/static/common/js/unsent.js");
  return await eval(steps)({ kept: new Unsent() });
}"""


async def kept(page: Page, steps: str) -> Any:
    """Runs steps with an empty keeper of unsent commands."""
    return await page.evaluate(UNSENT, f"(async ({{ kept }}) => {{ {steps} }})")


async def test_commands_are_kept_in_order_until_decided(page: Page) -> None:
    found = await kept(
        page,
        """const a = kept.keep("chat.send", { text: "a" }); const b = kept.keep("hand.raise", {});
        const before = kept.frames().map((f) => f.type);
        const taken = [kept.take({ type: "ack", id: a.frame.id, numbers: { room: 4 } }),
                       kept.take({ type: "ack", id: a.frame.id, numbers: { room: 9 } }),
                       kept.take({ type: "chat.sent", id: b.frame.id }), kept.take({ type: "pong" })];
        return { before, taken, answer: await a.answer, left: kept.frames().map((f) => f.id === b.frame.id) };""",
    )
    assert found == {
        "before": ["chat.send", "hand.raise"],
        "taken": ["decided", "not ours", "not ours", "not ours"],
        "answer": {"room": 4},
        "left": [True],
    }


async def test_what_is_not_decided_stays_and_a_refusal_is_final(page: Page) -> None:
    found = await kept(
        page,
        """const a = kept.keep("hand.raise", {}); const id = a.frame.id; const why = a.answer.catch((error) => error);
        const first = ["unavailable", "rate_limited"].map((code) => kept.take({ type: "error", id, code, message: "" }));
        const same = kept.frame(id) === a.frame;
        const last = kept.take({ type: "error", id, code: "already_raised", message: "Up." });
        return { first, same, last, why: await why, size: kept.size, gone: kept.frame(id) === undefined };""",
    )
    assert found["first"] == ["later", "later"]
    assert (found["same"], found["last"], found["size"], found["gone"]) == (True, "decided", 0, True)
    assert found["why"] == {"code": "already_raised", "message": "Up."}


async def test_at_the_end_everybody_who_waits_is_told(page: Page) -> None:
    found = await kept(
        page,
        """const all = [1, 2].map(() => kept.keep("hand.raise", {}).answer.catch((why) => why.code));
        kept.refuseAll({ code: "closed", message: "" });
        return { codes: await Promise.all(all), size: kept.size };""",
    )
    assert found == {"codes": ["closed", "closed"], "size": 0}
