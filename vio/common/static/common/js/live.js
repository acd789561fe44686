// Says things to screen readers without moving the focus.

/**
 * @param {string} words what to say
 * @param {{now?: boolean}} [options] now: interrupt (safety only)
 */
export function announce(words, { now = false } = {}) {
  const place = document.getElementById(now ? "announcer-now" : "announcer");
  if (!place) return;
  // The same words twice are read twice only when the node changes in between.
  place.textContent = "";
  setTimeout(() => {
    place.textContent = words;
  }, 60);
}
