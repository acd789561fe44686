// The client's room: which screen is true now, who is here, one's hand, the chat, a quiet way to ask for help, the way out.
import { openDialog } from "../common/js/dialog.js";
import { announce } from "../common/js/live.js";
import { Activities } from "./room/activities.js";
import { Chat } from "./room/chat.js";
import { onPress, setText, show, slot } from "./room/dom.js";
import { Line } from "./room/link.js";
import { Media } from "./room/media.js";
import { Tiles } from "./room/tiles.js";
import { at, breakOver, clock, now, nth, setClock, span, spans, wallTime } from "./room/times.js";

/** @typedef {import("./room_view.js").View} View @typedef {import("./room_view.js").Event} Event @typedef {import("./room_view.js").Occupant} Occupant */

const page = /** @type {HTMLElement} */ (document.querySelector("[data-room]"));
const zone = page.dataset.zone ?? "UTC";
const planned = spans(page.dataset.planned);
setClock(page.dataset.now ?? "");

/** @type {View | null} */
let view = null;
let finished = ""; // the screen of an evening that is over for this page
/** @type {{at: number, since: string | null, back: number} | null} the last loss while waiting: when, from which place, when back */
let cut = null;
let steppedOut = false;
let answered = false;
let waking = false;

const line = new Line(page, {
  onView: (fresh) => { view = fresh; draw(); media.returned(); },
  onEvent: (event, next) => { view = next; heard(event, next); draw(); },
  onState: changed,
  onPassing: (frame) => {
    if (frame.type === "typing.seen") chat.seenTyping(String(frame.person));
    activities.passing(frame);
    media.hear(frame);
    tiles.captions.hear(frame);
  },
});
const chat = new Chat(page, line);
const activities = new Activities(page, line, (id, { room }) => room.people[id]?.name ?? "Somebody");
const media = new Media(line, () => { if (view && screen() === "in") tiles.draw(view); }, "soundOnly" in page.dataset);
const tiles = new Tiles(page, media, note);

/** What an event means for this person beyond what is drawn. @param {Event} event @param {View} seen */
function heard(event, seen) {
  if (event.type === "chat.sent" || event.type === "chat.sent_to_side") chat.heard(event, seen);
  activities.heard(event, seen);
  if (event.type === "you.moved_to_lobby") steppedOut = true;
  if (event.type === "you.admitted") { steppedOut = false; cut = null; announce("You are in the room."); }
  if (event.type === "you.were_answered") { answered = true; announce("Your facilitator has seen that you need help."); }
  if (event.type === "break.started") announce("The group is on a break.");
  if (event.type === "break.ended") announce("The break is over.");
  if (event.type === "room.started") announce("The group has started.");
  if (event.type === "you.left") finish("left");
  if (event.type === "you.removed") finish("removed");
  if (event.type === "room.ended" || event.type === "you.dismissed") finish("ended");
}

/** @param {string} screen */
function finish(screen) {
  finished = screen;
  for (const open of page.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (open).close();
  line.close();
}

/** @param {import("../common/js/socket.js").State} state @param {number} code */
function changed(state, code) {
  const me = view?.room.people[view.me.person];
  if (state === "reconnecting" && me?.place === "waiting" && (!cut || cut.back)) cut = { at: now(), since: me.since, back: 0 };
  if (state === "live" && cut && !cut.back) cut.back = now();
  if (state === "live") media.returned();
  if (state === "closed" && !finished) finished = code === 4409 ? "elsewhere" : view?.room.phase === "ended" ? "ended" : "closed";
  draw();
}

/** @returns {string} the one screen that is true now */
function screen() {
  if (finished) return finished;
  if (!view) return "connecting";
  if (view.room.phase === "ended") return "ended";
  if (view.me.sees === "room") return "in";
  const place = view.room.people[view.me.person]?.place;
  if (place === "removed") return "removed";
  return place === "waiting" || place === "in" ? "waiting" : "connecting";
}

function draw() {
  const shown = screen();
  media.see(view, finished !== "");
  for (const found of page.querySelectorAll("[data-screen]")) show(found, /** @type {HTMLElement} */ (found).dataset.screen === shown);
  if (page.dataset.shows !== shown) arrive(shown);
  if (shown === "ended" && line.state !== "closed") { finished = "ended"; line.close(); }
  show(slot(page, "controls"), shown === "in" || shown === "waiting");
  show(page.querySelector("[data-act=hand]"), shown === "in");
  show(page.querySelector(".controls .reactions"), shown === "in");
  if (view) drawSupport(view);
  if (shown === "waiting") drawWaiting();
  if (shown === "in" && view) drawRoom(view);
  tick();
}

/** A new screen: the eye and the screen reader are taken to its first words. @param {string} shown */
function arrive(shown) {
  const first = page.dataset.shows === undefined || page.dataset.shows === "connecting";
  page.dataset.shows = shown;
  const heading = page.querySelector(`[data-screen="${shown}"] [tabindex="-1"]`);
  if (shown === "in") keepAwake();
  if (heading instanceof HTMLElement && !first) {
    heading.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  } else if (heading && shown !== "connecting") announce(heading.textContent ?? "");
}

function drawWaiting() {
  const eyebrow = slot(page, "waiting-eyebrow");
  const title = slot(page, "waiting-title");
  if (steppedOut) {
    setText(eyebrow, "A short pause");
    setText(title, "You were asked to step out for a moment");
  } else if (cut) {
    const me = view?.room.people[view.me.person];
    const same = !cut.back || me?.since === cut.since; // after a long time away the place in line is given up: say so
    setText(eyebrow, same ? "Your place is kept" : "You are in line again");
    setText(title, cut.back ? `You were disconnected for ${span(cut.back - cut.at)}. ${same ? "You are back in line." : "Your place was given up, so you are at the end of the line."}` : "You were disconnected");
  } else {
    setText(eyebrow, "At the door");
    setText(title, "You are in the lobby");
  }
}

/** @param {View} seen */
function drawRoom(seen) {
  const { room, me } = seen;
  const here = Object.values(room.people).filter((person) => person.place === "in");
  tiles.draw(seen);
  setText(slot(page, "here-count"), String(here.length));
  drawNow(seen);
  drawHand(room.hands.indexOf(me.person));
  activities.draw(seen);
  chat.draw(seen);
}

/** @param {Occupant} person @param {number} hand its place in the queue, or -1 */
function note(person, hand) {
  if (!person.connected) return "Coming back";
  if (hand >= 0) return "Hand up";
  if (person.role === "client") return "";
  return person.role === "observer" ? "Listening" : "Facilitator";
}

/** @param {View} seen */
function drawNow({ room }) {
  const ends = page.dataset.ends ?? "";
  const until = Date.parse(ends) > now() ? ` Until about ${wallTime(ends, zone)}.` : "";
  if (room.phase === "break") {
    const over = breakOver(room.break_since ?? "", planned);
    setText(slot(page, "now"), "We are on a break");
    setText(slot(page, "now-more"), over ? `Back at about ${wallTime(over, zone)}.` : `Since ${wallTime(room.break_since ?? "", zone)}.`);
  } else if (room.phase === "running") {
    setText(slot(page, "now"), "The group is on");
    setText(slot(page, "now-more"), `Since ${wallTime(room.started_at ?? "", zone)}.${until}`);
  } else {
    setText(slot(page, "now"), "You are in");
    setText(slot(page, "now-more"), `We start at ${wallTime(page.dataset.starts ?? "", zone)}, when everybody is settled.`);
  }
}

/** @param {number} place in the queue from 0, or -1 */
function drawHand(place) {
  const up = place >= 0;
  page.querySelector("[data-act=hand]")?.setAttribute("aria-pressed", String(up));
  setText(slot(page, "hand-label"), up ? "Lower hand" : "Raise hand");
  setText(slot(page, "hand-place"), place === 0 ? "Your hand is up. You are next." : `Your hand is up. You are ${nth(place + 1)} in line.`);
  show(slot(page, "hand-words"), up);
}

/** @param {View} seen */
function drawSupport({ room, me }) {
  const asked = me.person in room.support;
  const words = asked ? "Your facilitators know. They will come to you." : answered ? "Your facilitator has seen it and is with you." : "";
  setText(slot(page, "support-state"), asked ? "Your facilitators know that you need help" : "Your facilitator has seen that you need help");
  setText(slot(page, "help-told-words"), words);
  show(slot(page, "support-words"), words !== "");
  show(slot(page, "help-told"), words !== "");
  show(page.querySelector("[data-act=ask]"), !asked);
}

function tick() {
  const element = slot(page, "clock");
  const since = view?.me.sees === "room" && view.room.phase === "running" ? at(view.room.started_at) : Number.NaN;
  show(element, !Number.isNaN(since) && screen() === "in");
  if (!Number.isNaN(since)) setText(element, clock(now() - since));
  activities.tick();
}

/** A phone that falls asleep falls out of the room. */
async function keepAwake() {
  if (waking || !("wakeLock" in navigator)) return;
  waking = true;
  try {
    const lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => { waking = false; });
  } catch {
    waking = false; // the battery is low, or the page is hidden: not worth a word
  }
}

onPress(page, "hand", () => {
  if (!view) return;
  line.act(view.room.hands.includes(view.me.person) ? "hand.lower" : "hand.raise");
});
onPress(page, "back-sound-only", () => { media.onlySound(true); line.socket.socket.retryNow(); });
onPress(page, "help", () => openDialog("help"));
onPress(page, "ask", async () => { answered = false; await line.act("support.request"); });
onPress(page, "leave", async () => {
  /** @type {HTMLDialogElement} */ (document.getElementById("leave")).close();
  if (line.state === "live") await line.act("room.leave");
  else finish("left");
  draw();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && screen() === "in") keepAwake(); });
setInterval(tick, 1000);
draw();
