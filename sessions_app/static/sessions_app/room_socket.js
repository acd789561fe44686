// The room over its socket: numbers, gaps, and a view that is carried on event by event.
//
// Frames with a number are handled once and in order per audience: what is known already is dropped, and after a gap the
// missing ones are asked for (RT-3, RT-5). A snapshot replaces everything. `onEvent` is told each event after the view has taken
// it in, so a page may draw from the view, from the event, or both.

import { LiveSocket, probePage } from "../common/js/socket.js";
import { applyEvent, viewOf } from "./room_view.js";

const BEHIND_PATIENCE = 2_000;

/**
 * @typedef {import("../common/js/socket.js").Frame} Frame
 * @typedef {import("../common/js/socket.js").State} State
 * @typedef {import("./room_view.js").View} View
 *
 * @typedef {object} RoomOptions
 * @property {string} session the session's id
 * @property {(view: View) => void} onView after a snapshot: draw everything
 * @property {(event: Frame, view: View) => void} onEvent after one event: draw what changed
 * @property {(state: State, code: number) => void} [onState] see docs/protocol.md for the codes
 * @property {(frame: Frame) => void} [onPassing] typing, media state, signals
 * @property {string} [origin] for tests
 * @property {typeof WebSocket} [Socket] for tests
 * @property {() => number} [random] for tests
 * @property {() => Promise<number>} [probe] for tests
 */

export class RoomSocket {
  /** @param {RoomOptions} options */
  constructor(options) {
    this.options = options;
    /** @type {Record<string, number>} */
    this.numbers = {};
    /** @type {View | null} */
    this.view = null;
    this.asking = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.behind = undefined;
    const { Socket, random } = options;
    this.socket = new LiveSocket({
      url: () => this.address(),
      onFrame: (frame) => this.take(frame),
      onState: (state, code) => this.stateChanged(state, code),
      heads: () => this.numbers,
      probe: options.probe ?? (() => probePage(globalThis.location.pathname)),
      ...(Socket ? { Socket } : {}),
      ...(random ? { random } : {}),
    });
  }

  /** Says a lasting command: kept until answered. @param {string} type @param {Record<string, unknown>} [fields] */
  say(type, fields) {
    return this.socket.say(type, fields);
  }

  /** Says something passing: dropped unless live. @param {string} type @param {Record<string, unknown>} [fields] */
  pass(type, fields) {
    this.socket.pass(type, fields);
  }

  close() {
    clearTimeout(this.behind);
    this.socket.close();
  }

  /** The room's address; a returning browser names the last numbers it handled. */
  address() {
    const origin = this.options.origin ?? globalThis.location.origin;
    const address = new URL(`/ws/sessions/${this.options.session}/`, origin.replace(/^http/, "ws"));
    for (const [audience, number] of Object.entries(this.numbers)) {
      address.searchParams.set(audience.startsWith("person:") ? "me" : audience, String(number));
    }
    return address.href;
  }

  /** @param {State} state @param {number} code */
  stateChanged(state, code) {
    if (state !== "live") {
      this.asking = false;
      clearTimeout(this.behind);
      this.behind = undefined;
    }
    this.options.onState?.(state, code);
  }

  /** @param {Frame} frame */
  take(frame) {
    if (typeof frame.audience === "string") this.takeEvent(frame);
    else if (frame.type === "snapshot") this.takeSnapshot(frame);
    else if (frame.type === "pong") this.compare(/** @type {Record<string, number>} */ (frame.heads));
    else if (frame.type === "resumed") this.asking = false;
    else if (frame.type !== "ack" && frame.type !== "error") this.options.onPassing?.(frame);
  }

  /** @param {Frame} frame */
  takeSnapshot(frame) {
    this.numbers = { .../** @type {Record<string, number>} */ (frame.numbers) };
    this.asking = false;
    this.view = viewOf(frame);
    this.options.onView(this.view);
  }

  /** @param {Frame} frame */
  takeEvent(frame) {
    const audience = /** @type {string} */ (frame.audience);
    const number = /** @type {number} */ (frame.number);
    const last = this.numbers[audience] ?? 0;
    if (number <= last) return;
    if (number > last + 1) {
      this.ask();
      return;
    }
    this.numbers[audience] = number;
    if (this.view === null || frame.type === "forgotten") return;
    this.view = applyEvent(this.view, frame);
    this.options.onEvent(frame, this.view);
  }

  /** Behind for two seconds: fetch what is lacking (RT-5). @param {Record<string, number>} heads */
  compare(heads) {
    const lacking = Object.entries(heads).some(([audience, number]) => number > (this.numbers[audience] ?? 0));
    if (!lacking) {
      clearTimeout(this.behind);
      this.behind = undefined;
    } else if (this.behind === undefined) {
      this.behind = setTimeout(() => {
        this.behind = undefined;
        this.ask();
      }, BEHIND_PATIENCE);
    }
  }

  ask() {
    if (this.asking || this.socket.state !== "live") return;
    this.asking = true;
    this.pass("room.resume", { numbers: this.numbers });
  }
}
