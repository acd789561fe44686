// A person's disc and the badge of a state, cut from the page's own templates, so that they look as the server draws them.
import { fromTemplate, setText } from "./dom.js";

const HUES = 8;

/** @param {string} text @returns {number} CRC-32 of the text in UTF-8, as the server computes the hue of a name */
export function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** @param {string} name @returns {string} "Maria K." is "MK" */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...word][0]).join("").toUpperCase() || "?";
}

/** Puts a name on a copied person, tile or row. @param {Element} element @param {string} name */
export function putName(element, name) {
  const disc = element.querySelector(".disc");
  if (disc instanceof HTMLElement && disc.dataset.of !== name) {
    for (let hue = 0; hue < HUES; hue += 1) disc.classList.remove(`hue-${hue}`);
    disc.classList.add(`hue-${crc32(name) % HUES}`);
    disc.textContent = initials(name);
    disc.dataset.of = name;
  }
  setText(element.querySelector("[data-slot=name]"), name);
}

/** Puts the badge of a state in its place, once. @param {Element | null} place @param {string} state */
export function putBadge(place, state) {
  if (!(place instanceof HTMLElement) || place.dataset.state === state) return;
  place.dataset.state = state;
  place.replaceChildren(fromTemplate(`badge-${state}`));
}
