// Native <dialog>: [data-dialog-open="id"] opens it, [data-dialog-close] closes it, a press on the veil closes it.

/** @param {string} id */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("[data-dialog-open]");
  if (opener instanceof HTMLElement) openDialog(opener.dataset.dialogOpen ?? "");
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) closer.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && onVeil(event.target, event)) event.target.close();
}

/**
 * Whether a press on the dialog element itself was outside its box. A form half typed must not be lost by a
 * slip of the thumb, so a dialog with a form stays.
 * @param {HTMLDialogElement} dialog
 * @param {MouseEvent} event
 */
function onVeil(dialog, event) {
  if (dialog.querySelector("form:not([method=dialog])")) return false;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return !inside;
}

/** Starts listening, once for the page; dialogs that arrive later work too. */
export function startDialogs() {
  document.addEventListener("click", onClick);
}
