// The desk: the bell rings, the queue is fetched; the keyboard does everything.
import { announce } from "../common/js/live.js";
import { toast } from "../common/js/toast.js";

const POLL_MS = 5000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15000;
const desk = document.querySelector("[data-desk]");

/** @returns {HTMLElement | null} */
const queue = () => document.querySelector("[data-queue]");
const items = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".queue-item[data-alert]")]);
const rows = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("a.queue-item")]);
const context = () => document.getElementById("context");

/** Whether somebody is in the middle of writing on the right side. */
function writing() {
  return [...(context()?.querySelectorAll("textarea") ?? [])].some((area) => area.value.trim());
}

/** The number of waiting alerts stands in the title; what they are about does not. */
function title() {
  const waiting = Number(queue()?.dataset.waiting ?? 0);
  document.title = waiting ? `(${waiting}) Desk` : "Desk";
}

let fetching = false;
let askedAgain = false;

/** Draws the queue anew; asks once more if the bell rang meanwhile. */
export async function refresh() {
  if (!(desk instanceof HTMLElement)) return;
  if (fetching) { askedAgain = true; return; }
  fetching = true;
  try {
    const shown = context()?.querySelector("[data-alert-shown]");
    const chosen = shown instanceof HTMLElement ? shown.dataset.alertShown : "";
    const url = `${desk.dataset.queueUrl}${chosen ? `&alert=${chosen}` : ""}`;
    const answer = await fetch(url, { headers: { "X-Background": "1" }, redirect: "manual" });
    if (answer.ok) draw(await answer.text(), chosen ?? "");
    if (answer.type === "opaqueredirect" || answer.status === 401) location.reload();
  } catch {
    live("Trying to reach the server");
  } finally {
    fetching = false;
  }
  if (askedAgain) { askedAgain = false; refresh(); }
}

/** @param {string} text @param {string} chosen */
function draw(text, chosen) {
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-left]");
  const old = document.querySelector("[data-left]");
  if (!fresh || !old) return;
  const focused = document.activeElement instanceof HTMLAnchorElement && old.contains(document.activeElement) ? document.activeElement.href : "";
  const before = Number(queue()?.dataset.waiting ?? 0);
  old.replaceWith(fresh);
  // @ts-ignore: htmx is a classic script
  globalThis.htmx?.process(fresh);
  if (focused) rows().find((row) => row.href === focused)?.focus();
  const waiting = Number(queue()?.dataset.waiting ?? 0);
  if (waiting > before) announce(`${waiting} waiting on the desk`, { now: true });
  title();
  follow(chosen);
}

/** The right side follows its alert, but never under somebody's hands. @param {string} chosen */
function follow(chosen) {
  const shown = context()?.querySelector("[data-alert-shown]");
  const row = items().find((item) => item.dataset.alert === chosen);
  // A queue that was asked for before our own act may arrive after its answer: only what is newer is followed.
  if (!(shown instanceof HTMLElement) || !row || Number(row.dataset.version) <= Number(shown.dataset.version)) return;
  if (writing()) {
    tellOfChange(shown);
    return;
  }
  // @ts-ignore: htmx is a classic script
  globalThis.htmx?.ajax("GET", row.getAttribute("hx-get"), { target: "#context", swap: "innerHTML", headers: { "X-Background": "1" } });
}

/** Says once that somebody else changed what is being written about. @param {HTMLElement} shown */
function tellOfChange(shown) {
  if (!shown.dataset.told) toast("This alert has changed since you opened it. What you typed is kept.");
  shown.dataset.told = "yes";
}

/** @param {string} words */
function live(words) {
  const place = document.querySelector("[data-live-state]");
  if (!(place instanceof HTMLElement)) return;
  place.hidden = false;
  const text = place.querySelector("span");
  if (text && text.textContent !== words) text.textContent = words;
}

let polling = 0;

/** @param {boolean} on */
function poll(on) {
  clearInterval(polling);
  polling = on ? setInterval(refresh, POLL_MS) : 0;
}

/** @param {number} wait */
function connect(wait) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/desk/`);
  let next = wait;
  let beat = 0;
  socket.addEventListener("open", () => {
    next = FIRST_RETRY_MS;
    beat = setInterval(() => socket.send(JSON.stringify({ id: crypto.randomUUID(), type: "ping" })), 10000);
    poll(false);
    live("Live");
    refresh();
  });
  socket.addEventListener("message", (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "desk.rang") refresh();
  });
  socket.addEventListener("close", (event) => {
    clearInterval(beat);
    poll(true);
    live("Every 5 seconds");
    if (event.code >= 4400 && event.code < 4500) { location.reload(); return; }
    setTimeout(() => connect(Math.min(next * 2, LAST_RETRY_MS)), Math.random() * next);
  });
}

/** @param {number} by */
function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((item) => item === document.activeElement || item.getAttribute("aria-current"));
  all[Math.min(Math.max(at + by, 0), all.length - 1)].focus();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = event.target instanceof Element ? event.target : null;
  if (event.ctrlKey || event.metaKey || event.altKey || target?.closest("input, textarea, select")) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "a") context()?.querySelector("[data-key=a]")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  else if (event.key === "r") openResolve(event);
}

/** @param {KeyboardEvent} event */
function openResolve(event) {
  const box = context()?.querySelector("[data-resolve]");
  if (!(box instanceof HTMLDetailsElement)) return;
  event.preventDefault();
  box.open = true;
  box.querySelector("textarea")?.focus();
}

// A refused act (409, 422) comes back as the same part with what was typed: it is shown, not thrown away.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = /** @type {CustomEvent} */ (event).detail;
  const shown = context()?.querySelector("[data-alert-shown]");
  // Somebody began to write while the newer state was on its way.
  if (detail.requestConfig.headers["X-Background"] && detail.target === context() && shown instanceof HTMLElement && writing()) {
    detail.shouldSwap = false;
    tellOfChange(shown);
    return;
  }
  if (String(detail.xhr.responseText).includes("data-alert-shown")) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});
document.addEventListener("desk:changed", () => refresh());
document.addEventListener("htmx:afterSettle", () => {
  const shown = context()?.querySelector("[data-alert-shown]");
  if (!(shown instanceof HTMLElement)) return;
  for (const item of items()) {
    item.toggleAttribute("aria-current", false);
    if (item.dataset.alert === shown.dataset.alertShown) item.setAttribute("aria-current", "true");
  }
});
document.addEventListener("keydown", onKey);
if (desk) {
  title();
  connect(FIRST_RETRY_MS);
}
