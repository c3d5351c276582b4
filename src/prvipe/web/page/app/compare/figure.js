/** One of the two people: the source frame where there is one, and the joints that differ. */

import { createFilm } from "../align/film.js";
import { personBounds, widen } from "../align/framing.js";
import { h, svg } from "../dom.js";
import { drawPose, jointName } from "../skeleton.js";

/** @typedef {import("./subject.js").Subject} Subject */
/** @typedef {"apart" | "perhaps apart" | "no clear difference"} JointVerdict */

const STROKE = 1 / 48;
const STROKE_ON_PICTURE = 1 / 72;
const CLASSES = { apart: "is-apart", "perhaps apart": "is-perhaps", "no clear difference": "is-alike" };

/**
 * @param {"A" | "B"} letter
 * @returns {{element: HTMLElement, show: (subject: Subject | null) => void,
 *   mark: (verdicts: Map<number, JointVerdict>, link: import("./joint_link.js").JointLink | null) => void,
 *   dispose: () => void}}
 */
export function createFigure(letter) {
  const image = h("img", { class: "figure-picture", alt: "", hidden: true });
  const bones = svg("g", {});
  const marks = svg("g", {});
  const label = svg("text", { class: "joint-label", "text-anchor": "middle" });
  const drawing = svg("svg", { class: "figure-pose", role: "img", "aria-label": `${letter}: no pose` }, bones, marks, label);
  const note = h("p", { class: "stage-note", hidden: true });
  const screen = h("div", { class: "figure-screen" }, image, drawing, note);
  /** @type {Subject | null} */
  let subject = null;
  let view = { x: 0, y: 0, width: 1, height: 1 };
  /** @type {(ReturnType<typeof createFilm> & {url: string}) | null} */
  let film = null;

  image.addEventListener("error", () => {
    if (!image.hidden) say("The picture cannot be shown.");
    image.hidden = true;
  });

  function place() {
    const { clientWidth: width, clientHeight: height } = screen;
    const person = subject && personBounds([subject.keypoints]);
    if (!person || !width || !height) return;
    const size = subject?.picture?.size ?? null;
    view = widen(person, width / height, size);
    drawing.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    if (size === null) return;
    film?.place(view, size, { width, height });
    const scale = width / view.width;
    image.style.width = `${size.width * scale}px`;
    image.style.height = `${size.height * scale}px`;
    image.style.left = `${-view.x * scale}px`;
    image.style.top = `${-view.y * scale}px`;
  }

  function say(/** @type {string} */ words) {
    note.textContent = words;
    note.hidden = words === "";
  }

  /** @param {import("./subject.js").Picture | null} picture */
  function showFilm(picture) {
    const { url, time } = picture ?? {};
    if (film !== null && (time === undefined || film.url !== url)) {
      film.element.remove();
      film.dispose();
      film = null;
    }
    if (url === undefined || time === undefined) return;
    if (film === null) {
      film = { ...createFilm(url), url };
      screen.prepend(film.element);
    }
    film.seek(time);
  }

  function strokeSize() {
    const height = personBounds(subject ? [subject.keypoints] : [])?.height ?? 1;
    return height * (subject?.picture ? STROKE_ON_PICTURE : STROKE);
  }

  function showLabel(/** @type {number | null} */ joint) {
    const point = joint === null ? null : subject?.keypoints[joint];
    label.textContent = point ? jointName(/** @type {number} */ (joint)) : "";
    if (!point) return;
    const size = view.height / 32;
    const half = (label.textContent.length * size) / 3.4;
    const x = Math.min(Math.max(point[0], view.x + half), view.x + view.width - half);
    const above = point[1] - view.y > view.height / 6;
    label.setAttribute("x", String(x));
    label.setAttribute("y", String(point[1] + (above ? -size * 1.1 : size * 1.9)));
    label.setAttribute("font-size", String(size));
    label.setAttribute("stroke-width", String(size / 4));
  }

  const observer = new ResizeObserver(place);
  observer.observe(screen);

  return {
    element: screen,

    show(next) {
      subject = next;
      screen.classList.toggle("has-pictures", Boolean(next?.picture));
      const still = next?.picture?.time === undefined ? next?.picture : null;
      showFilm(next?.picture ?? null);
      image.hidden = !still;
      if (next && still) {
        image.src = still.url;
        image.alt = `The frame of ${letter}: ${next.name}`;
      } else {
        image.removeAttribute("src");
      }
      say("");
      place();
      marks.replaceChildren();
      showLabel(null);
      if (next) drawPose(bones, next.keypoints, { fit: null, size: strokeSize() });
      else bones.replaceChildren();
      const seen = next?.keypoints.filter((point) => point !== null).length ?? 0;
      drawing.setAttribute("aria-label", next ? `${letter}: pose with ${seen} of 13 joints` : `${letter}: no pose`);
    },

    mark(verdicts, link) {
      const size = strokeSize();
      const rings = [...verdicts].map(([joint, verdict]) => {
        const point = subject?.keypoints[joint];
        if (!point || !link) return null;
        return svg(
          "g",
          {
            class: `joint-mark ${CLASSES[verdict]}`,
            "data-joint": joint,
            onpointerenter: () => link.point(joint),
            onpointerleave: () => link.point(null),
            onclick: () => link.pin(joint),
          },
          svg("circle", {
            class: "joint-ring",
            cx: point[0],
            cy: point[1],
            r: size * 2.7,
            "stroke-width": size * 0.8,
            "stroke-dasharray": verdict === "perhaps apart" ? `${size * 2} ${size * 1.2}` : null,
          }),
        );
      });
      marks.replaceChildren(...rings.filter((ring) => ring !== null));
      link?.subscribe((joint) => {
        for (const ring of marks.children) {
          ring.classList.toggle("is-pointed", ring.getAttribute("data-joint") === String(joint));
        }
        showLabel(joint);
      });
    },

    dispose() {
      observer.disconnect();
      showFilm(null);
    },
  };
}
