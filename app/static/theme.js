// Chooses the light or the dark theme before the first paint, and works the button that changes it.
// Loaded in <head> without `defer`, so that a dark page never flashes white.
(function () {
  "use strict";

  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const KEY = "secateur-theme";

  function chosen() {
    try {
      const value = window.localStorage.getItem(KEY);
      return value === "dark" || value === "light" ? value : null;
    } catch {
      return null; // storage is switched off: follow the system
    }
  }

  function remember(theme) {
    try {
      window.localStorage.setItem(KEY, theme);
    } catch {
      // the choice then lasts for this page
    }
  }

  function apply(theme) {
    root.setAttribute("data-bs-theme", theme);
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(theme === "dark"));
      button.hidden = false;
    }
  }

  function current() {
    return chosen() ?? (system.matches ? "dark" : "light");
  }

  apply(current());
  system.addEventListener("change", () => apply(current()));
  window.addEventListener("storage", () => apply(current()));
  document.addEventListener("DOMContentLoaded", () => apply(current()));
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
    const theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    remember(theme);
    apply(theme);
  });
})();
