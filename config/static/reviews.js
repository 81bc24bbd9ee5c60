// The desk of a reviewer by keyboard: j and k walk, Shift with K, R and S decides. The buttons and
// links of the page do the same without it. Keys may be switched off (WCAG 2.1.4).
(() => {
  const form = document.querySelector("form[data-review]");
  const help = document.querySelector("[data-review-keys]");
  if (!form || !help) return;
  const toggle = help.querySelector("[data-review-toggle]");
  const reason = form.elements.namedItem("reason");
  const until = form.elements.namedItem("until");
  const needs = form.dataset.review === "doubts";
  const isOff = () => localStorage.getItem("review-keys") === "off";
  let pending = "";

  const tell = () => {
    toggle.textContent = isOff() ? "Turn the keys on" : "Turn the keys off";
  };
  help.hidden = false;
  toggle.addEventListener("click", () => {
    localStorage.setItem("review-keys", isOff() ? "on" : "off");
    tell();
  });
  tell();

  const button = (verdict) => form.querySelector(`button[value="${verdict}"]`);
  const decide = (verdict) => {
    const found = button(verdict);
    if (!found) return;
    if (!reason.value.trim() && (verdict !== "keep" || needs)) {
      pending = verdict;
      (verdict === "shorten" ? until : reason).focus();
    } else form.requestSubmit(found);
  };
  const follow = (rel) => {
    const link = document.querySelector(`.review-walk a[rel="${rel}"]`);
    if (link) location.assign(link.href);
  };
  const keys = {
    j: () => follow("next"),
    k: () => follow("prev"),
    K: () => decide("keep"),
    R: () => decide("revoke"),
    S: () => decide("shorten"),
  };

  // Enter in the reason would press the first button: it goes on with what was asked for instead.
  reason.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      pending = "";
      reason.blur();
    } else if (event.key === "Enter" && pending && reason.value.trim()) {
      event.preventDefault();
      form.requestSubmit(button(pending));
    }
  });
  until?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !reason.value.trim()) {
      event.preventDefault();
      pending = "shorten";
      reason.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isOff()) return;
    if (event.target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName))
      return;
    // By Shift itself: with Caps Lock on, the key that walks back would decide.
    const act = keys[event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();
