// Where everybody expected is, in one word and one line: the facilitator's question while ten faces talk.
import { at, clock, length, now, wallTime } from "./times.js";

/** @typedef {import("../room_view.js").Occupant} Occupant @typedef {import("../room_view.js").Room} Room */
/** @typedef {{starts: string, missing: string, zone: string}} Plan */

/**
 * Everybody to be shown: whom the room knows, and who is expected and has not been seen by it yet; by name, so that nobody
 * changes place in the list while somebody reads it.
 * @param {Room} room @param {{id: string, name: string, staff_name: string}[]} expected
 * @returns {Occupant[]}
 */
export function everybody(room, expected) {
  const unseen = expected.filter(({ id }) => !(id in room.people)).map((person) => ({
    ...person, role: "client", place: "expected", connected: false, since: null, lost_at: null, admitted_before: false,
  }));
  return [...Object.values(room.people).filter(({ role }) => role === "client"), ...unseen].sort((a, b) => fullName(a).localeCompare(fullName(b)) || a.id.localeCompare(b.id));
}

/** @param {Occupant} person */
export const fullName = (person) => person.staff_name || person.name;

/** @param {Occupant} person @param {Plan} plan @param {boolean} over @returns {string} a state of the badge "presence" */
export function stateOf(person, plan, over) {
  if (person.place === "gone" || person.place === "removed") return person.place;
  if (person.place === "expected") return over || now() >= at(plan.missing) ? "missing" : "expected";
  if (!person.connected) return "reconnecting";
  return person.place === "in" ? "in" : "waiting";
}

/** What stands beside the badge. @param {Occupant} person @param {string} state @param {Plan} plan @param {boolean} over @returns {string} */
export function noteOf(person, state, plan, over) {
  // An observer is told who is here and not since when.
  const since = wallTime(person.since ?? "", plan.zone);
  const lost = at(person.lost_at);
  switch (state) {
    case "expected": return now() < at(plan.starts) ? `due at ${wallTime(plan.starts, plan.zone)}` : `due ${length(now() - at(plan.starts))} ago`;
    case "missing": return over ? "did not come" : `due ${length(now() - at(plan.starts))} ago`;
    case "waiting": return waited(person);
    case "reconnecting": return `${person.place === "in" ? "lost" : "lost at the door"}${Number.isNaN(lost) ? "" : ` ${clock(now() - lost)}`}`;
    case "in": return since && `since ${since}`;
    default: return since && `at ${since}`;
  }
}

/** How long somebody has been at the door. @param {Occupant} person */
export function waited(person) {
  const gone = now() - at(person.since);
  return gone < 60_000 ? "just now" : `for ${length(gone)}`;
}
