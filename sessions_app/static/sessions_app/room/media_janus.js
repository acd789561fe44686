// Picture and sound through a Janus VideoRoom: one connection up with three fixed lines, one down with everybody else's.
// Who may come in, and who goes, is decided by the room; this only speaks the media server's language.
//
// A camera goes up in two sizes. Each window asks for the one that fits its place, for the small one when its line is weak, and
// for sound alone before sound would suffer. A connection that broke is mended in place; one that cannot be is given up, and
// whoever made this room enters anew.
import { Janus } from "./media_janus_talk.js";
import { Gauge, Health } from "./media_line.js";
import { ASKED, SENT, asked, nextQuality } from "./media_rules.js";

/**
 * @typedef {import("./media_rules.js").Source} Source
 * @typedef {import("./media_mesh.js").Carrier} Carrier
 * @typedef {import("./media_janus_talk.js").Message} Message
 */

/** @type {Source[]} */
const LINES = ["mic", "camera", "screen"];
const LOOK_EVERY = 3_000;
/** How each source goes up. @type {Record<Source, RTCRtpEncodingParameters[]>} */
const ENCODINGS = {
  mic: [{ priority: "high", networkPriority: "high" }],
  camera: [{ rid: "h", maxBitrate: 450_000, maxFramerate: 15 }, { rid: "l", maxBitrate: 120_000, maxFramerate: 15, scaleResolutionDownBy: 2 }],
  screen: [{ maxBitrate: 900_000, maxFramerate: 8 }],
};

/** Whose feed it is: the room server wrote the person's id in front. @param {string} feed */
const personOf = (feed) => String(feed).split("~")[0];

export class Room {
  /** @param {import("./media.js").Grant} grant @param {Carrier} carrier @returns {Promise<Room>} once in the room */
  static async enter(grant, carrier) {
    const room = new Room(grant, carrier);
    try {
      await room.begin();
    } catch (trouble) {
      room.close();
      throw trouble;
    }
    return room;
  }

  /** @param {import("./media.js").Grant} grant @param {Carrier} carrier */
  constructor(grant, carrier) {
    this.grant = grant;
    this.carrier = carrier;
    this.privateId = 0;
    this.up = 0;
    this.down = 0;
    this.pictures = true;
    /** @type {Set<string>} whose picture is shown large */
    this.large = new Set();
    /** @type {import("./media_rules.js").Quality} */
    this.sends = { level: 0, calm: 0 };
    /** @type {import("./media_rules.js").Quality} */
    this.asks = { level: 0, calm: 0 };
    /** @type {Map<string, string>} what was asked for, by line of the connection down */
    this.wanted = new Map();
    this.gauge = new Gauge();
    this.health = { up: new Health(), down: new Health() };
    /** @type {RTCPeerConnection | null} */
    this.sending = null;
    /** @type {RTCPeerConnection | null} */
    this.hearing = null;
    /** @type {Record<Source, MediaStreamTrack | null>} */
    this.tracks = { mic: null, camera: null, screen: null };
    /** @type {Set<string>} */
    this.feeds = new Set();
    /** @type {Map<string, {person: string, source: Source}>} by line of the connection down */
    this.lines = new Map();
    /** @type {Promise<unknown>} what is negotiated downwards, one thing after the other */
    this.turn = Promise.resolve();
    this.janus = new Janus(grant, () => carrier.onBroken());
    this.timer = setInterval(() => this.look(), LOOK_EVERY);
    this.stirred = () => this.janus.prove();
    addEventListener("online", this.stirred);
  }

  async begin() {
    const { room, peer, entry } = this.grant;
    await this.janus.open();
    this.up = await this.janus.attach((event) => this.told(event));
    const joined = await this.janus.say(this.up, { request: "join", ptype: "publisher", room, id: peer, token: entry });
    this.privateId = joined.private_id;
    if (this.grant.may_publish.length) await this.publish();
    this.take(joined.publishers ?? []);
  }

  connection() {
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: this.grant.ice.map(({ urls, username, credential }) => (credential ? { urls, username: username ?? "", credential } : { urls })) });
    return pc;
  }

  /** @param {RTCPeerConnection} pc @param {() => number} handle */
  trickle(pc, handle) {
    pc.onicecandidate = ({ candidate }) => this.janus.tell({ janus: "trickle", handle_id: handle(), candidate: candidate ? candidate.toJSON() : { completed: true } });
  }

  async publish() {
    const pc = (this.sending = this.connection());
    this.trickle(pc, () => this.up);
    for (const source of LINES) pc.addTransceiver(source === "mic" ? "audio" : "video", { direction: "sendonly", sendEncodings: ENCODINGS[source].map((one) => ({ ...one })) });
    await this.offer("publish");
    for (const source of LINES) this.put(source, this.tracks[source]);
  }

  /** Offers what is sent, the first time or anew. @param {"publish" | "configure"} request */
  async offer(request) {
    const pc = /** @type {RTCPeerConnection} */ (this.sending);
    await pc.setLocalDescription();
    const { jsep } = await this.janus.say(this.up, { request }, pc.localDescription);
    await pc.setRemoteDescription(jsep);
  }

  /** What the media server tells about the room. @param {Message} event */
  told(event) {
    const data = event.plugindata?.data ?? {};
    if (data.publishers) this.take(data.publishers);
    for (const gone of [data.unpublished, data.leaving, data.kicked]) if (typeof gone === "string" && gone !== "ok") this.drop(gone);
    const mine = data.leaving === "ok" || data.kicked === this.grant.peer || event.janus === "detached" || event.janus === "hangup";
    if (mine) this.carrier.onBroken();
  }

  /** @param {{id: string}[]} publishers */
  take(publishers) {
    const fresh = publishers.map(({ id }) => id).filter((id) => id !== this.grant.peer && !this.feeds.has(id));
    if (!fresh.length) return;
    for (const id of fresh) this.feeds.add(id);
    this.next(() => this.subscribe(fresh.map((feed) => ({ feed }))));
  }

  /** @param {string} feed */
  drop(feed) {
    if (!this.feeds.delete(feed)) return;
    this.carrier.onGone(personOf(feed));
    this.next(async () => { if (this.down) await this.answer(await this.janus.say(this.down, { request: "unsubscribe", streams: [{ feed }] })); });
  }

  /** @param {() => Promise<unknown>} work */
  next(work) {
    this.turn = this.turn.then(work).catch((trouble) => console.info("a feed was not taken", trouble));
  }

  /** @param {{feed: string}[]} streams */
  async subscribe(streams) {
    if (this.down) return this.answer(await this.janus.say(this.down, { request: "subscribe", streams }));
    this.down = await this.janus.attach((event) => {
      if (event.jsep) this.next(() => this.answer({ ...event.plugindata?.data, jsep: event.jsep }));
      if (event.janus === "hangup" && this.feeds.size) this.carrier.onBroken();
    });
    const pc = (this.hearing = this.connection());
    this.trickle(pc, () => this.down);
    pc.ontrack = ({ transceiver, track }) => {
      const line = this.lines.get(transceiver.mid ?? "");
      if (line) this.carrier.onTrack(line.person, line.source, track);
    };
    const { room, entry } = this.grant;
    await this.answer(await this.janus.say(this.down, { request: "join", ptype: "subscriber", room, token: entry, private_id: this.privateId, streams }));
  }

  /** Takes what the media server offers. @param {Message} offered */
  async answer(offered) {
    if (offered.streams) this.lines = new Map(offered.streams.filter((/** @type {Message} */ line) => line.feed_id && line.active !== false).map((/** @type {Message} */ line) => [line.mid, { person: personOf(line.feed_id), source: LINES[Number(line.feed_mid)] }]));
    const pc = this.hearing;
    if (!offered.jsep || !pc) return;
    await pc.setRemoteDescription(offered.jsep);
    await pc.setLocalDescription();
    await this.janus.say(this.down, { request: "start" }, pc.localDescription);
    // A line that was used for somebody before brings no new track: say whose it is now.
    for (const { mid, receiver } of pc.getTransceivers()) {
      const line = this.lines.get(mid ?? "");
      if (line) this.carrier.onTrack(line.person, line.source, receiver.track);
    }
    this.fit();
  }

  // --- how the line does ----------------------------------------------------------------------------------------------

  /** One look: mends what broke, and sends and asks for less where packets are lost. */
  look() {
    const up = this.mend("up", this.sending, () => this.offer("configure"));
    const down = this.mend("down", this.hearing, async () => this.answer(await this.janus.say(this.down, { request: "configure", restart: true })));
    this.carrier.onHurt(up || down);
    this.adapt().catch(() => {}); // a connection that was closed meanwhile
  }

  /** @param {"up" | "down"} way @param {RTCPeerConnection | null} pc @param {() => Promise<unknown>} again @returns {boolean} whether it is hurt */
  mend(way, pc, again) {
    const state = pc ? this.health[way].look(pc.connectionState, Date.now()) : "fine";
    if (state === "given up") this.carrier.onBroken();
    if (state === "mend") {
      if (way === "up") pc?.restartIce();
      this.next(again);
    }
    return state !== "fine";
  }

  async adapt() {
    if (this.sending?.connectionState === "connected") {
      const before = this.sends.level;
      this.sends = nextQuality(this.sends, await this.gauge.up(this.sending), SENT.length - 1);
      if (this.sends.level !== before) await this.shape();
    }
    if (this.hearing?.connectionState === "connected") {
      this.asks = nextQuality(this.asks, await this.gauge.down(this.hearing), ASKED.length - 1);
      this.fit();
    }
  }

  /** Brings the camera that goes up to its level. */
  async shape() {
    const level = SENT[this.sends.level];
    const sender = this.sender("camera");
    const parameters = sender?.getParameters();
    if (!sender || !parameters?.encodings?.length) return;
    for (const encoding of parameters.encodings) encoding.active = level === "both" || (level === "small" && encoding.rid === "l");
    await sender.setParameters(parameters).catch(() => {}); // a browser that knows less still sends
    this.carrier.onWeak(level === "none");
  }

  /** Asks for every picture as it is needed now; what was asked before is not said again. */
  fit() {
    const level = this.pictures ? ASKED[this.asks.level] : "none";
    const streams = [];
    for (const [mid, { person, source }] of this.lines) {
      if (source === "mic") continue;
      const wanted = asked(level, source, this.large.has(person));
      const words = `${person} ${source} ${wanted.send} ${wanted.substream}`;
      if (this.wanted.get(mid) === words) continue;
      this.wanted.set(mid, words);
      streams.push({ mid, ...wanted });
    }
    if (this.down && streams.length) this.janus.say(this.down, { request: "configure", streams }).catch(() => this.wanted.clear());
  }

  /** @param {Source} source */
  sender(source) {
    return this.sending?.getTransceivers()[LINES.indexOf(source)]?.sender;
  }

  /** @param {import("./media.js").Grant} grant */
  renew(grant) {
    this.grant = { ...this.grant, token: grant.token };
    this.janus.token = grant.token;
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  put(source, track) {
    this.tracks[source] = track;
    this.sender(source)?.replaceTrack(track).catch(() => {});
  }

  /** Whether pictures are sent to this window at all: sound comes before them. @param {boolean} on */
  ask(on) {
    this.pictures = on;
    this.fit();
  }

  /** Whose pictures are shown large. @param {Set<string>} people */
  enlarge(people) {
    this.large = people;
    this.fit();
  }

  // What only browsers among themselves need.
  meet() {}
  hear() {}
  part() {}
  wants() {}

  /** The server lifts it together with the room. */
  hold() {}

  connections() {
    const found = new Map();
    if (this.sending) found.set("up", this.sending);
    if (this.hearing) found.set("down", this.hearing);
    return found;
  }

  close() {
    clearInterval(this.timer);
    removeEventListener("online", this.stirred);
    this.janus.close();
    this.sending?.close();
    this.hearing?.close();
  }
}
