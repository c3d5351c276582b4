/** How clips are aligned, as far as one may want it otherwise. */

import { h } from "../dom.js";

/**
 * @typedef {{closedEnds: boolean, every: number, fps: number | null}} Settings
 */

/** @param {URLSearchParams} params @returns {Settings} */
export function readSettings(params) {
  const every = Number.parseInt(params.get("every") ?? "", 10);
  const fps = Number.parseFloat(params.get("fps") ?? "");
  return {
    closedEnds: params.get("ends") === "closed",
    every: every >= 1 ? every : 1,
    fps: fps > 0 ? fps : null,
  };
}

/** @param {Settings} settings @returns {Record<string, string | null>} parameters of the address */
export function writeSettings({ closedEnds, every, fps }) {
  return {
    ends: closedEnds ? "closed" : null,
    every: every > 1 ? String(every) : null,
    fps: fps === null ? null : String(fps),
  };
}

/** @param {Settings} settings @param {(settings: Settings) => void} onChange @returns {HTMLElement} */
export function createSettings(settings, onChange) {
  const ends = h("input", { type: "checkbox", checked: settings.closedEnds });
  const every = h("input", { type: "number", min: 1, max: 1000, step: 1, value: settings.every });
  const fps = h("input", { type: "number", min: 0, step: "any", value: settings.fps ?? "" });
  const tell = () =>
    onChange({
      closedEnds: ends.checked,
      every: Math.max(1, Math.round(Number(every.value)) || 1),
      fps: Number(fps.value) > 0 ? Number(fps.value) : null,
    });
  for (const input of [ends, every, fps]) input.addEventListener("change", tell);
  return h(
    "details",
    { class: "align-settings" },
    h("summary", {}, "Settings"),
    h(
      "div",
      { class: "settings-fields" },
      h("label", { class: "check" }, ends, "First frame with first, last with last"),
      h("label", {}, "Take one frame in ", every),
      h("label", {}, "Frames per second, if the clips do not say ", fps),
    ),
  );
}
