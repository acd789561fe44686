// Times in words, in the program's zone and by the server's clock: a phone that runs ten minutes fast changes nothing.
const MINUTE = 60_000;
let ahead = 0;

/** Learns how far this device's clock is from the server's. @param {string} serverTime an instant the server named just now */
export function setClock(serverTime) {
  const at = Date.parse(serverTime);
  if (!Number.isNaN(at)) ahead = at - Date.now();
}

/** @returns {number} the server's time, in milliseconds */
export const now = () => Date.now() + ahead;

/** @param {string | null | undefined} instant @returns {number} milliseconds, or NaN */
export const at = (instant) => Date.parse(instant ?? "");

/** @param {number | string} instant @param {string} zone @returns {string} "5:30 PM"; nothing for no instant */
export function wallTime(instant, zone) {
  const when = typeof instant === "string" ? Date.parse(instant) : instant;
  if (Number.isNaN(when)) return "";
  return new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: zone }).format(when);
}

/** @param {number} ms @returns {string} "0:45", "12:04", "1:04:07" */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(seconds % 60)}`;
  return hours ? `${hours}:${two(Math.floor(seconds / 60) % 60)}:${rest}` : `${Math.floor(seconds / 60)}:${rest}`;
}

/** @param {number} ms @returns {string} "less than a minute", "1 min", "12 min" */
export function length(ms) {
  const minutes = Math.floor(Math.max(0, ms) / MINUTE);
  if (!minutes) return "less than a minute";
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

/** @param {number} ms @returns {string} "1 second", "40 seconds", "1 minute", "4 minutes" */
export function span(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const [many, word] = seconds < 90 ? [seconds, "second"] : [Math.round(seconds / 60), "minute"];
  return `${many} ${word}${many === 1 ? "" : "s"}`;
}

/** @param {number} place 1, 2, 3 @returns {string} "1st" */
export function nth(place) {
  const tens = place % 100;
  if (tens > 10 && tens < 14) return `${place}th`;
  return `${place}${["th", "st", "nd", "rd"][place % 10] ?? "th"}`;
}

/** @typedef {[string | null, string | null]} Span */

/** @param {string | undefined} text a JSON list of [start, end] @returns {Span[]} */
export function spans(text) {
  try {
    return JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
}

/**
 * How long the group has run so far without its breaks (R2: from the scheduled start, to the scheduled end at most).
 * @param {{starts: number, ends: number, started: number, until: number, breaks: Span[]}} evening
 * @returns {number} milliseconds
 */
export function counted({ starts, ends, started, until, breaks }) {
  const from = Math.max(starts, started);
  const to = Math.min(ends, until);
  if (!(to > from)) return 0;
  const out = breaks.reduce((sum, [began, over]) => sum + Math.max(0, Math.min(to, over ? at(over) : to) - Math.max(from, at(began))), 0);
  return Math.max(0, to - from - out);
}

/**
 * When a break that began is over, by the plan: as long after its start as the nearest planned break lasts.
 * @param {string} since @param {Span[]} planned @returns {number | null} milliseconds
 */
export function breakOver(since, planned) {
  const began = at(since);
  const near = planned.filter(([start, end]) => start && end).sort((a, b) => Math.abs(at(a[0]) - began) - Math.abs(at(b[0]) - began))[0];
  return near ? began + at(near[1]) - at(near[0]) : null;
}
