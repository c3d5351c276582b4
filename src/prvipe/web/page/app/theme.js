/** The switch between light, dark and what the system says. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const ORDER = ["system", "light", "dark"];
/** @type {Record<string, Parameters<typeof icon>[0]>} */
const ICONS = { system: "system", light: "sun", dark: "moon" };

/** @returns {HTMLElement} */
export function createThemeSwitch() {
  const button = h("button", { type: "button", class: "icon-button", onclick: next });
  show(document.documentElement.dataset.theme ?? "system");
  return button;

  function next() {
    const now = document.documentElement.dataset.theme ?? "system";
    const theme = ORDER[(ORDER.indexOf(now) + 1) % ORDER.length];
    if (theme === "system") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem("prvipe-theme");
    } else {
      document.documentElement.dataset.theme = theme;
      localStorage.setItem("prvipe-theme", theme);
    }
    show(theme);
    // Canvases hold colours of the old theme.
    dispatchEvent(new CustomEvent("themechange"));
  }

  /** @param {string} theme */
  function show(theme) {
    button.replaceChildren(icon(ICONS[theme]));
    button.setAttribute("aria-label", `Colours: ${theme}`);
    button.title = `Colours: ${theme}`;
  }
}
