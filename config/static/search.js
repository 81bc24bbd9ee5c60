// The key "/" leads to the search box of the page, or to the catalog's; arrows walk its results.
// A single key may be switched off (WCAG 2.1.4): the choice is kept in this browser.
(() => {
  const link = document.querySelector("a[data-search]");
  const toggle = document.querySelector("button[data-search-key]");
  const box = () => document.querySelector("main input[type=search]");
  const isOff = () => localStorage.getItem("search-key") === "off";

  const tell = () => {
    toggle.textContent = isOff() ? "Turn the key / on" : "Turn the key / off";
  };
  if (toggle) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      localStorage.setItem("search-key", isOff() ? "on" : "off");
      tell();
    });
    tell();
  }

  const isField = (one) => one.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(one.tagName);
  const results = (input) => {
    const place = document.getElementById(input.getAttribute("aria-controls"));
    return place ? [...place.querySelectorAll("tbody th[scope=row] > a:first-child")] : [];
  };

  const toBox = (event) => {
    const input = box();
    if (!input && !link) return;
    event.preventDefault();
    if (!input) location.assign(link.href);
    else {
      input.focus();
      input.select();
    }
  };

  const walk = (event) => {
    const input = box();
    if (!input) return;
    const all = results(input);
    const at = event.target === input ? -1 : all.indexOf(event.target);
    if (at < 0 && event.target !== input) return;
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (next < -1 || next >= all.length) return;
    event.preventDefault();
    if (next >= 0) all[next].focus();
    else {
      input.focus();
      input.setSelectionRange(input.value.length, input.value.length);
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "/" && !isField(event.target) && !isOff()) toBox(event);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") walk(event);
  });
})();
