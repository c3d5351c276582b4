/** The question for the token, where the server wants one. */

import { h } from "./dom.js";

/** @type {Promise<void> | null} */
let asking = null;

/**
 * Ask for the token until the server takes it. Several requests that wait ask once.
 *
 * @param {import("./api.js").Api} api
 * @returns {Promise<void>} rejects if the person gives up
 */
export function askForToken(api) {
  asking ??= ask(api).finally(() => {
    asking = null;
  });
  return asking;
}

/** @param {import("./api.js").Api} api @returns {Promise<void>} */
function ask(api) {
  return new Promise((resolve, reject) => {
    const field = h("input", {
      id: "token",
      type: "password",
      autocomplete: "current-password",
      required: true,
      "aria-describedby": "token-help token-problem",
    });
    const problem = h("p", { id: "token-problem", class: "field-problem", role: "alert" });
    const dialog = h(
      "dialog",
      { class: "dialog token-dialog", "aria-labelledby": "token-title" },
      h(
        "form",
        { onsubmit: send },
        h("h2", { id: "token-title" }, "Token needed"),
        h("p", { id: "token-help" }, "Whoever started this server has its token."),
        h("label", { for: "token" }, "Token"),
        field,
        problem,
        h("div", { class: "dialog-buttons" }, h("button", { class: "button primary" }, "Continue")),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      reject(new Error("No token was given. Reload the page to try again."));
    });
    document.body.append(dialog);
    dialog.showModal();

    /** @param {SubmitEvent} event */
    async function send(event) {
      event.preventDefault();
      try {
        await api.openSession(field.value);
        resolve();
        dialog.close();
      } catch (error) {
        problem.textContent = error instanceof Error ? error.message : String(error);
        field.select();
      }
    }
  });
}
