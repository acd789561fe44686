// The facilitators' tools: opening rounds, polls, small groups, timers and texts; who leads; private talks; what was told in a round.
import { toast } from "../../common/js/toast.js";
import { openDialog } from "../../common/js/dialog.js";
import { sideOf } from "./activities_view.js";
import { fromTemplate, keep, setText, show, slot } from "./dom.js";
import { at, clock, now } from "./times.js";

/** @typedef {import("../room_view.js").View} View @typedef {import("./link.js").Line} Line */

export class HostTools {
  /**
   * @param {HTMLElement} root @param {Line} line @param {(id: string) => string} nameOf
   * @param {(person: string) => void} openSheet
   */
  constructor(root, line, nameOf, openSheet) {
    this.root = root;
    this.box = /** @type {HTMLElement} */ (root.querySelector("[data-host-tools]"));
    this.line = line;
    this.nameOf = nameOf;
    this.openSheet = openSheet;
    /** @type {View | null} */
    this.view = null;
    slot(this.box, "recall")?.addEventListener("click", () => line.act("breakouts.recall"));
    slot(this.box, "can-breakouts")?.addEventListener("click", () => this.openBreakouts());
    for (const form of root.querySelectorAll("form[data-tool]")) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.submit(/** @type {HTMLFormElement} */ (form));
      });
    }
    root.querySelector("form[data-tool=breakouts]")?.addEventListener("change", () => this.drawChoice());
  }

  /** @param {HTMLFormElement} form */
  async submit(form) {
    const [type, fields] = this.command(form);
    const problem = slot(form, "problem");
    show(problem, false);
    try {
      await this.line.socket.say(type, fields);
      form.closest("dialog")?.close();
      form.reset();
    } catch (refusal) { // what was typed stays
      setText(problem, /** @type {{message?: string}} */ (refusal).message ?? "That did not work. Please try again.");
      show(problem, true);
    }
  }

  /** @param {HTMLFormElement} form @returns {[string, Record<string, unknown>]} */
  command(form) {
    const given = new FormData(form);
    const text = (/** @type {string} */ name) => String(given.get(name) ?? "").trim();
    const number = (/** @type {string} */ name) => (text(name) ? Number(text(name)) : null);
    switch (form.dataset.tool) {
      case "round": return ["round.start", { kind: text("kind"), seconds: number("seconds") }];
      case "poll": return ["poll.open", { question: text("question"), options: text("options").split("\n").map((line) => line.trim()).filter(Boolean), anonymous: text("anonymous") === "yes" }];
      case "timer": return ["timer.start", { seconds: Math.round(Number(text("minutes")) * 60) }];
      case "text": return ["text.show", { title: text("title"), text: text("text"), link: text("link") || null }];
      default: return ["breakouts.open", text("how") === "hand" ? { rooms: this.chosen(Number(text("count"))), minutes: number("minutes") } : { count: Number(text("count")), minutes: number("minutes") }];
    }
  }

  clients() {
    return Object.values(this.view?.room.people ?? {}).filter((person) => person.role === "client" && person.place === "in");
  }

  openBreakouts() {
    this.drawChoice();
    openDialog("breakouts-dialog");
  }

  drawChoice() {
    const form = /** @type {HTMLFormElement} */ (this.root.querySelector("form[data-tool=breakouts]"));
    const given = new FormData(form);
    const count = Number(given.get("count"));
    show(slot(form, "choose"), given.get("how") === "hand");
    keep(slot(form, "choose"), this.clients(), (person) => person.id, () => fromTemplate("t-choose"), (element, person) => {
      setText(slot(element, "name"), this.nameOf(person.id));
      const select = /** @type {HTMLSelectElement} */ (element.querySelector("select"));
      if (select.options.length === count + 1) return;
      const before = select.value;
      select.replaceChildren(new Option("Whole group", ""), ...Array.from({ length: count }, (_, place) => new Option(`Small group ${place + 1}`, String(place))));
      select.value = before;
    });
  }

  /** @param {number} count @returns {string[][]} */
  chosen(count) {
    const rooms = Array.from({ length: count }, () => /** @type {string[]} */ ([]));
    for (const row of this.root.querySelectorAll("[data-slot=choose] > li")) {
      const place = /** @type {HTMLSelectElement} */ (row.querySelector("select")).value;
      if (place !== "") rooms[Number(place)]?.push(/** @type {HTMLElement} */ (row).dataset.key ?? "");
    }
    return rooms;
  }

  /** @param {View} view */
  draw(view) {
    this.view = view;
    const { room, me } = view;
    setText(slot(this.box, "lead"), room.host === me.person ? "You lead" : room.host ? `${this.nameOf(room.host)} leads` : "");
    show(slot(this.box, "breakouts"), room.breakouts.length > 0);
    this.box.querySelector("[data-slot=can-breakouts]")?.toggleAttribute("disabled", room.breakouts.length > 0 || !["lobby", "running", "break"].includes(room.phase));
    this.box.querySelector("[data-slot=can-round]")?.toggleAttribute("disabled", room.round !== null);
    this.box.querySelector("[data-slot=can-poll]")?.toggleAttribute("disabled", room.poll?.open === true);
    this.drawBreakouts(view);
    this.drawAsides(view);
    this.drawAnswers(view);
    this.tick();
  }

  tick() {
    const end = this.view?.room.breakouts_end;
    setText(slot(this.box, "breakouts-left"), end ? `${clock(at(end) - now())} left` : "");
  }

  /** @param {View} view */
  drawBreakouts({ room, me }) {
    const here = sideOf(room, me.person);
    keep(slot(this.box, "breakout-list"), room.breakouts, (one) => one.side, (one) => {
      const row = fromTemplate("t-breakout");
      slot(row, "enter")?.addEventListener("click", () => this.line.act("side.enter", sideOf(/** @type {View} */ (this.view).room, me.person) === one.side ? {} : { side: one.side }));
      return row;
    }, (element, one) => {
      const place = room.breakouts.indexOf(one) + 1;
      setText(slot(element, "name"), `Small group ${place}:`);
      setText(slot(element, "people"), one.people.map((id) => (id === me.person ? "you" : this.nameOf(id))).join(", ") || "empty");
      const inside = here === one.side;
      setText(slot(element, "enter"), inside ? "Go out" : "Go in");
      slot(element, "enter")?.setAttribute("aria-label", `${inside ? "Go out of" : "Go into"} small group ${place}`);
    });
  }

  /** @param {View} view */
  drawAsides({ room, me }) {
    keep(slot(this.box, "aside-list"), Object.entries(room.asides), ([client]) => client, ([client, aside]) => {
      const row = fromTemplate("t-aside");
      slot(row, "sheet")?.addEventListener("click", () => this.openSheet(client));
      slot(row, "join")?.addEventListener("click", () => this.line.act("side.enter", { side: aside.side }));
      slot(row, "end")?.addEventListener("click", () => this.line.act("aside.close", { person: client }));
      return row;
    }, (element, [client, aside]) => {
      const staff = aside.staff.map((id) => (id === me.person ? "you" : this.nameOf(id))).join(" and ");
      setText(slot(element, "words"), `${this.nameOf(client)} in private with ${staff}`);
      show(slot(element, "join"), !aside.staff.includes(me.person));
    });
  }

  /** @param {View} view */
  drawAnswers({ shown }) {
    const told = shown.filter((event) => event.type === "round.answered");
    show(slot(this.box, "answers-box"), told.length > 0);
    keep(slot(this.box, "answers"), told, (event) => event.person, () => fromTemplate("t-answer"), (element, event) => {
      setText(slot(element, "name"), this.nameOf(event.person));
      setText(slot(element, "values"), `Mood ${event.mood}, urge ${event.urge}${event.kept ? ", kept in the chart" : ""}`);
    });
  }

  /** A private talk with one client, with their sheet in view: where they are and whom to call. @param {string} person */
  async talk(person) {
    if (!(await this.line.act("aside.open", { person }))) return;
    this.openSheet(person);
    toast("You talk in private now. The others are not told.");
  }
}
