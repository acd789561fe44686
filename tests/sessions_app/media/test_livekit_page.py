"""How the room's page uses LiveKit's client: against a pretended client, and the vendored one has what is used of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.sessions_app.room.test_browser_modules import page

pytestmark = [pytest.mark.asyncio, pytest.mark.browser]
__all__ = ["page"]
VENDOR = Path("sessions_app/static/sessions_app/vendor")
PINNED = "fb646f2260d84f91238d0a2dc10726c456631d6a26c7cafc43cfee5959b4d31d"
# A client without a server. `log` holds what was asked of it; `fires` lets the server say something.
PLAY = """async (steps) => {
  const log = [];
  const heard = {};
  class Publication {
    constructor(source, track) { Object.assign(this, { source, track, isMuted: false }); }
    async mute() { log.push(["mute", this.source]); this.isMuted = true; }
    async unmute() { log.push(["unmute", this.source]); this.isMuted = false; }
    setEnabled(on) { log.push(["enabled", this.source, on]); }
    setVideoQuality(quality) { log.push(["quality", this.source, quality]); }
  }
  class Room {
    constructor(options) {
      log.push(["room", options.stopLocalTrackOnUnpublish]);
      const sent = new Map();
      this.remoteParticipants = new Map();
      this.localParticipant = {
        getTrackPublication: (source) => sent.get(source),
        publishTrack: async (track, how) => {
          log.push(["publish", how.source, how.videoSimulcastLayers?.length ?? 0]);
          sent.set(how.source, new Publication(how.source, { mediaStreamTrack: track }));
        },
        unpublishTrack: async (track, stop) => {
          log.push(["unpublish", stop]);
          for (const [source, one] of sent) if (one.track === track) sent.delete(source);
        },
      };
    }
    on(event, listener) { heard[event] = listener; return this; }
    async connect(url, token, options) {
      log.push(["connect", url, token, options.rtcConfig?.iceServers ?? null]);
      if (token === "refused") throw new Error("401");
    }
    async disconnect(stop) { log.push(["disconnect", stop]); }
    removeAllListeners() { for (const name of Object.keys(heard)) delete heard[name]; }
  }
  const named = new Proxy({}, { get: (_, name) => name });
  globalThis.LivekitClient = {
    Room, RoomEvent: named, DisconnectReason: { DUPLICATE_IDENTITY: 2 }, VideoQuality: { LOW: "low", HIGH: "high" },
    VideoPreset: class {}, setLogLevel: () => {},
  };
  const told = [];
  const say = (name) => (...given) => told.push([name, ...given.map((one) => one?.id ?? one)]);
  const carrier = {
    onTrack: say("track"), onGone: say("gone"), onBroken: say("broken"), onElsewhere: say("elsewhere"), onHurt: say("hurt"),
  };
  const grant = { url: "wss://media.example", token: "t", ice: [], may_publish: ["mic", "camera"] };
  const module = await import("/static/sessions_app/room/media_livekit.js");
  const tick = () => new Promise((done) => setTimeout(done, 5));
  const result = await eval(steps)({ module, grant, carrier, log, told, heard, Publication, tick });
  delete globalThis.LivekitClient;
  return result;
}"""


async def played(page: Page, steps: str) -> Any:
    """Runs steps with the module on a pretended client."""
    given = "{ module, grant, carrier, log, told, heard, Publication, tick }"
    return await page.evaluate(PLAY, f"(async ({given}) => {{ {steps} }})")


async def test_it_enters_with_the_grant_and_relays_when_there_are_some(page: Page) -> None:
    found = await played(
        page,
        """await module.Room.enter(grant, carrier);
        const open = { urls: ["stun:b"], username: null, credential: null };
        const ice = [{ urls: ["turn:a"], username: "u", credential: "c" }, open];
        await module.Room.enter({ ...grant, ice }, carrier);
        return log.filter(([what]) => what !== "room");""",
    )
    relays = [{"urls": ["turn:a"], "username": "u", "credential": "c"}, {"urls": ["stun:b"]}]
    assert found == [
        ["connect", "wss://media.example", "t", None],
        ["connect", "wss://media.example", "t", relays],
    ]


async def test_who_is_turned_away_leaves_nothing_open(page: Page) -> None:
    found = await played(
        page,
        """const why = await module.Room.enter({ ...grant, token: "refused" }, carrier).catch((error) => error.message);
        return { why, last: log.at(-1), listening: Object.keys(heard).length, told };""",
    )
    assert found == {"why": "401", "last": ["disconnect", False], "listening": 0, "told": []}


async def test_what_is_switched_on_is_sent_once_and_never_more_than_was_granted(page: Page) -> None:
    found = await played(
        page,
        """const room = await module.Room.enter(grant, carrier);
        const mic = { id: "mic" }, camera = { id: "camera" };
        room.put("mic", mic); room.put("mic", mic); room.put("camera", camera); room.put("screen", { id: "screen" });
        await room.turn; room.put("camera", null); await room.turn;
        return log.slice(2);""",
    )
    assert found == [["publish", "microphone", 0], ["publish", "camera", 1], ["unpublish", False]]


async def test_a_mute_by_staff_holds_at_the_server_until_it_is_lifted(page: Page) -> None:
    found = await played(
        page,
        """const room = await module.Room.enter(grant, carrier);
        room.hold("mic", true); room.put("mic", { id: "mic" }); await room.turn;
        room.hold("mic", false); room.hold("mic", true); await room.turn; room.hold("mic", true); room.hold("mic", false);
        await room.turn;
        return log.slice(3);""",
    )
    assert found == [["mute", "microphone"], ["unmute", "microphone"]]


async def test_pictures_come_as_large_as_they_are_shown_or_not_at_all(page: Page) -> None:
    found = await played(
        page,
        """const room = await module.Room.enter(grant, carrier);
        const camera = new Publication("camera"), mic = new Publication("microphone"), screen = new Publication("screen_share");
        const trackPublications = new Map([["c", camera], ["m", mic], ["s", screen]]);
        room.room.remoteParticipants.set("x", { identity: "ana", trackPublications });
        heard.TrackSubscribed({ mediaStreamTrack: { id: "t1" } }, camera, { identity: "ana" });
        const first = log.splice(0);
        room.enlarge(new Set(["ana"])); const large = log.splice(0);
        room.ask(false); const none = log.splice(0);
        return { first: first.slice(2), large, none, told };""",
    )
    assert found["first"] == [["enabled", "camera", True], ["quality", "camera", "low"]]
    assert ["quality", "camera", "high"] in found["large"]
    assert ["quality", "screen_share", "high"] in found["large"]
    assert found["none"] == [["enabled", "camera", False], ["enabled", "screen_share", False]]
    assert found["told"] == [["track", "ana", "camera", "t1"]]


async def test_what_the_server_says_reaches_the_room(page: Page) -> None:
    found = await played(
        page,
        """await module.Room.enter(grant, carrier);
        heard.TrackSubscribed({ mediaStreamTrack: { id: "t" } }, { source: "unknown" }, { identity: "ana" });
        heard.ParticipantDisconnected({ identity: "ana" }); heard.SignalReconnecting(); heard.Reconnecting(); heard.Reconnected();
        heard.Disconnected(2); heard.Disconnected(4); heard.Disconnected(undefined);
        return told;""",
    )
    assert found == [
        ["gone", "ana"], ["hurt", True], ["hurt", True], ["hurt", False], ["elsewhere"], ["broken"], ["broken"],
    ]  # fmt: skip


async def test_the_vendored_client_is_the_pinned_one_and_has_what_is_used(page: Page) -> None:
    text = (VENDOR / "livekit-client.umd.js").read_bytes()
    assert hashlib.sha256(text).hexdigest() == PINNED
    assert PINNED in (VENDOR / "NOTICE").read_text()
    found = await page.evaluate(
        """async () => {
          await import("/static/sessions_app/vendor/livekit-client.umd.js");
          const kit = globalThis.LivekitClient;
          const has = (kind, ...names) => names.filter((name) => !(name in kind.prototype));
          const room = new kit.Room();
          const events = [
            "TrackSubscribed", "ParticipantDisconnected", "SignalReconnecting", "Reconnecting", "Reconnected", "Disconnected",
          ];
          const lacking = [
            ...["on", "connect", "disconnect", "removeAllListeners"].filter((name) => typeof room[name] !== "function"),
            ...has(kit.LocalParticipant, "publishTrack", "unpublishTrack", "getTrackPublication"),
            ...has(kit.RemoteTrackPublication, "setEnabled", "setVideoQuality"),
            ...has(kit.LocalTrackPublication, "mute", "unmute"),
            ...events.filter((name) => !kit.RoomEvent[name]),
          ];
          const sources = [kit.Track.Source.Microphone, kit.Track.Source.Camera, kit.Track.Source.ScreenShare];
          const quality = [kit.VideoQuality.LOW, kit.VideoQuality.HIGH];
          const known = room.remoteParticipants instanceof Map && typeof kit.setLogLevel === "function";
          delete globalThis.LivekitClient;
          return { lacking, sources, quality, duplicate: kit.DisconnectReason.DUPLICATE_IDENTITY, known };
        }"""
    )
    assert found == {
        "lacking": [],
        "sources": ["microphone", "camera", "screen_share"],
        "quality": [0, 2],
        "duplicate": 2,
        "known": True,
    }
