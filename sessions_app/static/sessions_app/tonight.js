// The tonight board: asks again every ten seconds, draws only what changed, keeps open what was open.
import { announce } from "../common/js/live.js";

const board = document.querySelector("[data-board]");
const SEEN = "X-Seen";

/** @param {Event} event */
const detailOf = (event) => /** @type {CustomEvent} */ (event).detail;

/** @param {string} words @param {boolean} good */
function say(words, good) {
  const place = document.querySelector("[data-board-state]");
  const text = place?.querySelector("span");
  if (!place || !text || text.textContent === words) return;
  text.textContent = words;
  place.classList.toggle("amber", !good);
  if (!good) announce(words);
}

/** The ids of the disclosures that somebody has opened. */
function opened() {
  return [...(board?.querySelectorAll("details[data-keep-open][open]") ?? [])].map((found) => found.id);
}

/** What changed for the person listening: the states in words, not the whole board. */
function summary() {
  return [...(board?.querySelectorAll(".evening") ?? [])].map((row) => `${row.querySelector("h2")?.textContent}: ${row.querySelector(".badge")?.textContent}`);
}

if (board instanceof HTMLElement) {
  let open = /** @type {string[]} */ ([]);
  let before = summary();
  board.addEventListener("htmx:configRequest", (event) => {
    // A page that refreshes itself is not a person who is there: it does not keep the login awake.
    Object.assign(detailOf(event).headers, { "X-Background": "1", [SEEN]: board.dataset.mark ?? "" });
  });
  board.addEventListener("htmx:beforeSwap", (event) => {
    const answer = detailOf(event).xhr;
    board.dataset.mark = answer.getResponseHeader(SEEN) ?? "";
    open = opened();
    // The sign-in page instead of the board: the login has ended.
    if (!answer.getResponseHeader(SEEN)) { detailOf(event).shouldSwap = false; location.reload(); }
  });
  board.addEventListener("htmx:afterSwap", () => {
    for (const id of open) {
      const found = document.getElementById(id);
      if (found instanceof HTMLDetailsElement) found.open = true;
    }
    const now = summary();
    const news = now.filter((line) => !before.includes(line));
    if (news.length) announce(news.join(". "));
    before = now;
  });
  board.addEventListener("htmx:afterRequest", (event) => {
    const fine = detailOf(event).successful;
    say(fine ? "Up to date" : "Cannot reach the server. Trying again.", fine);
  });
}
