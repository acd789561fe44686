// One person's part in picture and sound: the grant, the own devices, who sends what, and what is heard and seen of the others.
//
// The room decides; this obeys. Who is not in the room is not heard, a muted person is silent at every receiver, and whoever
// steps out, leaves or is removed stops sending at once. Nothing is ever recorded.
import { sideOf } from "./activities_view.js";
import { Heard } from "./media_heard.js";
import { chooseCameras } from "./media_rules.js";

/**
 * @typedef {import("../room_view.js").View} View
 * @typedef {import("../room_socket.js").Frame} Frame
 * @typedef {import("./media_rules.js").Source} Source
 * @typedef {import("./media_mesh.js").Signal} Signal
 *
 * @typedef {object} Grant
 * @property {"mesh" | "janus" | "livekit"} kind
 * @property {string} url @property {string} room @property {string} peer @property {string} token @property {string} entry
 * @property {{urls: string[], username: string | null, credential: string | null}[]} ice
 * @property {boolean} relay_only
 * @property {Source[]} may_publish
 * @property {number} most_cameras
 * @property {string} expires
 *
 * @typedef {object} Transport what carries picture and sound: from browser to browser, or through a media server
 * @property {(grant: Grant) => void} renew
 * @property {(person: string, call: string) => void} meet
 * @property {(person: string, signal: Signal) => void} hear
 * @property {(person: string) => void} part
 * @property {(source: Source, track: MediaStreamTrack | null) => void} put
 * @property {(person: string, wants: boolean) => void} wants
 * @property {(on: boolean) => void} ask whether this window wants pictures
 * @property {(people: Set<string>) => void} enlarge whose pictures are shown large
 * @property {(source: Source, on: boolean) => void} hold whether staff silenced one's own sound
 * @property {() => Map<string, RTCPeerConnection>} connections
 * @property {() => void} close
 */

const AGAIN_AFTER = 10_000;
const SOON = 1_500;
const TRIES = 5;
const RENEW_BEFORE = 2 * 60_000;
/** @type {Source[]} */
const PICTURES = ["camera", "screen"];

/** What carries it, by kind of grant. @type {Record<string, (grant: Grant, carrier: import("./media_mesh.js").Carrier) => Promise<Transport>>} */
const CARRIERS = {
  mesh: async (grant, carrier) => new (await import("./media_mesh.js")).Mesh(grant, carrier),
  janus: async (grant, carrier) => (await import("./media_janus.js")).Room.enter(grant, carrier),
  livekit: async (grant, carrier) => (await import("./media_livekit.js")).Room.enter(grant, carrier),
};

export class Media extends Heard {
  /**
   * @param {import("./link.js").Line} line
   * @param {() => void} changed draw again
   * @param {boolean} [soundOnly] what was chosen at the door
   */
  constructor(line, changed, soundOnly = false) {
    super(line, changed, soundOnly);
    this.side = "";
    this.mending = false; // what was heard and seen stands still, and is on its way back
    this.weak = false; // the line is too weak for one's own picture
    this.tries = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    addEventListener("pagehide", () => this.leave());
    addEventListener("online", () => this.again());
  }

  // --- what the room says ---------------------------------------------------------------------------------------------

  /** The room as it is now: obeyed before anything is drawn. @param {View | null} view @param {boolean} over this page is done with the room */
  see(view, over) {
    this.view = view;
    this.over = over;
    const inside = !over && view !== null && view.me.sees !== "self" && view.room.phase !== "ended" && view.room.people[view.me.person]?.place === "in";
    if (!inside) {
      if (this.state !== "out") this.leave();
      return;
    }
    const side = sideOf(view.room, view.me.person);
    if (this.side !== side && this.state !== "out") this.moved();
    this.side = side;
    if (this.state === "out") this.join();
    for (const [person, other] of [...this.others]) if (!this.isIn(person)) this.shut(person, other);
    this.obey(/** @type {View} */ (view));
  }

  /** Whether somebody is in the same room, or in the same side room. @param {string} person */
  isIn(person) {
    if (this.view === null) return false;
    const { room, me } = this.view;
    if (room.people[person]?.place !== "in") return false;
    // A client is not told which staff are in the private talk; the server passes signals only to those who are.
    const talk = me.person in room.asides && room.people[person].role !== "client";
    return talk || sideOf(room, person) === this.side;
  }

  /** Mutes, stopped cameras and closed sharing hold at the sender and at every receiver. @param {View} view */
  obey({ room, me }) {
    if (this.own.mic) this.own.mic.enabled = !room.muted.includes(me.person);
    this.transport?.hold("mic", room.muted.includes(me.person));
    if (this.own.camera && room.cameras_stopped.includes(me.person)) this.stop("camera", "Your facilitator stopped your camera.");
    if (this.own.screen && !this.mayShare(me.person)) this.stop("screen", "Sharing has ended.");
    for (const [person, other] of this.others) {
      const silent = room.muted.includes(person) || !this.isIn(person);
      other.sound.muted = silent;
      if (other.tracks.mic) other.tracks.mic.enabled = !silent;
      for (const source of PICTURES) {
        const track = other.tracks[source];
        if (track) track.enabled = this.mayShow(person, source);
      }
    }
    this.choose();
  }

  /** @param {string} person @param {Source} source */
  mayShow(person, source) {
    if (source === "screen") return this.mayShare(person);
    return this.view?.room.cameras_stopped.includes(person) === false;
  }

  /** @param {string} person */
  mayShare(person) {
    const { room } = /** @type {View} */ (this.view);
    return room.share_open || ["facilitator", "cofacilitator"].includes(room.people[person]?.role);
  }

  /** Whether one may send at all: an observer does not. @param {Source} source */
  may(source) {
    return this.grant?.may_publish.includes(source) === true || (source === "screen" && this.view !== null && this.grant?.may_publish.includes("mic") === true && this.mayShare(this.view.me.person));
  }

  /** The line came back: say anew what one sends, and ask those one knows. */
  returned() {
    this.again();
    if (this.state !== "on") return;
    this.tell();
    for (const [person, { call }] of this.others) if (call) this.greet(person, null);
  }

  // --- coming and going -----------------------------------------------------------------------------------------------

  async join() {
    this.state = "asking";
    this.call = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
    const call = this.call;
    this.grant = null;
    try {
      await this.line.socket.say("media.join");
    } catch {
      if (this.call === call) this.unavailable();
      return;
    }
    const grant = /** @type {Grant | null} */ (this.grant);
    if (this.call !== call) return;
    if (!grant) return this.unavailable(SOON); // the line broke between the answer and the grant
    const make = CARRIERS[grant.kind];
    if (!make) return this.unavailable();
    const transport = await make(grant, {
      me: this.view?.me.person ?? "",
      call,
      send: (to, signal) => this.line.socket.pass("signal.send", { to, payload: signal }),
      onTrack: (person, source, track) => this.arrived(person, source, track),
      onGone: (person) => this.lost(person),
      onBroken: () => { if (this.call === call) this.broken(); },
      onElsewhere: () => { if (this.call === call) this.elsewhere(); },
      onHurt: (on) => { if (this.call === call) this.say("mending", on); },
      onWeak: (on) => { if (this.call === call) this.say("weak", on); },
    }).catch(() => null);
    if (this.call !== call) return transport?.close();
    if (!transport) return this.unavailable();
    this.transport = transport;
    this.state = "on";
    this.mending = this.weak = false;
    this.tries = 0;
    this.renewLater(grant);
    for (const source of /** @type {Source[]} */ (["mic", "screen"])) transport.put(source, this.own[source]);
    transport.ask(!this.soundOnly);
    transport.enlarge(this.large);
    this.choose();
    this.tell();
    this.resume();
    this.changed();
  }

  /** The media server is gone, or put this window out: where the room still has a place for it, it comes back. */
  broken() {
    this.part();
    this.mending = true;
    this.unavailable(SOON);
  }

  /** @param {number} [pause] milliseconds until it is tried again */
  unavailable(pause = AGAIN_AFTER) {
    this.state = "unavailable";
    this.mending = this.mending && ++this.tries <= TRIES;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), this.mending ? Math.min(pause, 2 * SOON) : pause);
    this.changed();
  }

  /** Tries once more to come in, when waiting to. */
  again() {
    if (this.state !== "unavailable") return;
    clearTimeout(this.timer);
    this.state = "out";
    this.see(this.view, this.over);
  }

  /** What the one who carries it says about the line. @param {"mending" | "weak"} what @param {boolean} on */
  say(what, on) {
    if (this[what] === on) return;
    this[what] = on;
    this.changed();
  }

  /** A grant holds ten minutes; a fresh one is asked for in time. @param {Grant} grant */
  renewLater(grant) {
    clearTimeout(this.timer);
    const life = Date.parse(grant.expires) - Date.now() - RENEW_BEFORE;
    this.timer = setTimeout(async () => {
      await this.line.socket.say("media.join").catch(() => {});
      const fresh = this.grant;
      if (this.state !== "on" || !fresh) return;
      this.transport?.renew(fresh);
      this.renewLater(fresh);
    }, Math.max(life, 30_000));
  }

  /** Into another side room: other people, another grant; microphone and camera stay as they are. */
  moved() {
    this.part();
    this.state = "out";
  }

  /** Nobody is heard or seen any more, and nobody hears or sees this window. */
  part() {
    this.call = "";
    clearTimeout(this.timer);
    for (const person of [...this.others.keys()]) this.forget(person);
    this.transport?.close();
    this.transport = null;
    this.grant = null;
    this.sending = null;
    this.mending = this.weak = false;
  }

  /** Everything stops: nothing of this device is sent, nothing of the others heard. */
  leave() {
    this.state = "out";
    this.part();
    this.ear.stop();
    for (const source of /** @type {Source[]} */ (["mic", "camera", "screen"])) {
      this.own[source]?.stop();
      this.own[source] = null;
    }
  }

  /** Somebody is not in the room (any more): silent and unseen, even where a media server still sends. @param {string} person @param {Other} other */
  shut(person, other) {
    this.transport?.part(person);
    other.call = "";
    other.take({});
    if (!Object.keys(other.tracks).length) this.forget(person);
  }

  /** @param {string} person */
  forget(person) {
    this.transport?.part(person);
    this.others.get(person)?.end();
    this.others.delete(person);
  }

  // --- what is said between windows -----------------------------------------------------------------------------------

  /** A frame without a number. @param {Frame} frame @returns {void} */
  hear(frame) {
    if (frame.type === "media.granted") this.grant = /** @type {Grant} */ (frame.grant);
    if (this.state !== "on") return;
    if (frame.type === "media.seen") this.seen(String(frame.person), frame, "if new");
    if (frame.type === "signal.received") this.signalled(String(frame.sender), /** @type {Signal & {has?: Record<string, unknown>}} */ (frame.payload));
  }

  /** @param {string} person @param {Signal & {has?: Record<string, unknown>}} signal */
  signalled(person, signal) {
    if (signal.to_call && signal.to_call !== this.call) return;
    if (signal.kind === "hello") this.seen(person, { ...signal.has, call: signal.call }, signal.to_call ? "never" : "always");
    else if (signal.kind === "bye") this.elsewhere();
    else if (this.isIn(person) && this.others.get(person)?.call === signal.call) this.transport?.hear(person, signal);
  }

  /** The same person took part with another window since: two would echo. */
  elsewhere() {
    this.leave();
    this.state = "elsewhere";
    this.changed();
  }

  /** Takes part with this window again. */
  here() {
    this.state = "out";
    this.see(this.view, this.over);
  }

  /** What somebody's window says about itself; a window one did not know is greeted. @param {string} person @param {Record<string, unknown>} has @param {"always" | "if new" | "never"} asks whether it is to be answered */
  seen(person, has, asks) {
    if (!this.isIn(person) || typeof has.call !== "string") return;
    const other = this.other(person);
    const before = other.call;
    other.call = has.call;
    other.take(has);
    if (before && before !== has.call) this.line.socket.pass("signal.send", { to: person, payload: { kind: "bye", call: this.call, to_call: before } });
    if (asks === "always" || (asks === "if new" && before !== has.call)) this.greet(person, has.call);
    this.transport?.meet(person, has.call);
    this.transport?.wants(person, other.flags.wants_video);
    this.choose();
    this.changed();
  }

  /** Tells one window what this one sends. @param {string} person @param {string | null} call none to be answered */
  greet(person, call) {
    this.line.socket.pass("signal.send", { to: person, payload: { kind: "hello", call: this.call, ...(call ? { to_call: call } : {}), has: this.flags() } });
  }

  /** Tells everybody what this window sends. */
  tell() {
    if (this.state === "on") this.line.socket.pass("media.state", { ...this.flags(), call: this.call });
  }

  flags() {
    const spoke = this.spokeAt ? { spoke_ago: Math.floor((Date.now() - this.spokeAt) / 1000) } : {};
    return { mic: this.own.mic !== null, camera: this.own.camera !== null, screen: this.own.screen !== null, speaking: this.speaking, wants_video: !this.soundOnly, ...this.words, ...spoke };
  }

  // --- who is on the air ----------------------------------------------------------------------------------------------

  /** Whose cameras are on the air; one's own is sent only when it is among them. */
  choose() {
    if (!this.view) return;
    const { room, me } = this.view;
    const hosts = (/** @type {string} */ id) => room.people[id]?.role !== "client";
    const wanting = [...this.others].filter(([id, { flags }]) => flags.camera && this.isIn(id)).map(([id, { flags }]) => ({ id, hosts: hosts(id), spokeAt: flags.spokeAt }));
    if (this.own.camera) wanting.push({ id: me.person, hosts: hosts(me.person), spokeAt: this.spokeAt });
    this.shown = chooseCameras(wanting, this.grant?.most_cameras ?? 0);
    const track = this.shown.has(me.person) ? this.own.camera : null;
    if (this.transport && this.sending !== track) this.transport.put("camera", (this.sending = track));
  }

  /** @type {Set<string>} */
  shown = new Set();
  /** @type {MediaStreamTrack | null} */
  sending = null;
}
