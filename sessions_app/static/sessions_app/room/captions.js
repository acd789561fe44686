// Captions: what the others say, as text, for whoever reads along; and one's own words for those who do.
//
// Each device writes down its own microphone by itself. The words pass by like the voice: to those in the same room, kept nowhere.
import { announce } from "../../common/js/live.js";
import { ability, fetchLanguage, Scribe } from "./captions_own.js";
import { fromTemplate, keep, onPress, setText, show, slot } from "./dom.js";
import { keepWishes, wishes } from "./media_other.js";

/** @typedef {import("../room_view.js").View} View @typedef {import("../room_socket.js").Frame} Frame @typedef {import("./media.js").Media} Media @typedef {{key: string, person: string, line: number, text: string, final: boolean}} Said */

const MOST_LINES = 30;

export class Captions {
  /** @param {HTMLElement} root @param {Media} media */
  constructor(root, media) {
    this.root = root;
    this.media = media;
    /** @type {"yes" | "fetch" | "no" | "fetching"} */
    this.can = "no";
    this.reads = wishes().captions === true;
    this.hides = wishes().wordsHidden === true; // one's own words are not to be read
    /** @type {Said[]} */
    this.lines = [];
    /** @type {View | null} */
    this.view = null;
    this.lang = "";
    this.heardSoFar = 0;
    this.side = "";
    this.scribe = new Scribe((line, words) => media.line.socket.pass("caption.say", { line, ...words }), () => this.found({ can: "no", lang: "" }));
    onPress(root, "captions", () => this.turn(!this.reads));
    onPress(root, "captions-own", () => this.hide(!this.hides));
    onPress(root, "captions-hide", () => this.hide(true));
    onPress(root, "captions-fetch", () => this.fetch());
    this.say();
    ability().then((found) => this.found(found));
  }

  // --- what the person decides ----------------------------------------------------------------------------------------

  /** Reads along, or no more. @param {boolean} on */
  turn(on) {
    this.reads = on;
    if (!on) this.lines = [];
    this.decided();
  }

  /** One's own words are read by nobody, or again. @param {boolean} on */
  hide(on) {
    this.hides = on;
    this.decided();
  }

  decided() {
    keepWishes({ ...wishes(), captions: this.reads, wordsHidden: this.hides });
    this.say();
    this.media.tell();
    if (this.view) this.draw(this.view);
  }

  async fetch() {
    const { lang } = this;
    this.found({ can: "fetching", lang });
    this.found((await fetchLanguage(lang)) ? await ability() : { can: "no", lang: "" });
  }

  /** @param {{can: "yes" | "fetch" | "no" | "fetching", lang: string}} ability */
  found({ can, lang }) {
    if (this.can === can) return;
    this.can = can;
    this.lang = this.scribe.lang = lang;
    this.say();
    this.media.tell();
    if (this.view) this.draw(this.view);
  }

  /** What the others are told about this window. */
  say() {
    this.media.words = { wants_captions: this.reads, captions: this.can === "yes" && !this.hides };
  }

  // --- what is heard --------------------------------------------------------------------------------------------------

  /** A frame without a number; whoever is not heard is not read either. @param {Frame} frame */
  hear(frame) {
    if (frame.type !== "caption.seen" || !this.reads || !this.view) return;
    const person = String(frame.person);
    if (!this.media.isIn(person) || this.view.room.muted.includes(person)) return;
    const words = { text: String(frame.text), final: frame.final === true };
    // A window that was loaded anew counts its lines from the beginning: only one that still changes is replaced.
    const known = this.lines.find((said) => said.person === person && said.line === frame.line && !said.final);
    if (known) Object.assign(known, words);
    else this.lines.push({ key: String(++this.heardSoFar), person, line: Number(frame.line), ...words });
    this.lines = this.lines.slice(-MOST_LINES);
    this.drawLines();
  }

  // --- what is shown --------------------------------------------------------------------------------------------------

  /** @param {View} view */
  draw(view) {
    this.view = view;
    const { root, media } = this;
    if (this.side !== media.side) this.lines = []; // what was said in another room is not left on the screen
    this.side = media.side;
    const { room, me } = view;
    const on = media.state === "on";
    const muted = room.muted.includes(me.person);
    const others = Object.values(room.people).filter(({ id, place }) => id !== me.person && place === "in" && media.isIn(id));
    const speakers = others.filter(({ role }) => role !== "observer");
    const readers = others.some(({ id }) => media.others.get(id)?.flags.wants_captions);
    const written = on && readers && !muted && media.own.mic !== null && media.words.captions;
    this.scribe.listen(written ? media.own.mic : null);
    const notice = slot(root, "captioned");
    if (written && notice?.hidden) announce("Somebody reads along. What you say is shown to the group as text.");
    show(notice, written);
    show(slot(root, "captions"), on && this.reads);
    for (const button of root.querySelectorAll("[data-act=captions]")) button.setAttribute("aria-pressed", String(this.reads));
    for (const button of root.querySelectorAll("[data-act=captions-own]")) {
      button.setAttribute("aria-pressed", String(!this.hides));
      show(button, this.can === "yes" && media.may("mic"));
    }
    const fetch = root.querySelector("[data-act=captions-fetch]");
    show(fetch, ["fetch", "fetching"].includes(this.can) && media.may("mic"));
    fetch?.toggleAttribute("disabled", this.can === "fetching");
    setText(slot(root, "captions-fetch"), this.can === "fetching" ? "Fetching…" : "Fetch captions for what I say");
    const unread = speakers.filter(({ id }) => !media.others.get(id)?.flags.captions).map(({ name }) => name);
    setText(slot(root, "captions-note"), wordsFor(unread, speakers.length));
    this.drawLines();
  }

  drawLines() {
    const people = this.view?.room.people ?? {};
    const list = slot(this.root, "caption-lines");
    const atEnd = list !== null && list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    keep(list, this.lines, ({ key }) => key, () => fromTemplate("t-caption"), (element, { person, text, final }) => {
      setText(slot(element, "name"), people[person]?.name ?? "Somebody");
      setText(slot(element, "text"), text);
      element.classList.toggle("is-changing", !final);
    });
    if (list && atEnd) list.scrollTop = list.scrollHeight; // who reads back is left where they are
  }
}

/** Whose words cannot be read, said as it is. @param {string[]} unread @param {number} all */
function wordsFor(unread, all) {
  if (!all) return "Nobody else is here yet.";
  if (!unread.length) return "";
  const who = unread.length === all ? "anybody here" : unread.join(", ");
  return `Not from ${who}: their browser cannot write speech down by itself, or they do not want it. Chrome on a computer can.`;
}
