// Picture and sound through a Janus VideoRoom: one connection up with three fixed lines, one down with everybody else's.
// Who may come in, and who goes, is decided by the room; this only speaks the media server's language.
import { LEVELS } from "./media_rules.js";

/**
 * @typedef {import("./media_rules.js").Source} Source
 * @typedef {import("./media_mesh.js").Carrier} Carrier
 * @typedef {{[name: string]: any}} Message
 */

/** @type {Source[]} */
const LINES = ["mic", "camera", "screen"];
const KEEP_ALIVE = 25_000;
const PLUGIN = "janus.plugin.videoroom";

/** Whose feed it is: the room server wrote the person's id in front. @param {string} feed */
const personOf = (feed) => String(feed).split("~")[0];

/** One conversation with the media server: requests with their answers, events by handle. */
class Janus {
  /** @param {import("./media.js").Grant} grant @param {() => void} onEnd */
  constructor(grant, onEnd) {
    this.token = grant.token;
    this.session = 0;
    /** @type {Map<string, {done: (answer: Message) => void, failed: (why: Error) => void}>} */
    this.waiting = new Map();
    /** @type {Map<number, (event: Message) => void>} */
    this.handles = new Map();
    this.socket = new WebSocket(grant.url, "janus-protocol");
    this.socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    this.socket.onclose = () => { this.fail(); onEnd(); };
    this.timer = setInterval(() => this.session && this.tell({ janus: "keepalive" }), KEEP_ALIVE);
  }

  async open() {
    if (this.socket.readyState !== WebSocket.OPEN) {
      await new Promise((done, failed) => {
        this.socket.addEventListener("open", done, { once: true });
        this.socket.addEventListener("error", () => failed(new Error("the media server cannot be reached")), { once: true });
      });
    }
    this.session = (await this.ask({ janus: "create" })).data.id;
  }

  /** @param {(event: Message) => void} onEvent @returns {Promise<number>} a handle of the plugin */
  async attach(onEvent) {
    const { data } = await this.ask({ janus: "attach", plugin: PLUGIN });
    this.handles.set(data.id, onEvent);
    return data.id;
  }

  /** @param {number} handle @param {Message} body @param {RTCSessionDescription | null} [jsep] @returns {Promise<Message>} the plugin's answer */
  async say(handle, body, jsep) {
    const answer = await this.ask({ janus: "message", handle_id: handle, body, ...(jsep ? { jsep } : {}) });
    const data = answer.plugindata?.data ?? {};
    if (data.error) throw new Error(`${data.error_code} ${data.error}`);
    return { ...data, jsep: answer.jsep };
  }

  /** @param {Message} message @returns {Promise<Message>} */
  ask(message) {
    const transaction = crypto.randomUUID();
    return new Promise((done, failed) => {
      this.waiting.set(transaction, { done, failed });
      this.socket.send(JSON.stringify({ ...message, transaction, token: this.token, ...(this.session ? { session_id: this.session } : {}) }));
    });
  }

  /** An "ack" only says that the answer to a message will follow. @param {Message} message */
  hear(message) {
    const asked = this.waiting.get(message.transaction);
    if (message.janus === "ack") return;
    if (asked) this.settle(message, asked);
    else this.handles.get(message.sender)?.(message);
  }

  /** @param {Message} message @param {{done: (answer: Message) => void, failed: (why: Error) => void}} asked */
  settle(message, asked) {
    this.waiting.delete(message.transaction);
    if (message.janus === "error") asked.failed(new Error(`${message.error.code} ${message.error.reason}`));
    else asked.done(message);
  }

  /** Something that needs no answer. @param {Message} message */
  tell(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ ...message, transaction: crypto.randomUUID(), token: this.token, session_id: this.session }));
  }

  fail() {
    clearInterval(this.timer);
    for (const { failed } of this.waiting.values()) failed(new Error("the media server is gone"));
    this.waiting.clear();
  }

  close() {
    this.tell({ janus: "destroy" });
    this.socket.onclose = null;
    this.fail();
    this.socket.close();
  }
}

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
    const level = /** @type {{bitrate: number, fps: number}} */ (LEVELS[0]);
    for (const source of LINES) {
      const encoding = source === "mic" ? { priority: "high" } : { maxBitrate: source === "screen" ? 900_000 : 2 * level.bitrate, maxFramerate: level.fps };
      pc.addTransceiver(source === "mic" ? "audio" : "video", { direction: "sendonly", sendEncodings: [/** @type {RTCRtpEncodingParameters} */ (encoding)] });
    }
    await pc.setLocalDescription();
    const { jsep } = await this.janus.say(this.up, { request: "publish" }, pc.localDescription);
    await pc.setRemoteDescription(jsep);
    for (const source of LINES) this.put(source, this.tracks[source]);
  }

  /** What the media server tells about the room. @param {Message} event */
  told(event) {
    const data = event.plugindata?.data ?? {};
    if (data.publishers) this.take(data.publishers);
    for (const gone of [data.unpublished, data.leaving, data.kicked]) if (typeof gone === "string" && gone !== "ok") this.drop(gone);
    const mine = data.leaving === "ok" || data.kicked === this.grant.peer || event.janus === "detached";
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
    this.down = await this.janus.attach((event) => { if (event.jsep) this.next(() => this.answer({ ...event.plugindata?.data, jsep: event.jsep })); });
    const pc = (this.hearing = this.connection());
    this.trickle(pc, () => this.down);
    pc.ontrack = ({ transceiver, track }) => {
      const line = this.lines.get(transceiver.mid ?? "");
      if (line) this.carrier.onTrack(line.person, line.source, track);
    };
    const { room, entry } = this.grant;
    await this.answer(await this.janus.say(this.down, { request: "join", ptype: "subscriber", room, token: entry, private_id: this.privateId, streams }));
    this.ask(this.pictures);
  }

  /** Takes what the media server offers. @param {Message} offered */
  async answer(offered) {
    this.lines = new Map((offered.streams ?? []).filter((/** @type {Message} */ line) => line.feed_id && line.active !== false).map((/** @type {Message} */ line) => [line.mid, { person: personOf(line.feed_id), source: LINES[Number(line.feed_mid)] }]));
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
  }

  /** @param {import("./media.js").Grant} grant */
  renew(grant) {
    this.grant = { ...this.grant, token: grant.token };
    this.janus.token = grant.token;
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  put(source, track) {
    this.tracks[source] = track;
    this.sending?.getTransceivers()[LINES.indexOf(source)]?.sender.replaceTrack(track).catch(() => {});
  }

  /** Whether pictures are sent to this window at all: sound comes before them. @param {boolean} on */
  ask(on) {
    this.pictures = on;
    const streams = [...this.lines].filter(([, { source }]) => source !== "mic").map(([mid]) => ({ mid, send: on }));
    if (this.down && streams.length) this.janus.say(this.down, { request: "configure", streams }).catch(() => {});
  }

  // What only browsers among themselves need.
  meet() {}
  hear() {}
  part() {}
  wants() {}

  connections() {
    const found = new Map();
    if (this.sending) found.set("up", this.sending);
    if (this.hearing) found.set("down", this.hearing);
    return found;
  }

  close() {
    this.janus.close();
    this.sending?.close();
    this.hearing?.close();
  }
}
