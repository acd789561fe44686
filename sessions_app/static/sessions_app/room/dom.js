// Drawing without surprises: text is only ever text, rows keep their element, and the focus never falls off the page.

/** @param {Element | null | undefined} element @param {string} words */
export function setText(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

/** @param {Element | Document | DocumentFragment} root @param {string} name */
export function slot(root, name) {
  return /** @type {HTMLElement | null} */ (root.querySelector(`[data-slot="${name}"]`));
}

/** @param {string} id a <template> of the page @returns {HTMLElement} its first element, copied */
export function fromTemplate(id) {
  const found = document.getElementById(id);
  if (!(found instanceof HTMLTemplateElement)) throw new Error(`no template ${id}`);
  return /** @type {HTMLElement} */ (/** @type {Element} */ (found.content.firstElementChild).cloneNode(true));
}

/** @param {Element} element */
const focusable = (element) => /** @type {HTMLElement[]} */ ([...element.querySelectorAll("a[href], button:not(:disabled), summary, input, select, textarea")]).filter((found) => !found.closest("[hidden]") && found.getClientRects().length > 0);

/**
 * Where the focus goes when the element that has it goes away: the next row, the one before, or the heading above.
 * @param {Element} leaving
 */
function nextHome(leaving) {
  for (const near of [leaving.nextElementSibling, leaving.previousElementSibling]) {
    const [first] = near && !near.hasAttribute("hidden") ? (near.matches("button, a[href]") ? [/** @type {HTMLElement} */ (near)] : focusable(near)) : [];
    if (first) return first;
  }
  const heading = leaving.closest("section, .card, .zone")?.querySelector("h1, h2, h3") ?? document.getElementById("main");
  if (heading instanceof HTMLElement && !heading.hasAttribute("tabindex")) heading.tabIndex = -1;
  return /** @type {HTMLElement | null} */ (heading);
}

/** Runs a change that may take `leaving` away, and hands the focus on if it was inside. @param {Element} leaving @param {() => void} change */
function handOn(leaving, change) {
  const had = leaving.contains(document.activeElement);
  const home = had ? nextHome(leaving) : null;
  change();
  if (had) home?.focus({ preventScroll: true });
}

/** Shows or hides one element. @param {Element | null | undefined} element @param {boolean} on */
export function show(element, on) {
  if (!(element instanceof HTMLElement) || element.hidden === !on) return;
  if (on) element.hidden = false;
  else handOn(element, () => { element.hidden = true; });
}

/**
 * Keeps a list in step with its items. An item keeps its element as long as it stays in the list, so that focus,
 * open menus and half-read lines stay where they are; elements move only when the order really changed.
 * @template T
 * @param {Element | null} list
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => HTMLElement} make
 * @param {(element: HTMLElement, item: T) => void} update
 */
export function keep(list, items, key, make, update) {
  if (!list) return;
  const have = new Map([...list.children].map((element) => [/** @type {HTMLElement} */ (element).dataset.key ?? "", /** @type {HTMLElement} */ (element)]));
  const wanted = new Set(items.map(key));
  for (const [name, element] of have) if (!wanted.has(name)) handOn(element, () => element.remove());
  let at = list.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let element = have.get(name);
    if (!element) {
      element = make(item);
      element.dataset.key = name;
    }
    update(element, item);
    if (element === at) at = at.nextElementSibling;
    else list.insertBefore(element, at);
  }
}

/** @param {Element} root @param {string} name @param {() => void} act */
export function onPress(root, name, act) {
  for (const button of root.querySelectorAll(`[data-act="${name}"]`)) button.addEventListener("click", act);
}
