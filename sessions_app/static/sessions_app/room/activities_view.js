// What a group does together, event by event: the lead, side rooms, polls, rounds, timer, shown text. Pure; part of the one fold.

/** @typedef {import("../room_view.js").Room} Room @typedef {import("../room_view.js").Event} Event @typedef {import("../room_view.js").Occupant} Occupant */
/** @typedef {{side: string, people: string[]}} Breakout @typedef {{side: string, staff: string[]}} Aside */

const NOTHING_GOING_ON = { host: null, spotlight: null, timer: null, breakouts: [], breakouts_end: null, asides: {}, poll: null, round: null, text: null };

/** @param {Occupant | undefined} person */
const canLead = (person) => person !== undefined && ["facilitator", "cofacilitator"].includes(person.role) && person.place === "in" && person.connected;

/** Never without a host while one is here. @param {Room} room @returns {Room} */
export function withHost(room) {
  if (canLead(room.people[room.host ?? ""])) return room;
  const ready = Object.values(room.people).filter(canLead);
  ready.sort((a, b) => Number(a.role !== "facilitator") - Number(b.role !== "facilitator") || (a.id < b.id ? -1 : 1));
  return { ...room, host: ready[0]?.id ?? null };
}

/** @param {Room} room @returns {Room} */
export const nothingGoingOn = (room) => ({ ...room, ...NOTHING_GOING_ON });

/** @param {Room} room @param {string} person @returns {Breakout[]} */
function without(room, person) {
  return room.breakouts.map((one) => ({ ...one, people: one.people.filter((other) => other !== person) }));
}

/** @param {Room} room @param {string} person @returns {Record<string, Aside>} */
function outOfAsides(room, person) {
  return Object.fromEntries(Object.entries(room.asides).map(([client, aside]) => [client, { ...aside, staff: aside.staff.filter((other) => other !== person) }]));
}

/** Without somebody in side rooms and in the spotlight. @param {Room} room @param {string} person @returns {Room} */
export function outOfSides(room, person) {
  return { ...room, breakouts: without(room, person), asides: outOfAsides(room, person), spotlight: room.spotlight === person ? null : room.spotlight };
}

/** The side room somebody is in; empty for the whole group. @param {Room} room @param {string} person */
export function sideOf(room, person) {
  for (const [client, aside] of Object.entries(room.asides)) if (client === person || aside.staff.includes(person)) return aside.side;
  return room.breakouts.find(({ people }) => people.includes(person))?.side ?? "";
}

/** What only this viewer may see of it. @param {Room} room @param {string} me @returns {Partial<Room>} */
export function ownActivities(room, me) {
  const { poll, round } = room;
  const aside = room.asides[me];
  return {
    overdue: [],
    asides: aside ? { [me]: { side: aside.side, staff: [] } } : {},
    poll: poll && { ...poll, choices: me in poll.choices ? { [me]: poll.choices[me] } : {}, result: null },
    round: round && { ...round, answered: round.answered.filter((/** @type {string} */ person) => person === me) },
  };
}

/** @param {Room} room @param {Record<string, unknown>} changes @returns {Room} */
const poll = (room, changes) => (room.poll ? { ...room, poll: { ...room.poll, ...changes } } : room);

/** @param {Room} room @param {Record<string, unknown>} changes @returns {Room} */
const round = (room, changes) => (room.round ? { ...room, round: { ...room.round, ...changes } } : room);

/** @param {Room} room @param {Event} event @returns {Room} */
function moved(room, event) {
  return { ...room, breakouts: without(room, event.person).map((one) => (one.side === event.side ? { ...one, people: [...one.people, event.person] } : one)) };
}

/** @param {Room} room @param {Event} event @returns {Room} */
function joined(room, event) {
  const asides = outOfAsides(room, event.by);
  const aside = asides[event.person];
  if (event.joined && aside) asides[event.person] = { ...aside, staff: [...aside.staff, event.by] };
  return { ...room, asides };
}

/** @param {Room} room @param {Event} event @returns {Room} */
function asideClosed(room, event) {
  const { [event.person]: _, ...asides } = room.asides;
  return { ...room, asides };
}

/** @param {Room} room @param {Event} event @returns {Room} */
const voted = (room, event) => poll(room, { choices: { ...room.poll?.choices, [event.person]: event.option } });

/** @param {Room} room @param {Event} event @returns {Room} */
function answered(room, event) {
  return room.round && !room.round.answered.includes(event.person) ? round(room, { answered: [...room.round.answered, event.person] }) : room;
}

/** @type {Record<string, (room: Room, event: Event) => Room>} */
export const ACTIVITIES = {
  "host.changed": (room, event) => ({ ...room, host: event.person }),
  "spotlight.changed": (room, event) => ({ ...room, spotlight: event.person }),
  "timer.started": (room, event) => ({ ...room, timer: { started_at: event.at, ends_at: event.ends_at } }),
  "timer.stopped": (room) => ({ ...room, timer: null }),
  "breakouts.opened": (room, event) => ({ ...room, breakouts: event.rooms, breakouts_end: event.ends_at }),
  "breakouts.closed": (room) => ({ ...room, breakouts: [], breakouts_end: null }),
  "breakout.moved": moved,
  "aside.opened": (room, event) => ({ ...room, asides: { ...outOfAsides(room, event.by), [event.person]: { side: event.side, staff: [event.by] } } }),
  "aside.joined": joined,
  "aside.closed": asideClosed,
  "support.overdue": (room, event) => ({ ...room, overdue: [...new Set([...room.overdue, event.person])] }),
  "poll.opened": (room, event) => ({
    ...room,
    poll: { id: event.poll, options: event.options.length, anonymous: event.anonymous, open: true, answered: 0, choices: {}, result: null, shared: null },
  }),
  "poll.answered": (room, event) => poll(room, { answered: event.answered }),
  "poll.voted": voted,
  "poll.closed": (room) => poll(room, { open: false }),
  "poll.counted": (room, event) => poll(room, { result: event.counts }),
  "poll.shared": (room, event) => poll(room, { shared: event.counts }),
  "round.started": (room, event) => ({
    ...room,
    round: { id: event.round, kind: event.kind, order: event.order, turn: 0, turn_since: event.at, seconds: event.seconds, passed: [], answered: [] },
  }),
  "round.moved": (room, event) => round(room, { turn: event.turn, turn_since: event.at, passed: [...(room.round?.passed ?? []), ...(event.passed ? [event.passed] : [])] }),
  "round.answered": answered,
  "round.ended": (room) => ({ ...room, round: null }),
  "text.shown": (room, event) => ({ ...room, text: event.text_id }),
  "text.hidden": (room) => ({ ...room, text: null }),
  "you.moved": (room) => room,
  "you.voted": voted,
  "you.answered": answered,
};

const WORDS = new Set(["poll.opened", "text.shown", "round.answered"]);

/** The events whose words are in view: the current poll, text and round. @param {Event[]} shown @param {Room} room @param {Event | null} event */
export function carryWords(shown, room, event) {
  const all = event && WORDS.has(event.type) ? [...shown, event] : shown;
  const current = (/** @type {Event} */ one) => (one.type === "poll.opened" ? room.poll?.id === one.poll : one.type === "text.shown" ? room.text === one.text_id : room.round?.id === one.round);
  return all.every(current) ? all : all.filter(current);
}
