// Light or dark: the system decides until a person presses the button. Only the word is stored, nothing else.

const KEY = "vio-theme";

/** @returns {"light" | "dark"} what is shown now */
export function shownTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** @param {"light" | "dark"} theme */
export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Not remembered, but shown.
  }
}

/** Makes every [data-theme-toggle] a switch. */
export function startTheme() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-theme-toggle]");
    if (button) setTheme(shownTheme() === "dark" ? "light" : "dark");
  });
}
