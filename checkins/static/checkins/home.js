// The client's home: when the room opens or the group begins, the page shows it without being touched.
document.addEventListener("countdown:done", () => {
  // The header keeps the login's idle clock running: nobody pressed anything.
  fetch(location.href, { headers: { "X-Background": "1" } })
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("home");
      const shown = document.getElementById("home");
      if (fresh && shown) shown.replaceWith(fresh);
    })
    .catch(() => {});
});
