// What the browser knows of the room, and how each event changes it. Pure: no page, no socket.
//
// The same fold as the server's (RT-4): a snapshot and its later events give what a new snapshot would say.
import { ACTIVITIES, carryWords, nothingGoingOn, outOfSides, ownActivities, withHost } from "./room/activities_view.js";

/**
 * @typedef {{state: string, licensed: boolean, sound_only: boolean, camera: string, microphone: string, speaker: string, connection: string}} Door
 *
 * @typedef {object} Occupant
 * @property {string} id
 * @property {string} role
 * @property {string} name what peers see
 * @property {string} staff_name the full name; empty unless this viewer is staff
 * @property {string} place expected, waiting, in, gone or removed
 * @property {boolean} connected
 * @property {string | null} since
 * @property {string | null} lost_at
 * @property {boolean} admitted_before
 * @property {boolean} [held] staff took this client out: only staff let them in again
 * @property {Door | null} [door] for staff: where the client is tonight and how their device did
 *
 * @typedef {object} Room
 * @property {string} phase closed, lobby, running, break or ended
 * @property {string | null} opened_at
 * @property {string | null} started_at
 * @property {string | null} break_since
 * @property {string | null} ended_at
 * @property {boolean} locked
 * @property {string} chat_mode
 * @property {string} admission how people pass from the waiting room: each, roster or all; told to staff alone
 * @property {Record<string, Occupant>} people
 * @property {string[]} hands in the order in which they went up
 * @property {string[]} muted
 * @property {string[]} cameras_stopped whose camera staff have stopped
 * @property {boolean} share_open whether clients may share their screen
 * @property {Record<string, string>} support
 * @property {string[]} overdue calls for help nobody answered within a minute
 * @property {string | null} host who leads; null while no facilitator is connected
 * @property {string | null} spotlight
 * @property {{started_at: string, ends_at: string} | null} timer
 * @property {{side: string, people: string[]}[]} breakouts
 * @property {string | null} breakouts_end
 * @property {Record<string, {side: string, staff: string[]}>} asides
 * @property {any} poll
 * @property {any} round
 * @property {string | null} text
 *
 * @typedef {{type: string, [name: string]: any}} Event
 * @typedef {{me: {person: string, role: string, sees: string}, room: Room, chat: Event[], shown: Event[]}} View
 */

const CHAT_TAIL = 50;
const CHAT = new Set(["chat.sent", "chat.sent_to_staff", "you.wrote_to_staff", "chat.sent_to_side"]);

/** The view that a snapshot brings. @param {{[name: string]: any}} snapshot @returns {View} */
export function viewOf(snapshot) {
  return { me: snapshot.me, room: snapshot.room, chat: snapshot.chat, shown: snapshot.shown ?? [] };
}

/** The view after an event this viewer heard. @param {View} view @param {Event} event @returns {View} */
export function applyEvent(view, event) {
  if (CHAT.has(event.type)) return { ...view, chat: [...view.chat, event].slice(-CHAT_TAIL) };
  const fold = FOLDS[event.type];
  if (fold === undefined) return view;
  const room = cutDown(fold(view.room, event), view.me);
  return { ...view, room, shown: carryWords(view.shown ?? [], room, event) };
}

/** Everybody in one place, in the order in which they got there. @param {Room} room @param {string} place @returns {Occupant[]} */
export function at(room, place) {
  const there = Object.values(room.people).filter((person) => person.place === place);
  return there.sort((a, b) => (a.since ?? "").localeCompare(b.since ?? "") || a.id.localeCompare(b.id));
}

/** @param {Room} room @param {View["me"]} me @returns {Room} */
function cutDown(room, me) {
  if (me.sees === "all") return room;
  const hidden = { staff_name: "", lost_at: null, admitted_before: false, held: false, door: null };
  /** @type {Record<string, Occupant>} */
  const people = {};
  for (const person of Object.values(room.people)) {
    if (me.sees === "room" && person.place === "in") people[person.id] = { ...person, ...hidden, since: null };
    if (me.sees === "self" && person.id === me.person) people[person.id] = { ...person, ...hidden, connected: true };
  }
  return { ...room, people, ...(me.sees === "room" ? ownActivities(room, me.person) : {}) };
}

/** @param {Room} room @param {string} id @param {Partial<Occupant>} changes @returns {Room} */
function change(room, id, changes) {
  const known = room.people[id];
  return known === undefined ? room : { ...room, people: { ...room.people, [id]: { ...known, ...changes } } };
}

/** @param {Room} room @param {Event} event @param {Partial<Occupant>} facts @returns {Room} */
function seat(room, event, facts) {
  const known = room.people[event.person];
  /** @type {Occupant} */
  const occupant = {
    id: event.person, role: "client", name: event.name, staff_name: known?.staff_name ?? "", place: "in", connected: true,
    since: event.at, lost_at: null, admitted_before: false, held: false, door: known?.door ?? null, ...facts,
  };
  return { ...room, people: { ...room.people, [event.person]: occupant } };
}

/** @param {Room} room @param {string} id @returns {Room} */
function unmark(room, id) {
  const others = (/** @type {string[]} */ people) => people.filter((person) => person !== id);
  return outOfSides({ ...room, hands: others(room.hands), muted: others(room.muted), cameras_stopped: others(room.cameras_stopped) }, id);
}

/** @param {Room} room @param {Event} event @returns {Room} */
function gone(room, event) {
  const left = change(room, event.person, { place: "gone", connected: false, since: event.at, lost_at: null });
  return withHost(unmark(left, event.person));
}

/** @param {Room} room @param {Event} event @returns {Room} */
function removed(room, event) {
  return change(gone(room, event), event.person, { place: "removed", admitted_before: false, held: true });
}

/** @param {Room} room @param {Event} event @returns {Room} */
function lost(room, event) {
  return withHost(change(room, event.person, { connected: false, lost_at: event.at }));
}

/** @param {Room} room @param {Event} event @returns {Room} */
function returned(room, event) {
  return withHost(change(room, event.person, { connected: true, lost_at: null }));
}

/** Back in line, perhaps with newer facts. @param {Room} room @param {Event} event @returns {Room} */
function backInLine(room, event) {
  const back = returned(room, event);
  return event.door ? change(back, event.person, { door: event.door }) : back;
}

/** @param {Room} room @param {Event} event @returns {Room} */
function steppedOut(room, event) {
  const moved = change(room, event.person, { place: "waiting", since: event.at, admitted_before: false, held: true });
  return unmark(moved, event.person);
}

/** @param {Room} room @param {Event} event @returns {Room} */
function ended(room, event) {
  /** @type {Record<string, Occupant>} */
  const people = {};
  for (const person of Object.values(room.people)) {
    const here = person.place === "in" || person.place === "waiting";
    people[person.id] = here ? { ...person, place: "gone", connected: false, since: event.at, lost_at: null } : person;
  }
  return { ...nothingGoingOn(room), phase: "ended", ended_at: event.at, break_since: null, people, hands: [], muted: [], cameras_stopped: [] };
}

/** @param {Room} room @returns {string[]} */
function clientsInside(room) {
  return at(room, "in").filter((person) => person.role === "client").map((person) => person.id);
}

/** @param {Room} room @param {Event} event @returns {Room} */
function asked(room, event) {
  return { ...room, support: { ...room.support, [event.person]: event.at } };
}

/** @param {Room} room @param {Event} event @returns {Room} */
function answered(room, event) {
  const { [event.person]: _, ...support } = room.support;
  return { ...room, support, overdue: room.overdue.filter((person) => person !== event.person) };
}

/** @type {Record<string, (room: Room, event: Event) => Room>} */
export const FOLDS = {
  "room.opened": (room, event) => ({ ...room, phase: "lobby", opened_at: event.at }),
  "room.started": (room, event) => ({ ...room, phase: "running", started_at: event.at }),
  "break.started": (room, event) => ({ ...room, phase: "break", break_since: event.at }),
  "break.ended": (room) => ({ ...room, phase: "running", break_since: null }),
  "room.ended": ended,
  "room.locked": (room) => ({ ...room, locked: true }),
  "room.unlocked": (room) => ({ ...room, locked: false }),
  "admission.changed": (room, event) => ({ ...room, admission: event.policy }),
  "chat.mode_changed": (room, event) => ({ ...room, chat_mode: event.mode }),
  "staff.joined": (room, event) =>
    withHost(seat(room, event, { role: event.role, staff_name: "", door: null })),
  "staff.left": gone,
  "client.admitted": (room, event) => seat(room, event, { admitted_before: true }),
  "client.left": gone,
  "connection.lost": lost,
  "connection.returned": returned,
  "hand.raised": (room, event) => ({ ...room, hands: [...room.hands, event.person] }),
  "hand.lowered": (room, event) => ({ ...room, hands: room.hands.filter((hand) => hand !== event.person) }),
  "client.muted": (room, event) => ({ ...room, muted: [...room.muted, event.person] }),
  "client.unmuted": (room, event) => ({ ...room, muted: room.muted.filter((person) => person !== event.person) }),
  "client.camera_stopped": (room, event) => ({ ...room, cameras_stopped: [...room.cameras_stopped, event.person] }),
  "client.camera_resumed": (room, event) => ({ ...room, cameras_stopped: room.cameras_stopped.filter((person) => person !== event.person) }),
  "share.changed": (room, event) => ({ ...room, share_open: event.allowed }),
  "everyone.muted": (room) => ({ ...room, muted: [...new Set([...room.muted, ...clientsInside(room)])] }),
  "client.expected": (room, event) =>
    seat(room, event, { place: "expected", connected: false, since: null, staff_name: event.staff_name, door: null }),
  "client.waiting": (room, event) =>
    seat(room, event, {
      place: "waiting", staff_name: event.staff_name, held: room.people[event.person]?.held ?? false, door: event.door ?? null,
    }),
  "waiting.lost": lost,
  "waiting.returned": backInLine,
  "waiting.left": gone,
  "client.removed": removed,
  "client.restored": (room, event) => change(room, event.person, { place: "gone", since: event.at }),
  "client.moved_to_lobby": (room, event) =>
    change(steppedOut(room, event), event.person, {
      connected: event.connected,
      lost_at: event.connected ? null : event.at,
    }),
  "support.requested": asked,
  "support.answered": answered,
  "you.waiting": (room, event) =>
    room.people[event.person]
      ? change(room, event.person, { place: "waiting", since: event.at, name: event.name })
      : seat(room, event, { place: "waiting" }),
  "you.admitted": (room, event) => change(room, event.person, { place: "in", since: event.at, admitted_before: true }),
  "you.moved_to_lobby": steppedOut,
  "you.removed": removed,
  "you.left": gone,
  "you.timed_out": gone,
  "you.restored": (room, event) => change(room, event.person, { place: "gone", since: event.at }),
  "you.dismissed": gone,
  "you.asked_for_support": asked,
  "you.were_answered": answered,
  ...ACTIVITIES,
};
