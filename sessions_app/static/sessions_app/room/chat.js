// The chat of a room: what was written, what is on its way, and to whom one writes. Text is only ever text.
import { announce } from "../../common/js/live.js";
import { fromTemplate, keep, setText, show, slot } from "./dom.js";
import { sideOf } from "./activities_view.js";
import { now, wallTime } from "./times.js";

/** @typedef {import("../room_view.js").View} View @typedef {import("../room_view.js").Event} Event @typedef {import("./link.js").Line} Line */
/** @typedef {{key: string, who: string, when: string, text: string, mine: boolean, only: string}} Row */

const NEAR_END = 48;
const TYPING_EVERY = 3_000;
const TYPING_FOR = 5_000;
/** To whom one writes, by where one is. @type {Record<string, string>} */
const HERE = { "in this private talk": "This private talk", "in this small group": "This small group", "in the main room": "The main room" };

export class Chat {
  /** @param {HTMLElement} root the page @param {Line} line */
  constructor(root, line) {
    this.box = /** @type {HTMLElement} */ (root.querySelector("[data-chat]"));
    this.zone = root.dataset.zone ?? "UTC";
    this.line = line;
    this.list = /** @type {HTMLElement} */ (slot(this.box, "messages"));
    this.form = /** @type {HTMLFormElement} */ (slot(this.box, "composer"));
    this.input = /** @type {HTMLTextAreaElement} */ (this.form.elements.namedItem("text"));
    this.to = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem("to"));
    /** @type {{key: string, text: string, to: string, after: number}[]} */
    this.sending = [];
    this.typedAt = 0;
    /** @type {Map<string, number>} */
    this.writers = new Map();
    /** @type {View | null} */
    this.view = null;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send();
      }
    });
    this.input.addEventListener("input", () => this.typing());
    this.list.addEventListener("scroll", () => this.atEnd() && show(slot(this.box, "chat-new"), false));
    slot(this.box, "chat-new")?.addEventListener("click", () => this.toEnd());
  }

  get staff() {
    return ["facilitator", "cofacilitator"].includes(this.view?.me.role ?? "");
  }

  /** Whether this person may write to everybody now. */
  get open() {
    return this.staff || this.view?.room.chat_mode === "group" || (this.view?.me.person ?? "") in (this.view?.room.asides ?? {});
  }

  /** @param {View} view */
  draw(view) {
    this.view = view;
    const stick = this.atEnd();
    const before = this.list.childElementCount;
    const rows = this.rows(view);
    keep(this.list, rows, (row) => row.key, () => fromTemplate("t-message"), (element, row) => drawRow(element, row));
    show(slot(this.box, "chat-empty"), rows.length === 0);
    if (stick) this.toEnd();
    else if (this.list.childElementCount > before) show(slot(this.box, "chat-new"), true);
    this.drawComposer(view);
  }

  /** @param {View} view */
  drawComposer(view) {
    const observer = view.me.role === "observer";
    show(this.form, !observer);
    show(slot(this.box, "chat-choice"), this.open);
    if (!this.open && this.to.value !== "staff") this.to.value = "staff";
    if (this.open && this.form.dataset.open !== "yes") this.to.value = "room";
    const side = sideOf(view.room, view.me.person);
    const [room, everyone] = ["room", "everyone"].map((value) => /** @type {HTMLOptionElement | null} */ (this.to.querySelector(`option[value=${value}]`)));
    const apart = side !== "" || view.room.breakouts.length > 0; // what is written stays with those who are here
    if (room) setText(room, apart ? HERE[this.hereWords(view, side)] : this.staff ? "Everyone" : "The group");
    if (everyone) everyone.hidden = everyone.disabled = !apart;
    if (!apart && this.to.value === "everyone") this.to.value = "room";
    this.form.dataset.open = this.open ? "yes" : "no";
    setText(slot(this.box, "chat-who"), this.open ? "" : "Your message goes to the facilitators only.");
  }

  /** @param {View} view @returns {Row[]} */
  rows(view) {
    const said = view.chat.map((event) => this.row(view, event));
    const mine = view.chat.filter((event) => event.person === view.me.person);
    this.sending = this.sending.filter(({ text, to, after }) => !mine.some((event) => event.text === text && Date.parse(event.at) >= after && (to === "staff") === event.type.includes("_to_staff")));
    const waiting = this.sending.map(({ key, text, to }) => ({ key, who: "You", when: "sending", text, mine: true, only: to === "staff" ? this.onlyWords(true) : "" }));
    return [...said, ...waiting];
  }

  /** @param {View} view @param {Event} event @returns {Row} */
  row(view, event) {
    const mine = event.person === view.me.person;
    const known = view.room.people[event.person];
    const leads = known && known.role !== "client" && known.role !== "observer" ? ", facilitator" : "";
    return {
      key: event.message,
      who: mine ? "You" : `${known?.staff_name || event.name || "Somebody"}${leads}`,
      when: wallTime(event.at, this.zone),
      text: event.text,
      mine,
      only: event.type === "chat.sent" ? "" : event.type === "chat.sent_to_side" ? this.hereWords(view, event.side) : this.onlyWords(mine),
    };
  }

  /** What a side room is called. @param {View} view @param {string} side @returns {string} a key of HERE */
  hereWords(view, side) {
    if (Object.values(view.room.asides).some((aside) => aside.side === side)) return "in this private talk";
    return view.room.breakouts.some((group) => group.side === side) ? "in this small group" : "in the main room";
  }

  /** @param {boolean} mine */
  onlyWords(mine) {
    if (this.staff) return "staff only";
    return mine ? "to the facilitators only" : "to you only";
  }

  async send() {
    const text = this.input.value.trim();
    const problem = slot(this.box, "chat-problem");
    show(problem, false);
    if (!text) return;
    const to = this.open ? this.to.value : "staff";
    const entry = { key: crypto.randomUUID(), text, to, after: now() - 5_000 };
    this.sending.push(entry);
    this.input.value = "";
    this.redraw();
    this.toEnd();
    try {
      await this.line.socket.say("chat.send", { text, to });
    } catch (refusal) {
      setText(problem, `Not sent. ${/** @type {{message?: string}} */ (refusal).message ?? ""}`);
      show(problem, true);
      if (!this.input.value) this.input.value = text; // what was typed is never lost
    }
    this.sending = this.sending.filter((other) => other !== entry);
    this.redraw();
  }

  redraw() {
    if (this.view) this.draw(this.view);
  }

  typing() {
    const toAll = this.open && this.to.value === "room" && this.input.value.trim() !== "";
    if (!toAll || Date.now() - this.typedAt < TYPING_EVERY) return;
    this.typedAt = Date.now();
    this.line.socket.pass("typing");
  }

  /** Somebody writes to everybody. @param {string} person */
  seenTyping(person) {
    this.writers.set(person, Date.now());
    this.drawTyping();
    setTimeout(() => this.drawTyping(), TYPING_FOR + 100);
  }

  drawTyping() {
    for (const [person, since] of this.writers) if (Date.now() - since > TYPING_FOR) this.writers.delete(person);
    const names = [...this.writers.keys()].map((id) => this.view?.room.people[id]?.name).filter(Boolean);
    setText(slot(this.box, "typing"), names.length === 0 ? "" : names.length === 1 ? `${names[0]} is writing` : "Some people are writing");
  }

  /** Reads a new message out. @param {Event} event @param {View} view */
  heard(event, view) {
    this.writers.delete(event.person);
    this.drawTyping();
    if (event.person === view.me.person) return;
    const row = this.row(view, event);
    announce(`${row.who}${row.only ? `, ${row.only}` : ""}: ${row.text}`);
  }

  atEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_END;
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    show(slot(this.box, "chat-new"), false);
  }
}

/** @param {HTMLElement} element @param {Row} row */
function drawRow(element, row) {
  element.classList.toggle("is-mine", row.mine);
  setText(slot(element, "who"), row.who);
  setText(slot(element, "when"), row.when);
  setText(slot(element, "text"), row.text);
  setText(slot(element, "only-words"), row.only);
  show(slot(element, "only"), row.only !== "");
}
