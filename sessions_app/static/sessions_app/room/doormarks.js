// What staff see of somebody at the door: the state when nobody is licensed there, sound only, how the device did.
import { fromTemplate, setText, slot } from "./dom.js";

/** @typedef {import("../room_view.js").Occupant} Occupant @typedef {import("../room_view.js").Door} Door */

const PARTS = /** @type {const} */ (["camera", "microphone", "speaker", "connection"]);

/** Whether staff decide knowingly about this person. @param {Occupant | undefined} person */
export const isAskedAbout = (person) => Boolean(person?.door && !person.door.licensed);

/** The parts of a device that do not work. @param {Door} door */
export const troubles = (door) => PARTS.filter((part) => door[part] === "problem");

/** @param {Door} door @returns {[string, string][]} the templates to show, each with its words */
export function marksOf(door) {
  const broken = troubles(door);
  /** @type {[string, string][]} */
  const marks = [];
  if (!door.licensed) marks.push(["t-door-state", `Tonight in ${door.state}: nobody here is licensed there`]);
  if (door.sound_only) marks.push(["t-door-sound", ""]);
  if (broken.length) marks.push(["t-door-trouble", `Trouble with ${broken.join(", ")}`]);
  else if (PARTS.some((part) => door[part] === "ok")) marks.push(["t-door-fine", ""]);
  return marks;
}

/** Draws the marks, and only when they changed. @param {Element | null} place @param {Door | null | undefined} door */
export function putDoor(place, door) {
  if (!(place instanceof HTMLElement)) return;
  const marks = door ? marksOf(door) : [];
  const drawn = JSON.stringify(marks);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.replaceChildren(...marks.map(([template, words]) => {
    const mark = fromTemplate(template);
    if (words) setText(slot(mark, "words"), words);
    return mark;
  }));
}
