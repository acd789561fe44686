// Runs before the first paint, so that a chosen theme does not flash. The rest is in theme.js.
try {
  const chosen = localStorage.getItem("vio-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be closed to us (private window); the system's choice then stands.
}
