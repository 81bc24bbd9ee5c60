// The room without this file works as well: it only counts a clock forward, knows a few keys,
// and keeps what is being typed.
(() => {
  "use strict";
  const NBSP = "\u00a0";

  const words = (seconds) => {
    if (seconds < 60) return `${seconds}${NBSP}s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes}${NBSP}min`;
    const hours = Math.floor(minutes / 60);
    const pair = (large, unit, small, smaller) =>
      `${large}${NBSP}${unit}${small ? ` ${small}${NBSP}${smaller}` : ""}`;
    if (hours < 24) return pair(hours, "h", minutes % 60, "min");
    return pair(Math.floor(hours / 24), "d", hours % 24, "h");
  };

  // The server's clock rules; this one only says how much time has passed since the page came.
  const shown = new WeakMap();
  const count = () => {
    for (const node of document.querySelectorAll("[data-since]")) {
      const since = Date.parse(node.dataset.since);
      if (Number.isNaN(since)) continue;
      if (!shown.has(node)) shown.set(node, node.textContent);
      const text = words(Math.max(0, Math.floor((Date.now() - since) / 1000)));
      if (text !== node.textContent) node.textContent = text;
    }
  };
  setInterval(count, 5000);

  const isTyping = (target) =>
    target.closest && target.closest("input, select, textarea, [contenteditable]") !== null;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter" && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
    if (event.ctrlKey || event.metaKey || (isTyping(event.target) && !event.altKey)) return;
    const places = { n: "mystep", t: "entry", Digit1: "mystep", Digit2: "timeline", Digit3: "things", Digit4: "roles" };
    const pressed = event.altKey ? event.code : event.key.toLowerCase();
    const place = document.getElementById(places[pressed] || "");
    if (place) {
      event.preventDefault();
      if (!isTyping(place)) place.tabIndex = -1;
      place.focus();
      place.scrollIntoView({ block: "center" });
    }
  });

  // What others did arrives part by part; a part in which somebody is at work waits for the next.
  const isAtWork = (part) =>
    part.contains(document.activeElement)
      ? isTyping(document.activeElement)
      : part.querySelector("details[open]") !== null ||
        [...part.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (isAtWork(event.detail.target)) event.detail.shouldSwap = false;
  });

  // A draft belongs to its incident; it is dropped once the server has taken it.
  const key = (field) => `wardroom.draft.${field.dataset.draft}`;
  const restore = () => {
    for (const field of document.querySelectorAll("[data-draft]")) {
      const kept = sessionStorage.getItem(key(field));
      if (kept && !field.value) field.value = kept;
    }
  };
  document.addEventListener("input", (event) => {
    if (event.target.dataset && event.target.dataset.draft) {
      sessionStorage.setItem(key(event.target), event.target.value);
    }
  });
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector("[data-draft]");
    if (field && !event.target.hasAttribute("hx-post")) sessionStorage.removeItem(key(field));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const field = event.target.querySelector && event.target.querySelector("[data-draft]");
    if (field && event.detail.successful) sessionStorage.removeItem(key(field));
  });
  document.addEventListener("htmx:sendError", () => {
    const place = document.getElementById("say") || document.getElementById("step");
    if (!place || document.getElementById("offline")) return;
    const note = document.createElement("p");
    note.id = "offline";
    note.className = "notice warn";
    note.setAttribute("role", "alert");
    note.textContent = "No connection. What you type stays here; send it again once it is back: it is taken once.";
    place.prepend(note);
  });
  document.addEventListener("htmx:afterOnLoad", () => {
    const note = document.getElementById("offline");
    if (note) note.remove();
  });
  restore();
  count();
})();
