// Tabs by the ARIA pattern: [data-tabs] holds .tab buttons with aria-controls; arrow keys move, the panel follows.
// [data-tabs-until="72rem"]: above that width all panels show side by side and the row of tabs is hidden.

/** @param {Element} box */
function tabsOf(box) {
  return /** @type {HTMLElement[]} */ ([...box.querySelectorAll("[role=tab]")]);
}

/** @param {HTMLElement} tab */
function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls") ?? "");
}

/**
 * @param {HTMLElement[]} tabs
 * @param {HTMLElement} chosen
 */
function choose(tabs, chosen) {
  for (const tab of tabs) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    const panel = panelOf(tab);
    if (panel) panel.hidden = !on;
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} tabs
 */
function onKey(event, tabs) {
  const at = tabs.indexOf(/** @type {HTMLElement} */ (event.target));
  /** @type {Record<string, number>} */
  const moves = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
  if (at < 0 || !(event.key in moves)) return;
  event.preventDefault();
  const next = tabs[(moves[event.key] + tabs.length) % tabs.length];
  choose(tabs, next);
  next.focus();
}

/** @param {HTMLElement} box */
function start(box) {
  const tabs = tabsOf(box);
  if (!tabs.length || box.dataset.tabsReady) return;
  box.dataset.tabsReady = "yes";
  for (const tab of tabs) tab.addEventListener("click", () => choose(tabs, tab));
  box.addEventListener("keydown", (event) => onKey(event, tabs));
  const selected = () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0];
  const until = box.dataset.tabsUntil;
  if (!until) return choose(tabs, selected());
  const wide = matchMedia(`(min-width: ${until})`);
  const fold = () => {
    box.hidden = wide.matches;
    for (const tab of tabs) {
      const panel = panelOf(tab);
      if (!panel) continue;
      panel.toggleAttribute("role", false);
      if (!wide.matches) panel.setAttribute("role", "tabpanel");
      if (wide.matches) panel.hidden = false;
    }
    if (!wide.matches) choose(tabs, selected());
  };
  wide.addEventListener("change", fold);
  fold();
}

/** Starts the tabs of a page or of a part that htmx brought. */
export function startTabs(root = /** @type {ParentNode} */ (document)) {
  for (const box of root.querySelectorAll("[data-tabs]")) if (box instanceof HTMLElement) start(box);
}
