// What every page needs. A page's own script imports the single modules it uses.
import { startCountdowns } from "./countdown.js";
import { startDialogs } from "./dialog.js";
import { startDismiss } from "./dismiss.js";
import { startTabs } from "./tabs.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toast.js";

startTheme();
startDialogs();
startDismiss();
startTabs();
startCountdowns();
startToasts();

// Parts that htmx brings get the same treatment.
document.addEventListener("htmx:load", (event) => {
  if (event.target instanceof Element) startTabs(event.target);
});

// After a form came back with errors the reader is taken to their summary.
const summary = document.querySelector("[data-autofocus]");
if (summary instanceof HTMLElement) summary.focus();
