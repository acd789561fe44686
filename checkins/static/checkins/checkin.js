// The check-in: three short steps instead of one long form, and patience when the network is gone.
// Answers stay in the form and nowhere else: nothing is written to the browser's storage.
import { announce } from "../common/js/live.js";

const RETRY_MS = 5000;

/**
 * Which step holds the first field with an error, or the first step.
 * @param {Element[]} steps
 */
export function firstWithError(steps) {
  const found = steps.findIndex((step) => step.querySelector(".field-error"));
  return found < 0 ? 0 : found;
}

/** @param {string} word @param {string} classes @param {() => void} onClick */
function button(word, classes, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `btn ${classes}`;
  made.textContent = word;
  made.addEventListener("click", onClick);
  return made;
}

/** @param {number} count */
function progress(count) {
  const list = document.createElement("ol");
  list.className = "steps";
  for (let at = 0; at < count; at += 1) list.append(document.createElement("li"));
  return list;
}

/** @param {HTMLFormElement} form */
function startSteps(form) {
  const steps = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-step]")]);
  const actions = form.querySelector("[data-actions]");
  const send = actions?.querySelector("button[type=submit]");
  if (!actions || !(send instanceof HTMLElement) || steps.length < 2) return;
  const marks = progress(steps.length);
  form.prepend(marks);
  let at = firstWithError(steps);
  const back = button("Back", "btn-quiet", () => show(at - 1, true));
  const next = button("Next", "btn-primary btn-large", () => show(at + 1, true));
  actions.prepend(back, next);

  /** @param {number} to @param {boolean} [move] */
  function show(to, move = false) {
    at = Math.min(Math.max(to, 0), steps.length - 1);
    steps.forEach((step, index) => { step.hidden = index !== at; });
    back.hidden = at === 0;
    next.hidden = at === steps.length - 1;
    /** @type {HTMLElement} */ (send).hidden = at !== steps.length - 1;
    [...marks.children].forEach((mark, index) => {
      mark.toggleAttribute("aria-current", false);
      if (index === at) mark.setAttribute("aria-current", "step");
      mark.classList.toggle("is-done", index < at);
    });
    marks.setAttribute("aria-label", `Step ${at + 1} of ${steps.length}`);
    if (!move) return;
    announce(`Step ${at + 1} of ${steps.length}`);
    steps[at].querySelector("input, textarea")?.scrollIntoView({ block: "center" });
  }
  // Enter in a text field goes on to the next step instead of sending half a form.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || at === steps.length - 1 || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    show(at + 1, true);
  });
  show(at);
}

/** @param {HTMLFormElement} form @param {string} words */
function say(form, words) {
  const place = form.querySelector("[data-send-state]");
  if (!(place instanceof HTMLElement)) return;
  place.hidden = !words;
  place.textContent = words;
  if (words) announce(words);
}

/** @param {HTMLFormElement} form */
function startSending(form) {
  let waiting = 0;
  const again = () => {
    clearTimeout(waiting);
    if (form.isConnected) form.requestSubmit();
  };
  form.addEventListener("htmx:configRequest", (event) => {
    const stamp = form.querySelector("[name=device_at]");
    if (!(stamp instanceof HTMLInputElement)) return;
    // The first try says when it was answered; later tries of the same answers keep it.
    stamp.value ||= new Date().toISOString();
    /** @type {CustomEvent} */ (event).detail.parameters.device_at = stamp.value;
  });
  form.addEventListener("htmx:sendError", () => {
    say(form, "You are offline. Your answers are not sent yet. They stay on this page, and we keep trying. If you need someone now, call or text 988.");
    clearTimeout(waiting);
    waiting = setTimeout(again, RETRY_MS);
  });
  form.addEventListener("change", () => {
    // Changed answers are another filling-in: they carry their own time.
    const stamp = form.querySelector("[name=device_at]");
    if (stamp instanceof HTMLInputElement) stamp.value = "";
  });
  addEventListener("online", () => { if (waiting) again(); });
}

/** @param {ParentNode} root */
function start(root) {
  for (const form of root.querySelectorAll("form[data-checkin]")) {
    if (!(form instanceof HTMLFormElement) || form.dataset.ready) continue;
    form.dataset.ready = "yes";
    startSteps(form);
    startSending(form);
  }
}

// The form's own page is shown whatever its status; any other answer leaves the form with its answers standing.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = /** @type {CustomEvent} */ (event).detail;
  const form = detail.requestConfig?.elt;
  if (!(form instanceof HTMLFormElement) || !("checkin" in form.dataset)) return;
  const ours = String(detail.xhr.responseText).includes('id="checkin"');
  detail.shouldSwap = ours;
  detail.isError = !ours;
  if (!ours) say(form, "We could not take your answers yet. They are still here. If you were signed out, sign in in another tab, then press Send again.");
});
start(document);
document.addEventListener("htmx:load", (event) => {
  if (!(event.target instanceof Element)) return;
  start(event.target.parentElement ?? document);
  const help = event.target.querySelector("#crisis-title");
  if (help) announce("Please call or text 988 now. You do not have to be alone with this.", { now: true });
});
