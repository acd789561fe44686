// The room console: who is at the door, who is where, whose hand is up, who asks for help, and the course of the evening.
import { openDialog } from "../common/js/dialog.js";
import { announce } from "../common/js/live.js";
import { toast } from "../common/js/toast.js";
import { Activities } from "./room/activities.js";
import { sideOf } from "./room/activities_view.js";
import { Chat } from "./room/chat.js";
import { fromTemplate, keep, onPress, setText, show, slot } from "./room/dom.js";
import { isAskedAbout, putDoor } from "./room/doormarks.js";
import { putBadge, putName } from "./room/faces.js";
import { HostTools } from "./room/host_tools.js";
import { Line } from "./room/link.js";
import { Media } from "./room/media.js";
import { keepNote } from "./room/note.js";
import { Notices } from "./room/notices.js";
import { everybody, fullName, noteOf, stateOf, waited } from "./room/roster.js";
import { Tiles } from "./room/tiles.js";
import { at, breakOver, clock, counted, length, now, setClock, spans, wallTime } from "./room/times.js";
import { at as inPlace } from "./room_view.js";

/** @typedef {import("./room_view.js").View} View @typedef {import("./room_view.js").Event} Event @typedef {import("./room_view.js").Occupant} Occupant */

const page = /** @type {HTMLElement} */ (document.querySelector("[data-console]"));
const hosts = "hosts" in page.dataset;
const zone = page.dataset.zone ?? "UTC";
const plan = { starts: page.dataset.starts ?? "", missing: page.dataset.missing ?? "", zone };
const planned = spans(page.dataset.planned);
const taken = spans(page.dataset.taken);
const expected = JSON.parse(document.getElementById("expected-people")?.textContent ?? "[]");
const PHASES = /** @type {Record<string, string>} */ ({ closed: "scheduled", lobby: "open", running: "live", break: "break", ended: "ended" });
const MUST_BE = /** @type {Record<string, string[]>} */ ({ admit: ["waiting"], mute: ["in"], camera: ["in"], lobby: ["in"], remove: ["in", "waiting"], talk: ["in"], spotlight: ["in"], group: ["in"], restore: ["removed"], sheet: ["expected", "waiting", "in", "gone", "removed"] });
setClock(page.dataset.now ?? "");

/** @type {View | null} */
let view = null;
let lostAt = 0;
let removing = "";
let askedAbout = "";

const noteBox = page.querySelector("[data-note-box]");
const unsaved = noteBox ? keepNote(noteBox) : () => false;

const line = new Line(page, {
  unsaved,
  onView: (fresh) => { view = fresh; draw(); media.returned(); },
  onEvent: (event, next) => { const before = view; view = next; heard(event, before ?? next); draw(); },
  onState: changed,
  onPassing: (frame) => {
    if (frame.type === "typing.seen") chat.seenTyping(String(frame.person));
    activities.passing(frame);
    media.hear(frame);
    tiles.captions.hear(frame);
  },
});
const chat = new Chat(page, line);
const activities = new Activities(page, line, (id, seen) => nameOf(id, seen));
const tools = hosts ? new HostTools(page, line, nameOf, openSheet) : null;
const media = new Media(line, () => { if (view) tiles.draw(view); });
const tiles = new Tiles(page, media, staffNote);
const notices = new Notices(page.dataset.noticesUrl ?? "", () => view?.room.phase !== "ended");
let out = false;

// --- what is heard -------------------------------------------------------------------------------------------

/** @param {string} id @param {View} [seen] */
function nameOf(id, seen = view ?? undefined) {
  const person = seen?.room.people[id] ?? expected.find((/** @type {{id: string}} */ other) => other.id === id);
  return person ? fullName(person) : "Somebody";
}

/** Said aloud for those who do not see the page change. @param {Event} event @param {View} before */
function heard(event, before) {
  const name = event.person ? nameOf(event.person) : "";
  const spoken = /** @type {Record<string, string>} */ ({
    "client.waiting": `${name} is at the door.`,
    "hand.raised": `${name} raised a hand.`,
    "connection.lost": `${name} is reconnecting.`,
    "connection.returned": `${name} is back.`,
    "client.left": `${name} left.`,
    "break.started": "The break has begun.",
    "break.ended": "The break is over.",
    "room.started": "The group has started.",
    "room.ended": "The group is over.",
  });
  if (event.type === "support.requested") announce(`${name} asks for help. Only staff see this.`, { now: true });
  else if (event.type === "chat.sent" || event.type === "chat.sent_to_staff" || event.type === "chat.sent_to_side") chat.heard(event, view ?? before);
  else if (event.type === "support.overdue") announce(`Nobody has answered ${name} for a minute. The clinical team was told.`, { now: true });
  else if (spoken[event.type]) announce(spoken[event.type]);
  activities.heard(event, view ?? before);
  if (event.type === "break.started" && !taken.some(([start]) => at(start) === at(event.at))) taken.push([event.at, null]);
  const running = taken[taken.length - 1];
  if (event.type === "break.ended" && running && !running[1]) running[1] = event.at;
}

/** @param {import("../common/js/socket.js").State} state @param {number} code */
function changed(state, code) {
  if (state === "reconnecting" && !lostAt) lostAt = now();
  if (state === "live") lostAt = 0;
  setText(slot(page, "lost-at"), wallTime(lostAt || now(), zone));
  if (state === "live") media.returned();
  out = state === "closed";
  const lost = out && code !== 1000;
  show(slot(page, "out"), lost);
  setText(slot(page, "out-title"), code === 4401 ? "You were signed out. Your note is not saved yet: sign in in another tab, then save it here." : code === 4409 ? "You opened this room in too many windows. This one is out of date." : "You are not in this room any more. What you see is out of date.");
  draw();
}

// --- what is drawn -------------------------------------------------------------------------------------------

function draw() {
  media.see(view, out);
  if (!view) return;
  const { room, me } = view;
  drawCourse(view);
  tiles.draw(view);
  drawWaiting(view);
  drawRoster(view);
  keep(slot(page, "staff"), Object.values(room.people).filter((person) => person.role !== "client" && person.id !== me.person && person.place === "in"), (person) => person.id, (person) => {
    const row = fromTemplate("t-staff");
    slot(row, "hand-over")?.addEventListener("click", () => line.act("host.hand", { person: person.id }));
    return row;
  }, (element, person) => {
    putName(element, person.name);
    setText(slot(element, "note"), person.role === "observer" ? "Listening" : room.host === person.id ? "Facilitator, leads" : "Facilitator");
    show(slot(element, "hand-over"), hosts && person.role !== "observer" && person.connected && room.host !== person.id);
    putBadge(slot(element, "badge"), person.connected ? "in" : "reconnecting");
  });
  show(slot(page, "staff-box"), (slot(page, "staff")?.childElementCount ?? 0) > 0);
  drawHands(view);
  drawSupport(view);
  activities.draw(view);
  tools?.draw(view);
  chat.draw(view);
  tick();
}

/** What stands on somebody's tile. @param {Occupant} person @param {number} hand its place in the queue, or -1 */
function staffNote(person, hand) {
  if (!person.connected) return "Reconnecting";
  if (hand >= 0) return "Hand up";
  if (person.role === "client") return "";
  return person.role === "observer" ? "Listening" : "Facilitator";
}

/** @param {View} seen */
function drawCourse({ room }) {
  putBadge(slot(page, "phase"), PHASES[room.phase]);
  for (const button of page.querySelectorAll("[data-phases]")) show(button, (/** @type {HTMLElement} */ (button).dataset.phases ?? "").split(" ").includes(room.phase));
  page.querySelector("[data-act=lock]")?.setAttribute("aria-pressed", String(room.locked));
  page.querySelector("[data-act=share-allow]")?.setAttribute("aria-pressed", String(room.share_open));
  setText(slot(page, "lock-label"), room.locked ? "Locked" : "Lock");
  show(slot(page, "locked"), room.locked);
  show(slot(page, "over"), room.phase === "ended");
  follow("chat-mode", room.chat_mode);
  follow("admission", room.admission);
}

/** A choice follows the room, unless somebody is just making it. @param {string} act @param {string} value */
function follow(act, value) {
  const choice = page.querySelector(`[data-act=${act}]`);
  if (choice instanceof HTMLSelectElement && document.activeElement !== choice) choice.value = value;
}

/** @param {View} seen */
function drawWaiting({ room }) {
  const waiting = inPlace(room, "waiting");
  keep(slot(page, "waiting"), waiting, (person) => person.id, (person) => {
    const row = fromTemplate("t-waiting");
    slot(row, "admit")?.addEventListener("click", () => admit(person.id));
    return row;
  }, (element, person) => {
    putName(element, fullName(person));
    putDoor(slot(element, "door"), person.door);
    const button = /** @type {HTMLButtonElement | null} */ (slot(element, "admit"));
    button?.setAttribute("aria-label", `Admit ${fullName(person)}`);
    button?.toggleAttribute("disabled", !person.connected || room.locked);
  });
  const ready = waiting.filter((person) => person.connected && !isAskedAbout(person)).length;
  show(slot(page, "nobody-waiting"), waiting.length === 0 && !room.locked);
  show(page.querySelector("[data-act=admit-all]"), ready > 0 && !room.locked);
  count("waiting-count", waiting.length);
  count("tab-waiting", waiting.length + Object.keys(room.support).length);
}

/** @param {string} name @param {number} many */
function count(name, many) {
  setText(slot(page, name), String(many));
  show(slot(page, name), many > 0);
}

/** @param {View} seen */
function drawRoster({ room }) {
  const people = everybody(room, expected);
  keep(slot(page, "roster"), people, (person) => person.id, rosterRow, (element, person) => {
    putName(element, fullName(person));
    const hand = room.hands.indexOf(person.id);
    setText(slot(element, "hand"), String(hand + 1));
    slot(element, "hand")?.setAttribute("title", `Hand up, ${hand + 1} in line`);
    show(slot(element, "hand"), hand >= 0);
    setText(slot(element, "menu-name"), `What to do for ${fullName(person)}`);
    for (const item of element.querySelectorAll("[data-do]")) {
      const kind = /** @type {HTMLElement} */ (item).dataset.do ?? "";
      const can = MUST_BE[kind].includes(person.place) && (kind === "sheet" || room.phase !== "ended") && (kind !== "admit" || (person.connected && !room.locked));
      const fits = kind === "mute" ? !room.muted.includes(person.id) : kind === "camera" ? !room.cameras_stopped.includes(person.id) : kind === "talk" ? !(person.id in room.asides) : kind === "group" ? room.breakouts.length > 0 : true;
      show(item.closest("li"), can && fits);
    }
    const spotlit = room.spotlight === person.id;
    setText(slot(element, "spotlight-label"), spotlit ? "Out of the spotlight" : "Put in the spotlight");
    element.classList.toggle("is-lit", spotlit);
  });
  show(slot(page, "roster-empty"), people.length === 0);
  const here = people.filter((person) => person.place === "in").length;
  setText(slot(page, "roster-count"), room.phase === "ended" ? `${people.filter((person) => person.admitted_before).length} of ${people.length} took part` : `${here} of ${people.length} in`);
}

/** @param {Occupant} person */
function rosterRow(person) {
  const row = fromTemplate("t-person");
  const menu = slot(row, "menu");
  for (const item of row.querySelectorAll("[data-do]")) {
    item.addEventListener("click", () => {
      if (menu instanceof HTMLDetailsElement) menu.open = false;
      menu?.querySelector("summary")?.focus();
      doFor(/** @type {HTMLElement} */ (item).dataset.do ?? "", person.id);
    });
  }
  return row;
}

/** @param {View} seen */
function drawHands({ room }) {
  const hands = room.hands.map((id) => room.people[id]).filter(Boolean);
  keep(slot(page, "hands"), hands, (person) => person.id, (person) => {
    const row = fromTemplate("t-hand");
    slot(row, "lower")?.addEventListener("click", () => line.act("hand.lower", { person: person.id }));
    return row;
  }, (element, person) => {
    putName(element, fullName(person));
    setText(slot(element, "order"), String(room.hands.indexOf(person.id) + 1));
    setText(slot(element, "note"), person.connected ? "" : "Reconnecting, the place is kept");
    slot(element, "lower")?.setAttribute("aria-label", `Lower the hand of ${fullName(person)}`);
  });
  show(slot(page, "no-hands"), hands.length === 0);
  count("tab-hands", hands.length);
}

/** @param {View} seen */
function drawSupport({ room, me }) {
  const asking = Object.entries(room.support).filter(([id]) => hosts && id !== me.person).sort((a, b) => a[1].localeCompare(b[1]));
  const box = slot(page, "support-box");
  if (asking.length) show(box, true);
  keep(slot(page, "support"), asking, ([id]) => id, ([id]) => {
    const row = fromTemplate("t-support");
    slot(row, "sheet")?.addEventListener("click", () => doFor("sheet", id));
    slot(row, "seen")?.addEventListener("click", () => line.act("support.answer", { person: id }));
    slot(row, "talk")?.addEventListener("click", () => tools?.talk(id));
    return row;
  }, (element, [id]) => {
    setText(slot(element, "name"), nameOf(id));
    show(slot(element, "talk"), room.people[id]?.place === "in");
    show(slot(element, "overdue"), room.overdue.includes(id));
  });
  if (!asking.length) show(box, false);
}

/** Everything that changes by the clock alone. */
function tick() {
  if (!view) return;
  const { room } = view;
  const over = room.phase === "ended";
  const people = everybody(room, expected);
  for (const person of people) {
    const state = stateOf(person, plan, over);
    const row = rowOf("roster", person.id);
    if (row) {
      const side = sideOf(room, person.id);
      const group = room.breakouts.findIndex((one) => one.side === side) + 1;
      setText(slot(row, "note"), side && state === "in" ? (group ? `in small group ${group}` : "in a private talk") : notices.beside(person.id, state, noteOf(person, state, plan, over)));
      putBadge(slot(row, "badge"), state);
    }
    const door = rowOf("waiting", person.id);
    if (door) setText(slot(door, "note"), person.connected ? `At the door ${waited(person)}` : noteOf(person, state, plan, over));
  }
  for (const row of slot(page, "support")?.children ?? []) {
    const since = room.support[/** @type {HTMLElement} */ (row).dataset.key ?? ""];
    if (since) setText(slot(row, "note"), `Asked ${length(now() - at(since))} ago.`);
  }
  drawTimes(over);
  activities.tick();
  tools?.tick();
}

/** @param {string} list @param {string} person */
const rowOf = (list, person) => slot(page, list)?.querySelector(`[data-key="${person}"]`);

/** @param {boolean} over */
function drawTimes(over) {
  const room = /** @type {View} */ (view).room;
  const started = at(room.started_at);
  show(slot(page, "clock"), !Number.isNaN(started));
  if (Number.isNaN(started)) {
    const left = at(plan.starts) - now();
    setText(slot(page, "minutes"), room.phase === "closed" || room.phase === "lobby" ? (left > 0 ? `Starts in ${length(left)}` : `Should have started ${length(-left)} ago`) : "");
    return;
  }
  const until = over ? at(room.ended_at) : now();
  setText(slot(page, "clock"), clock(until - started));
  const done = counted({ starts: at(plan.starts), ends: at(page.dataset.ends), started, until, breaks: taken });
  const back = room.phase === "break" ? breakOver(room.break_since ?? "", planned) : null;
  const pause = room.phase === "break" ? `, on a break${back ? ` until about ${wallTime(back, zone)}` : ` for ${length(now() - at(room.break_since))}`}` : "";
  setText(slot(page, "minutes"), `${Math.floor(done / 60_000)} min counted${over ? "" : " so far"}${pause}`);
}

// --- what is done --------------------------------------------------------------------------------------------

/** @param {string} kind @param {string} person */
function doFor(kind, person) {
  if (kind === "admit") admit(person);
  if (kind === "mute") line.act("client.mute", { person });
  if (kind === "camera") line.act("client.camera_off", { person });
  if (kind === "lobby") line.act("client.to_lobby", { person });
  if (kind === "restore") line.act("client.restore", { person });
  if (kind === "sheet") openSheet(person);
  if (kind === "talk") tools?.talk(person);
  if (kind === "spotlight") line.act("spotlight.set", { person: view?.room.spotlight === person ? null : person });
  if (kind === "group") nextGroup(person);
  if (kind === "remove") {
    removing = person;
    setText(slot(page, "remove-name"), nameOf(person));
    /** @type {HTMLFormElement} */ (slot(page, "remove-form")).reset();
    openDialog("remove");
  }
}

/** Lets somebody in; where nobody who leads is licensed in their state, it is asked once more. @param {string} person */
function admit(person) {
  const known = view?.room.people[person];
  if (!isAskedAbout(known)) {
    line.act("client.admit", { person });
    return;
  }
  askedAbout = person;
  setText(slot(page, "unlicensed-name"), nameOf(person));
  setText(slot(page, "unlicensed-state"), known?.door?.state ?? "");
  openDialog("unlicensed");
}

/** To the next small group, and after the last one back to the whole group. @param {string} person */
function nextGroup(person) {
  if (!view) return;
  const { breakouts } = view.room;
  const here = breakouts.findIndex((one) => one.people.includes(person));
  line.act("breakout.assign", { person, side: breakouts[here + 1]?.side ?? null });
}

/** How to reach a client: asked for when it is needed, and each look is recorded. @param {string} person */
async function openSheet(person) {
  const body = /** @type {HTMLElement} */ (document.getElementById("sheet-body"));
  body.textContent = "One moment.";
  openDialog("sheet");
  const address = (page.dataset.personUrl ?? "").replace(/[^/]+\/$/, `${person}/`);
  // @ts-ignore: htmx is a classic script
  await globalThis.htmx.ajax("GET", address, { target: body, swap: "innerHTML" }).catch(() => {});
  if (body.textContent === "One moment.") body.textContent = "This could not be loaded. Close it and try again.";
  body.querySelector("h2")?.focus();
}

onPress(page, "open", () => line.act("room.open"));
onPress(page, "start", () => line.act("room.start"));
onPress(page, "break", () => line.act("room.break_start"));
onPress(page, "resume", () => line.act("room.break_end"));
onPress(page, "lock", () => line.act(view?.room.locked ? "room.unlock" : "room.lock"));
onPress(page, "admit-knowingly", () => {
  /** @type {HTMLDialogElement} */ (document.getElementById("unlicensed")).close();
  line.act("client.admit", { person: askedAbout, knowingly: true });
});
onPress(page, "mute-all", async () => { if (await line.act("everyone.mute")) toast("Every client is muted. Each can switch the microphone on again."); });
onPress(page, "share-allow", () => line.act("share.allow", { allowed: !view?.room.share_open }));
onPress(page, "admit-all", () => line.act("client.admit_all"));
onPress(page, "end", () => {
  const here = view ? inPlace(view.room, "in").filter((person) => person.role === "client").length : 0;
  setText(slot(page, "end-words"), `${here === 0 ? "Nobody is" : here === 1 ? "One person is" : `${here} people are`} in the room. Their time is kept as it stands, and the attendance sheet fills itself in.`);
  openDialog("end");
});
onPress(page, "end-now", async () => {
  /** @type {HTMLDialogElement} */ (document.getElementById("end")).close();
  await line.act("room.end");
});
slot(page, "remove-form")?.addEventListener("submit", (event) => {
  const reason = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("reason");
  line.act("client.remove", { person: removing, reason_code: reason });
});
page.querySelector("[data-act=chat-mode]")?.addEventListener("change", async (event) => {
  const chosen = /** @type {HTMLSelectElement} */ (event.target);
  const done = await line.act("chat.mode", { mode: chosen.value });
  if (done) toast(chosen.value === "group" ? "Clients write to everyone." : chosen.value === "staff_only" ? "Clients write to staff only." : "Only you write to the group. Clients can still reach staff.");
  else if (view) chosen.value = view.room.chat_mode;
});
page.querySelector("[data-act=admission]")?.addEventListener("change", async (event) => {
  const chosen = /** @type {HTMLSelectElement} */ (event.target);
  const done = await line.act("admission.set", { policy: chosen.value });
  if (done) toast(chosen.value === "each" ? "You let people in one by one." : chosen.value === "roster" ? "People come in by themselves once the group has started." : "People come in by themselves from now on.");
  else if (view) chosen.value = view.room.admission;
});
setInterval(tick, 1000);
