// A page's line to its room: the socket, what people are told about it, and what to do when it does not come back.
import { announce } from "../../common/js/live.js";
import { toast } from "../../common/js/toast.js";
import { RoomSocket } from "../room_socket.js";
import { show } from "./dom.js";

/** @typedef {import("../room_view.js").View} View @typedef {import("../room_socket.js").Frame} Frame @typedef {import("../../common/js/socket.js").State} State */

const SIGNED_OUT = 4401;
const GOODBYE = 1000;
const DOOR_NEEDED = 4428;
const HERE_EVERY = 4 * 60_000;

/** The server turns a handshake away without saying why: ask the page. A room that is over shows what comes after. */
async function probe() {
  const answer = await fetch(location.pathname, { method: "HEAD", redirect: "manual", headers: { "X-Background": "1" } });
  if (answer.type === "opaqueredirect" || answer.status === 401) return SIGNED_OUT;
  if (answer.status === 403 || answer.status === 404) return 4403;
  if (answer.ok && answer.headers.get("X-Room") !== "live") location.reload();
  return 0;
}

export class Line {
  /**
   * @param {HTMLElement} root
   * @param {{onView: (view: View) => void, onEvent: (event: Frame, view: View) => void, onState: (state: State, code: number) => void, onPassing?: (frame: Frame) => void, unsaved?: () => boolean}} page
   * `unsaved` tells whether something typed would be lost if the page went away
   */
  constructor(root, page) {
    this.root = root;
    this.page = page;
    /** @type {State} */
    this.state = "connecting";
    this.code = 0;
    this.wasLive = false;
    this.socket = new RoomSocket({
      session: root.dataset.session ?? "",
      onView: page.onView,
      onEvent: page.onEvent,
      onPassing: page.onPassing ?? (() => {}),
      onState: (state, code) => this.changed(state, code),
      probe,
    });
    addEventListener("offline", () => this.draw());
    addEventListener("online", () => this.draw());
    for (const button of root.querySelectorAll("[data-act=retry]")) button.addEventListener("click", () => this.socket.socket.retryNow());
    for (const button of root.querySelectorAll("[data-act=again]")) button.addEventListener("click", () => location.reload());
    setInterval(() => this.stayAwake(), HERE_EVERY);
    this.draw();
  }

  /** Who sits in a live room is there: the login must not end for idleness in the middle of a group (AU-6). */
  stayAwake() {
    if (this.state === "live") fetch(location.pathname, { method: "HEAD", redirect: "manual" }).catch(() => {});
  }

  /** @param {State} state @param {number} code */
  changed(state, code) {
    this.state = state;
    this.code = code;
    if (code === DOOR_NEEDED) location.reload(); // this address leads to the door page
    if (code === SIGNED_OUT && !this.page.unsaved?.()) location.reload(); // to the sign-in page, and back here afterwards
    if (state === "reconnecting" && this.wasLive) announce("Your connection was lost. We are trying again.");
    if (state === "live" && this.wasLive) announce("You are connected again.");
    this.wasLive = this.wasLive || state === "live";
    this.draw();
    this.page.onState(state, code);
  }

  draw() {
    const ended = this.state === "closed" && this.code === GOODBYE; // over as it should be: nothing is broken
    const shown = ended ? "" : this.state !== "live" && this.state !== "closed" && !navigator.onLine ? "offline" : this.state;
    for (const words of this.root.querySelectorAll("[data-connection] [data-when]")) show(words, /** @type {HTMLElement} */ (words).dataset.when === shown);
    const lost = this.state === "reconnecting" && this.wasLive;
    show(this.root.querySelector("[data-slot=lost]"), lost);
  }

  /**
   * Says a command; whoever pressed learns when it is refused, or waits for the connection.
   * @param {string} type @param {Record<string, unknown>} [fields]
   * @returns {Promise<boolean>} whether it was done
   */
  async act(type, fields) {
    if (this.state === "reconnecting") toast("You are not connected right now. This is done as soon as you are back.");
    try {
      await this.socket.say(type, fields);
      return true;
    } catch (refusal) {
      const { code, message } = /** @type {{code?: string, message?: string}} */ (refusal);
      if (code !== "closed") toast(message ?? "That did not work. Please try again.");
      return false;
    }
  }

  close() {
    this.socket.close();
  }
}
