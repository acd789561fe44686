// <time data-until="ISO instant" data-done="words">: keeps the time left right, to the second in the last two minutes.
// <time data-from="ISO instant">: time gone by since, as a running clock.

/**
 * @param {number} ms milliseconds left, above zero
 * @returns {string}
 */
export function leftWords(ms) {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `in ${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `in ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `in ${Math.floor(hours / 24)} days`;
  const rest = minutes % 60;
  return rest ? `in ${hours} h ${rest} min` : `in ${hours} h`;
}

/**
 * @param {number} ms milliseconds gone by
 * @returns {string} "4:07" or "1:04:07"
 */
export function goneClock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** @param {HTMLElement} element */
function draw(element) {
  if (element.dataset.from) {
    element.textContent = goneClock(Date.now() - Date.parse(element.dataset.from));
    return;
  }
  const left = Date.parse(element.dataset.until ?? "") - Date.now();
  if (Number.isNaN(left)) return;
  const words = left > 0 ? leftWords(left) : (element.dataset.done ?? "now");
  if (element.textContent !== words) element.textContent = words;
  if (left <= 0 && !element.dataset.rang) {
    element.dataset.rang = "yes";
    element.dispatchEvent(new CustomEvent("countdown:done", { bubbles: true }));
  }
}

/** Draws every countdown of the page each second, those that arrive later too. */
export function startCountdowns() {
  const all = () => {
    for (const element of document.querySelectorAll("[data-until], [data-from]")) {
      if (element instanceof HTMLElement) draw(element);
    }
  };
  all();
  setInterval(all, 1000);
}
