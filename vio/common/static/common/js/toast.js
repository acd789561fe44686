import { announce } from "./live.js";

/**
 * Shows a short line at the foot of the page. It goes by itself unless it has an action.
 * @param {string} words
 * @param {{action?: string, onAction?: () => void, seconds?: number}} [options]
 * @returns {HTMLElement | null} the toast, or null when the page has no place for it
 */
export function toast(words, { action = "", onAction = () => {}, seconds = 6 } = {}) {
  const place = document.getElementById("toasts");
  if (!place) return null;
  const box = document.createElement("div");
  box.className = "toast";
  const text = document.createElement("span");
  text.textContent = words;
  box.append(text, button(action || "Close", () => {
    if (action) onAction();
    box.remove();
  }));
  place.append(box);
  announce(words);
  if (!action) setTimeout(() => box.remove(), seconds * 1000);
  return box;
}

/**
 * @param {string} word
 * @param {() => void} onClick
 */
function button(word, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "toast-action";
  made.textContent = word;
  made.addEventListener("click", onClick);
  return made;
}

/** Shows a toast for every HX-Trigger {"toast": "words"} that an htmx answer carries. */
export function startToasts() {
  document.addEventListener("toast", (event) => {
    const detail = event instanceof CustomEvent ? event.detail : "";
    const words = typeof detail === "string" ? detail : detail?.value;
    if (words) toast(String(words));
  });
}
