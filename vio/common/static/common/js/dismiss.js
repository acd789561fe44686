// <details data-dismiss> closes on Escape and on a press elsewhere; [data-dismiss-target] removes what it stands in.

/** @param {Event} event */
function onPress(event) {
  const target = event.target instanceof Element ? event.target : null;
  for (const open of document.querySelectorAll("details[data-dismiss][open]")) {
    if (open instanceof HTMLDetailsElement && !(target && open.contains(target))) open.open = false;
  }
  const button = target?.closest("[data-dismiss-target]");
  if (button instanceof HTMLElement) button.closest(button.dataset.dismissTarget ?? "")?.remove();
}

/** @param {KeyboardEvent} event */
function onEscape(event) {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details[data-dismiss][open]")) {
    if (!(open instanceof HTMLDetailsElement)) continue;
    open.open = false;
    open.querySelector("summary")?.focus();
  }
}

/** Starts listening, once for the page. */
export function startDismiss() {
  document.addEventListener("click", onPress);
  document.addEventListener("keydown", onEscape);
}
