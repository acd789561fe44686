// The note beside the room: saved while one types, never lost, and never in the way of what is being typed.
const RETRY_MS = 5_000;

/** @param {Element} box @returns {() => boolean} whether something typed is not saved */
export function keepNote(box) {
  let retry = 0;
  const form = () => /** @type {HTMLFormElement | null} */ (box.querySelector("form[data-note]"));
  const say = (/** @type {string} */ words) => {
    const place = box.querySelector("#note-state");
    if (place) place.textContent = words;
  };
  let dirty = false;
  box.addEventListener("input", () => { dirty = true; say("Not saved yet"); });
  box.addEventListener("htmx:beforeSwap", (event) => {
    const detail = /** @type {CustomEvent} */ (event).detail;
    // A refusal carries its reason in the same fragment: show it.
    // The sign-in page came instead: nothing was saved.
    if (!detail.xhr.responseText.includes("note-")) {
      Object.assign(detail, { shouldSwap: false });
      dirty = true;
      say("Not saved: you were signed out. Keep this page, sign in in another tab, then press Save.");
    }
    if ([409, 422].includes(detail.xhr.status) && detail.xhr.responseText.includes("note-state")) Object.assign(detail, { shouldSwap: true, isError: false });
  });
  box.addEventListener("htmx:beforeRequest", () => { dirty = false; });
  for (const trouble of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    box.addEventListener(trouble, () => {
      dirty = true;
      if (!form()) {
        box.querySelector("p")?.replaceChildren("The note could not be loaded. Reload the page to try again.");
        return;
      }
      say("Not saved yet. Trying again.");
      clearTimeout(retry);
      retry = setTimeout(() => form()?.requestSubmit(), RETRY_MS);
    });
  }
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  return () => dirty;
}
