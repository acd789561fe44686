// What the group does together, drawn on both pages: side rooms, poll, round, timer, shown text, signs without a word.
import { announce } from "../../common/js/live.js";
import { sideOf } from "./activities_view.js";
import { fromTemplate, keep, setText, show, slot } from "./dom.js";
import { at, clock, now } from "./times.js";

/** @typedef {import("../room_view.js").View} View @typedef {import("../room_view.js").Event} Event @typedef {import("./link.js").Line} Line */

const SIGNS = /** @type {Record<string, string>} */ ({ thanks: "thank you", me_too: "me too", with_you: "I am with you", heart: "♥", clap: "well done" });
const SIGN_FOR = 6_000;
const ROUNDS = /** @type {Record<string, string>} */ ({ checkin: "Check-in round", closing: "Closing round" });

/** A sentence's end; "Ben O." has one already. @param {string} words */
const stop = (words) => (words.endsWith(".") ? words : `${words}.`);

/** Milliseconds left, never more than the whole: clocks of phones differ. @param {string} ends @param {string} began */
const remaining = (ends, began) => Math.min(at(ends) - now() + 999, at(ends) - at(began));

export class Activities {
  /**
   * @param {HTMLElement} root the page @param {Line} line
   * @param {(id: string, view: View) => string} nameOf how this page calls somebody
   */
  constructor(root, line, nameOf) {
    this.box = /** @type {HTMLElement} */ (root.querySelector("[data-activities]"));
    this.staff = "staff" in this.box.dataset;
    this.line = line;
    this.nameOf = nameOf;
    /** @type {View | null} */
    this.view = null;
    /** @type {{who: string, sign: string, at: number}[]} */
    this.signs = [];
    this.votedIn = "";
    this.wire(root);
  }

  /** @param {HTMLElement} root */
  wire(root) {
    this.press("side-back", () => this.back());
    this.press("timer-stop", () => this.line.act("timer.stop"));
    this.press("text-hide", () => this.line.act("text.hide"));
    this.press("poll-close", () => this.line.act("poll.close"));
    this.press("poll-share", () => this.line.act("poll.share"));
    this.press("round-next", () => this.line.act("round.next"));
    this.press("round-pass", () => this.line.act("round.next", { skip: true }));
    this.press("round-stop", () => this.line.act("round.stop"));
    slot(this.box, "poll-form")?.addEventListener("submit", (event) => this.vote(event));
    const form = slot(this.box, "round-form");
    form?.addEventListener("submit", (event) => this.answer(event));
    form?.addEventListener("input", () => this.figures());
    for (const button of root.querySelectorAll("[data-react]")) {
      button.addEventListener("click", () => {
        this.line.socket.pass("reaction.send", { reaction: /** @type {HTMLElement} */ (button).dataset.react });
        this.sign(this.view?.me.person ?? "", /** @type {HTMLElement} */ (button).dataset.react ?? "");
        const menu = button.closest("details");
        if (menu) menu.open = false;
        menu?.querySelector("summary")?.focus();
      });
    }
  }

  /** @param {string} name @param {() => void} act */
  press(name, act) {
    slot(this.box, name)?.addEventListener("click", act);
  }

  /** @param {View} view */
  draw(view) {
    this.view = view;
    this.drawHost(view);
    this.drawSide(view);
    this.drawText(view);
    this.drawPoll(view);
    this.drawRound(view);
    this.tick();
  }

  /** What changes by the clock alone. */
  tick() {
    const room = this.view?.room;
    if (!room) return;
    const timer = room.timer;
    show(slot(this.box, "timer"), timer !== null);
    if (timer) setText(slot(this.box, "timer-left"), at(timer.ends_at) > now() ? `${clock(remaining(timer.ends_at, timer.started_at))} left` : "Time is up");
    if (room.round) {
      const gone = now() - at(room.round.turn_since);
      const left = room.round.seconds === null ? null : room.round.seconds * 1000 - gone;
      setText(slot(this.box, "round-clock"), left === null ? clock(gone) : left > 0 ? `${clock(Math.min(left + 999, room.round.seconds * 1000))} left` : "Time is up");
    }
    if (sideOf(room, this.view?.me.person ?? "")) this.drawSide(/** @type {View} */ (this.view));
    const before = this.signs.length;
    this.signs = this.signs.filter((sign) => Date.now() - sign.at < SIGN_FOR);
    if (this.signs.length !== before) this.drawSigns();
  }

  /** @param {View} view */
  drawHost({ room }) {
    const away = room.host === null && (room.phase === "running" || room.phase === "break" || room.phase === "lobby");
    const coming = Object.values(room.people).some((person) => person.role !== "client" && person.role !== "observer" && person.place === "in");
    show(slot(this.box, "no-host"), away && (coming || room.phase !== "lobby"));
    setText(slot(this.box, "no-host-title"), coming ? "Your facilitator is reconnecting" : "No facilitator is here right now");
    setText(slot(this.box, "no-host-words"), "Stay here: the room is kept open, and your time goes on.");
  }

  /** @param {View} view */
  drawSide({ room, me }) {
    const side = sideOf(room, me.person);
    show(slot(this.box, "side"), side !== "");
    if (!side) return;
    const aside = Object.entries(room.asides).find(([, one]) => one.side === side);
    const place = room.breakouts.findIndex((one) => one.side === side);
    const others = (room.breakouts[place]?.people ?? []).filter((id) => id !== me.person).map((id) => this.nameOf(id, /** @type {View} */ (this.view)));
    const ends = room.breakouts_end ? ` ${clock(Math.max(0, at(room.breakouts_end) - now()))} left.` : "";
    if (aside) {
      setText(slot(this.box, "side-title"), this.staff ? `You talk with ${this.nameOf(aside[0], /** @type {View} */ (this.view))} in private` : "You talk with your facilitator in private");
      setText(slot(this.box, "side-words"), this.staff ? "The others are not told." : "The others are not told, and cannot read what you write here.");
    } else {
      setText(slot(this.box, "side-title"), `You are in small group ${place + 1}`);
      setText(slot(this.box, "side-words"), `${others.length ? `With ${stop(others.join(", "))}` : "Nobody else is here yet."}${ends} What you write stays here.`);
    }
    show(slot(this.box, "side-back"), this.staff || aside !== undefined);
  }

  back() {
    const view = this.view;
    if (!view) return;
    if (!this.staff) this.line.act("aside.close");
    else {
      const aside = Object.entries(view.room.asides).find(([, one]) => one.staff.includes(view.me.person));
      if (aside && aside[1].staff.length === 1) this.line.act("aside.close", { person: aside[0] });
      else this.line.act("side.enter");
    }
  }

  /** The words of an activity. @param {string} type @returns {Event | undefined} */
  words(type) {
    return this.view?.shown.findLast((event) => event.type === type);
  }

  /** @param {View} view */
  drawText({ room }) {
    const words = room.text ? this.words("text.shown") : undefined;
    show(slot(this.box, "text"), words !== undefined);
    if (!words) return;
    setText(slot(this.box, "text-title"), words.title);
    setText(slot(this.box, "text-body"), words.text);
    const link = /** @type {HTMLAnchorElement} */ (slot(this.box, "text-link"));
    show(slot(this.box, "text-open"), Boolean(words.link));
    if (!words.link || !String(words.link).startsWith("https://")) return;
    link.href = words.link;
    setText(slot(this.box, "text-where"), `Open ${new URL(words.link).host} in a new window`);
  }

  /** @param {View} view */
  drawPoll({ room, me }) {
    const words = room.poll ? this.words("poll.opened") : undefined;
    const poll = room.poll;
    const done = poll && !poll.open && !this.staff && !poll.shared;
    show(slot(this.box, "poll"), words !== undefined && !done);
    if (!words || !poll) return;
    setText(slot(this.box, "poll-title"), words.question);
    setText(slot(this.box, "poll-count"), `${poll.answered} answered`);
    setText(slot(this.box, "poll-how"), poll.anonymous ? "Anonymous: nobody can see who chose what." : this.staff ? "By name: you see who chose what." : "Your facilitators see your answer.");
    const mine = poll.choices[me.person] !== undefined || this.votedIn === poll.id;
    const form = slot(this.box, "poll-form");
    show(form, poll.open && !mine && me.role === "client");
    if (form && form.dataset.poll !== poll.id) this.options(form, poll.id, words.options);
    const said = slot(this.box, "poll-said");
    show(said, mine && poll.open && !this.staff);
    setText(said, "Your answer is in. Thank you.");
    this.drawResult(words.options, poll);
  }

  /** @param {HTMLElement} form @param {string} poll @param {string[]} options */
  options(form, poll, options) {
    form.dataset.poll = poll;
    slot(form, "poll-options")?.replaceChildren(...options.map((words, place) => {
      const row = fromTemplate("t-option");
      setText(slot(row, "words"), words);
      /** @type {HTMLInputElement} */ (row.querySelector("input")).value = String(place);
      return row;
    }));
  }

  /** @param {string[]} options @param {any} poll */
  drawResult(options, poll) {
    const chosen = /** @type {number[]} */ (Object.values(poll.choices));
    const live = this.staff && !poll.anonymous && poll.open ? options.map((_, place) => chosen.filter((one) => one === place).length) : null;
    /** @type {number[] | null} */
    const counts = poll.shared ?? poll.result ?? live;
    show(slot(this.box, "poll-results"), counts !== null);
    show(slot(this.box, "poll-close"), poll.open);
    show(slot(this.box, "poll-share"), !poll.open && poll.result !== null && poll.shared === null);
    if (this.staff && !poll.open && poll.result === null) setText(slot(this.box, "poll-how"), "Too few answered to show this without naming them.");
    if (this.staff && poll.shared) setText(slot(this.box, "poll-how"), "Everybody sees the result.");
    keep(slot(this.box, "poll-results"), (counts ?? []).map((many, place) => ({ many, place })), ({ place }) => String(place), () => fromTemplate("t-result"), (element, { many, place }) => {
      setText(slot(element, "words"), options[place]);
      setText(slot(element, "many"), String(many));
      const bar = /** @type {HTMLProgressElement} */ (slot(element, "bar"));
      bar.max = Math.max(1, ...(counts ?? []));
      bar.value = many;
      bar.setAttribute("aria-label", `${options[place]}: ${many}`);
    });
  }

  /** @param {SubmitEvent | globalThis.Event} event */
  async vote(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const poll = this.view?.room.poll?.id ?? "";
    const option = Number(new FormData(form).get("option"));
    try {
      await this.line.socket.say("poll.vote", { option });
      this.votedIn = poll;
    } catch (refusal) {
      const { code, message } = /** @type {{code?: string, message?: string}} */ (refusal);
      if (code === "already_voted") this.votedIn = poll;
      else announce(message ?? "");
    }
    if (this.view) this.draw(this.view);
  }

  /** @param {View} view */
  drawRound(view) {
    const { room, me } = view;
    const round = room.round;
    show(slot(this.box, "round"), round !== null);
    if (!round) return;
    const mine = round.order[round.turn] === me.person;
    setText(slot(this.box, "round-title"), ROUNDS[round.kind]);
    const name = this.nameOf(round.order[round.turn], view);
    const after = round.order.slice(round.turn + 1).find((/** @type {string} */ id) => room.people[id]?.place === "in");
    const next = after === me.person ? "You are next." : after ? `Next: ${stop(this.nameOf(after, view))}` : "";
    setText(slot(this.box, "round-now"), `${mine ? "It is your turn." : `${name} speaks.`} ${next}`);
    keep(slot(this.box, "round-order"), round.order, (/** @type {string} */ id) => id, () => fromTemplate("t-turn"), (element, id) => {
      setText(slot(element, "name"), id === me.person ? "You" : this.nameOf(id, view));
      const place = round.order.indexOf(id);
      setText(slot(element, "note"), round.passed.includes(id) ? "passed" : place < round.turn ? "spoke" : place === round.turn ? "now" : room.people[id]?.place === "in" ? "" : "not here");
      element.toggleAttribute("aria-current", place === round.turn);
    });
    setText(slot(this.box, "round-next"), mine ? "I am done" : "Next person");
    show(slot(this.box, "round-next"), mine || this.staff);
    show(slot(this.box, "round-pass"), mine || this.staff);
    const told = round.answered.includes(me.person);
    show(slot(this.box, "round-form"), !told && round.order.includes(me.person));
    show(slot(this.box, "round-said"), told);
    setText(slot(this.box, "round-said"), "Your facilitators have your two numbers.");
  }

  figures() {
    const form = /** @type {HTMLFormElement | null} */ (slot(this.box, "round-form"));
    for (const name of ["mood", "urge"]) setText(slot(this.box, `${name}-value`), /** @type {HTMLInputElement} */ (form?.elements.namedItem(name))?.value ?? "");
  }

  /** @param {SubmitEvent | globalThis.Event} event */
  async answer(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    const done = await this.line.act("round.answer", { mood: Number(given.get("mood")), urge: Number(given.get("urge")), keep: given.get("keep") === "on" });
    if (!done) return;
    form.reset();
    this.figures();
  }

  /** @param {import("../room_socket.js").Frame} frame a passing frame */
  passing(frame) {
    if (frame.type === "reaction.seen") this.sign(String(frame.person), String(frame.reaction));
  }

  /** @param {string} person @param {string} sign */
  sign(person, sign) {
    if (!this.view || !(sign in SIGNS)) return;
    const who = person === this.view.me.person ? "You" : this.nameOf(person, this.view);
    this.signs = [...this.signs.filter((other) => other.who !== who), { who, sign, at: Date.now() }].slice(-5);
    this.drawSigns();
  }

  drawSigns() {
    setText(slot(this.box, "reactions"), this.signs.map(({ who, sign }) => `${who}: ${SIGNS[sign]}`).join("  ·  "));
  }

  /** Said aloud: what begins and what is asked. @param {Event} event @param {View} view */
  heard(event, view) {
    const { me } = view;
    const mine = view.room.round?.order[view.room.round.turn] === me.person;
    const spoken = /** @type {Record<string, string>} */ ({
      "timer.started": "A timer runs.",
      "breakouts.closed": "The small groups are over.",
      "poll.opened": `A question: ${event.question}`,
      "poll.shared": "The result of the poll is here.",
      "round.started": mine ? "A round begins. It is your turn." : "A round begins.",
      "round.moved": mine ? "It is your turn." : "",
      "text.shown": `A text is shown: ${event.title}`,
      "you.moved": event.to === "aside" ? "You are in a private talk." : event.to === "breakout" ? "You are in a small group." : event.to === "main" ? "You are in the main room. The small groups are open." : "You are back in the whole group.",
    });
    if (spoken[event.type]) announce(spoken[event.type]);
  }
}
