// One live connection to the server that comes back by itself and loses nothing that was said.
//
// Reconnects with full jitter, at once when the network returns; a connect step that takes 10 s is given up. Every command
// has an id; what was not answered is kept and said again with the same id, which the server answers only once (RT-2, RT-9).
// A heartbeat goes every 10 s; without an answer the connection counts as lost, whatever the browser believes. Whenever the
// network changed or the device woke up it is asked at once: a phone that was in a pocket must not wait to find out.
// Codes 44xx and 1008 are final: coming back would not help.

import { Unsent } from "./unsent.js";

const CONNECT_PATIENCE = 10_000;
const HEARTBEAT = 10_000;
const PONG_PATIENCE = 4_000;
const HANGS_AFTER = 2_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
const OPEN = 1;
/** What may have cost the connection, or brought the network back. */
const STIRS = ["online", "offline", "pageshow"];

/**
 * @typedef {"connecting" | "live" | "reconnecting" | "closed"} State
 * @typedef {{type: string, id?: string, [name: string]: unknown}} Frame
 * @typedef {{code: string, message: string}} Refusal
 *
 * @typedef {object} Options
 * @property {() => string} url where to connect; asked anew each time, so that it can name the numbers seen
 * @property {(frame: Frame) => void} onFrame every frame that is not an answer to a command
 * @property {(state: State, code: number) => void} [onState]
 * @property {() => Record<string, number>} [heads] the numbers handled so far, told with each heartbeat
 * @property {() => Promise<number>} [probe] after two failed attempts: 0 to go on, or a final code (4401, 4403)
 * @property {string} [opensWith] kinds after which the connection is live and unsent commands go out, separated by spaces
 * @property {typeof WebSocket} [Socket] for tests
 * @property {() => number} [random] for tests
 */

/** Whether a close code is final. @param {number} code */
export function isFinal(code) {
  return code === 1008 || (code >= 4400 && code < 4500);
}

/**
 * Milliseconds to wait before an attempt: full jitter, at most 1 s before the first, at most 15 s ever.
 * @param {number} attempt 0 for the first attempt after a loss
 * @param {() => number} random
 */
export function pause(attempt, random = Math.random) {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempt, 10)) * random();
}

export class LiveSocket {
  /** @param {Options} options */
  constructor(options) {
    this.options = { onState: () => {}, heads: () => ({}), opensWith: "snapshot resumed", random: Math.random, ...options };
    /** @type {State} */
    this.state = "connecting";
    this.unanswered = new Unsent();
    this.attempt = 0;
    this.failures = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.beat = undefined;
    this.begunAt = 0;
    this.stirred = () => this.retryNow();
    this.shown = () => { if (!globalThis.document?.hidden) this.retryNow(); };
    for (const change of STIRS) globalThis.addEventListener?.(change, this.stirred);
    globalThis.document?.addEventListener("visibilitychange", this.shown);
    this.connect();
  }

  /**
   * Says a command. It is kept until answered, over any number of reconnections.
   * @param {string} type
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<Record<string, number>>} the numbers of the answer; rejected with {code, message} when refused
   */
  say(type, fields = {}) {
    const { frame, answer } = this.unanswered.keep(type, fields);
    if (this.state === "live") this.put(frame);
    return answer;
  }

  /** Says something that is worth nothing later (typing, signals): dropped unless live. @param {string} type @param {Record<string, unknown>} [fields] */
  pass(type, fields = {}) {
    if (this.state === "live") this.put({ ...fields, id: crypto.randomUUID(), type });
  }

  /** Ends it for good. */
  close() {
    this.finish(1000);
    this.socket?.close(1000);
  }

  /** Tries at once when waiting to try, and again when a try hangs; while live, asks whether the line still carries. */
  retryNow() {
    if (this.state === "live") this.ping();
    if (this.state !== "reconnecting" || (this.socket !== null && Date.now() - this.begunAt < HANGS_AFTER)) return;
    if (this.socket) this.drop(this.socket, true);
    this.connect();
  }

  /** @param {Frame} frame */
  put(frame) {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(frame));
  }

  connect() {
    clearTimeout(this.timer);
    const Socket = this.options.Socket ?? WebSocket;
    const socket = new Socket(this.options.url());
    this.socket = socket;
    this.begunAt = Date.now();
    let opened = false;
    this.timer = setTimeout(() => this.lost(socket, 0, opened), CONNECT_PATIENCE);
    socket.onopen = () => {
      opened = true;
      this.failures = 0;
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.hear(JSON.parse(String(event.data)));
    };
    socket.onclose = (event) => this.lost(socket, event.code, opened);
  }

  /** @param {Frame} frame */
  hear(frame) {
    if (this.options.opensWith.split(" ").includes(frame.type)) this.goLive();
    if (frame.type === "pong") this.answered();
    const taken = this.unanswered.take(frame);
    if (taken === "later") this.sayAgain(frame.id);
    if (taken !== "not ours") return;
    this.options.onFrame(frame);
  }

  /** Not decided: the same command with the same id is worth saying again a little later. @param {string | undefined} id */
  sayAgain(id) {
    setTimeout(() => {
      const frame = this.unanswered.frame(id);
      if (frame && this.state === "live") this.put(frame);
    }, 1_000 + pause(1, this.options.random));
  }

  goLive() {
    clearTimeout(this.timer);
    if (this.state === "live") return;
    this.attempt = 0;
    this.change("live", 0);
    for (const frame of this.unanswered.frames()) this.put(frame);
    this.schedule();
  }

  schedule() {
    clearTimeout(this.beat);
    this.beat = setTimeout(() => this.ping(), HEARTBEAT);
  }

  /** One heartbeat; it must be answered soon. */
  ping() {
    clearTimeout(this.beat);
    const socket = this.socket;
    this.put({ id: crypto.randomUUID(), type: "ping", heads: this.options.heads() });
    this.beat = setTimeout(() => socket && this.lost(socket, 0, true), PONG_PATIENCE);
  }

  answered() {
    this.schedule();
  }

  /** @param {WebSocket} socket @param {number} code @param {boolean} opened */
  lost(socket, code, opened) {
    if (socket !== this.socket || this.state === "closed") return;
    this.drop(socket, code === 0);
    if (isFinal(code)) {
      this.finish(code);
      return;
    }
    this.change("reconnecting", code);
    this.failures += opened ? 0 : 1;
    if (this.failures >= 2 && this.options.probe) this.ask();
    else this.later();
  }

  /** Lets go of a socket: nothing it does is heard any more. @param {WebSocket} socket @param {boolean} close */
  drop(socket, close) {
    this.socket = null;
    clearTimeout(this.timer);
    clearTimeout(this.beat);
    socket.onclose = socket.onmessage = socket.onopen = null;
    if (close) socket.close();
  }

  /** The server turns handshakes away without saying why: ask the page itself. */
  ask() {
    /** @type {() => Promise<number>} */ (this.options.probe)()
      .catch(() => 0)
      .then((code) => {
        if (this.state !== "reconnecting") return;
        if (code) this.finish(code);
        else this.later();
      });
  }

  later() {
    this.timer = setTimeout(() => this.connect(), pause(this.attempt++, this.options.random));
  }

  /** @param {number} code */
  finish(code) {
    clearTimeout(this.timer);
    clearTimeout(this.beat);
    for (const change of STIRS) globalThis.removeEventListener?.(change, this.stirred);
    globalThis.document?.removeEventListener("visibilitychange", this.shown);
    this.change("closed", code);
    this.unanswered.refuseAll({ code: "closed", message: "The connection is closed." });
  }

  /** @param {State} state @param {number} code */
  change(state, code) {
    if (state === this.state) return;
    this.state = state;
    this.options.onState(state, code);
  }
}

/**
 * Why handshakes fail, told by a page that asks for the same rights: signed out, no longer allowed, or the network.
 * @param {string} path
 * @returns {Promise<number>} 4401, 4403, or 0 when it is worth trying again
 */
export async function probePage(path) {
  const answer = await fetch(path, { method: "HEAD", redirect: "manual", headers: { "X-Background": "1" } });
  if (answer.type === "opaqueredirect" || answer.status === 401) return 4401;
  return answer.status === 403 || answer.status === 404 ? 4403 : 0;
}
