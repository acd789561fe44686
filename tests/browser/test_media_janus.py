"""Picture and sound through a real Janus: seen and heard, after a reload, silenced at the server, put out for good."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.browser.devices import browser
from tests.browser.group import Group, menu, removes, tile
from tests.browser.janus import RunningJanus
from tests.browser.media_kit import flow, flows, grows, growth
from tests.browser.media_server import admin, janus, server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
__all__ = ["browser", "janus", "server"]
# Asks the media server what a removed person might: to come back in with what they were granted.
RETURNS = """async ({ url, token, room, peer, entry }) => {
  const socket = new WebSocket(url, "janus-protocol");
  await new Promise((done) => { socket.onopen = done; });
  const ask = (message) => new Promise((done) => {
    const transaction = crypto.randomUUID();
    socket.addEventListener("message", ({ data }) => {
      const answer = JSON.parse(data);
      if (answer.transaction === transaction && answer.janus !== "ack") done(answer);
    });
    socket.send(JSON.stringify({ ...message, transaction, token }));
  });
  const made = await ask({ janus: "create" });
  if (made.error) return made.error.code;
  const session_id = made.data.id;
  const handle_id = (await ask({ janus: "attach", plugin: "janus.plugin.videoroom", session_id })).data.id;
  const body = { request: "join", ptype: "publisher", room, id: peer, token: entry };
  const joined = await ask({ janus: "message", session_id, handle_id, body });
  socket.close();
  return joined.plugindata.data.error_code ?? joined.plugindata.data.videoroom;
}"""
# Remembers the grant as the browser hears it.
REMEMBER = """
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "media.granted") window.granted = frame.grant;
    });
  }
};
"""
UNAUTHORIZED, FORBIDDEN = 433, 403


async def test_three_people_through_the_media_server(group: Group, janus: RunningJanus) -> None:
    ana, ben = group.world.ana, group.world.ben
    console, (phone, other) = await group.gathers(ana, ben)
    for visitor in (console, phone, other):
        await flows(visitor.page, 2)
    inside = await asyncio.to_thread(admin(janus).participants, group.session.pk)
    assert {one.person for one in inside} == {
        str(group.world.facilitator.pk), str(ana.person_id), str(ben.person_id),
    }  # fmt: skip

    # a page that was loaded anew
    phone.may_lose_network = True
    await phone.page.reload()
    await phone.sees("Camera on")
    for visitor in (console, phone, other):
        await flows(visitor.page, 2)

    # muted at the server and at every receiver
    await menu(console, "Ben Okafor")
    await console.presses("Mute", within='[data-slot=roster] li:has-text("Ben Okafor")')
    await phone.sees("Muted", within=tile("Ben O."))
    await asyncio.sleep(1)  # what was on its way is played to its end
    grown = await growth(phone.page, 3)
    voices = sorted(grown.energy.values())
    assert voices[-1] > 0
    assert sum(more > voices[-1] / 1_000 for more in voices) == 1
    assert sum(more > 0 for more in grown.frames.values()) == 2
    await other.presses("Muted")
    await other.sees("Mic on")
    await flows(phone.page, 2)

    # removed: nothing more is sent or received within two seconds, and what was granted opens nothing any more
    await removes(console, "Ben Okafor")
    pressed = time.monotonic()
    while (await flow(other.page)).open or await _is_inside(janus, group, str(ben.person_id)):
        assert time.monotonic() - pressed < 2, await flow(other.page)
        await asyncio.sleep(0.05)
    await other.sees("You are out of the room for now")
    assert await grows(phone.page, 1)
    grown = await growth(phone.page, 2)
    assert sum(more > 0 for more in grown.frames.values()) == 1


async def test_a_grant_opens_nothing_after_a_removal(group: Group, janus: RunningJanus) -> None:
    console = await group.opens(group.world.facilitator, "desktop")
    phone = await group.opens(group.world.ana, remembers=REMEMBER)
    await console.presses("Admit Ana Moreno")
    await phone.sees("Here now")
    await phone.presses("Sound only")
    await phone.sees("Mic on")
    grant = await phone.page.evaluate("window.granted")
    await removes(console, "Ana Moreno")
    await phone.sees("You are out of the room for now")
    assert await phone.page.evaluate(RETURNS, grant) == UNAUTHORIZED
    forged = {**grant, "token": grant["token"].replace(":", ":AAAA", 1)}
    assert await phone.page.evaluate(RETURNS, forged) == FORBIDDEN


async def _is_inside(janus: RunningJanus, group: Group, person: str) -> bool:
    found = await asyncio.to_thread(admin(janus).participants, group.session.pk)
    return any(one.person == person for one in found)
