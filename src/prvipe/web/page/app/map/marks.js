/** What is drawn above the points: the query, its results, the point looked at, an outline. */

/**
 * Places are in the coordinates of the map.
 *
 * @typedef {[number, number]} Place
 * @typedef {object} Marks
 * @property {{place: Place, exact: boolean} | null} query - not exact: amid its results.
 * @property {Place[]} results - the best first.
 * @property {Place | null} highlight
 * @property {Place | null} pinned - the pose shown beside the map.
 * @property {Place[] | null} outline - of the poses being selected.
 * @property {boolean} cross - whether the middle is marked, for the keyboard.
 *
 * @typedef {{line: string, halo: string, accent: string}} Colors
 */

const NUMBERED = 20;

/**
 * @param {CanvasRenderingContext2D} context - in CSS pixels.
 * @param {import("./viewport.js").Viewport} viewport
 * @param {Marks} marks
 * @param {Colors} colors
 */
export function drawMarks(context, viewport, marks, colors) {
  if (marks.outline) drawOutline(context, viewport, marks.outline, colors);
  for (let rank = marks.results.length - 1; rank >= 0; rank -= 1) {
    drawResult(context, viewport.toScreen(...marks.results[rank]), rank, colors);
  }
  if (marks.query) drawQuery(context, viewport.toScreen(...marks.query.place), marks.query.exact, colors);
  if (marks.pinned) ring(context, viewport.toScreen(...marks.pinned), 7, 2, colors.line, colors);
  if (marks.highlight) ring(context, viewport.toScreen(...marks.highlight), 9, 3, colors.line, colors);
  if (marks.cross) drawCross(context, viewport, colors);
}

/**
 * A circle that stands out on every ground.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Place} middle
 * @param {number} radius
 * @param {number} width
 * @param {string} color
 * @param {Colors} colors
 */
function ring(context, [left, top], radius, width, color, colors) {
  for (const [style, thickness] of [[colors.halo, width + 2.5], [color, width]]) {
    context.strokeStyle = String(style);
    context.lineWidth = Number(thickness);
    context.beginPath();
    context.arc(left, top, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {Place} middle @param {number} rank @param {Colors} colors */
function drawResult(context, [left, top], rank, colors) {
  if (rank >= NUMBERED) {
    ring(context, [left, top], 5, 1.5, colors.accent, colors);
    return;
  }
  context.beginPath();
  context.arc(left, top, 8.5, 0, 2 * Math.PI);
  context.fillStyle = colors.accent;
  context.fill();
  context.strokeStyle = colors.halo;
  context.lineWidth = 1.5;
  context.stroke();
  context.fillStyle = colors.halo;
  context.font = "600 10px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(rank + 1), left, top + 0.5);
}

/** @param {CanvasRenderingContext2D} context @param {Place} middle @param {boolean} exact @param {Colors} colors */
function drawQuery(context, [left, top], exact, colors) {
  context.save();
  if (!exact) context.setLineDash([4, 3]);
  ring(context, [left, top], 14, 2.5, colors.line, colors);
  context.restore();
  label(context, "query", left, top - 24, colors);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} left @param {number} top @param {Colors} colors */
function label(context, text, left, top, colors) {
  context.font = "600 12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = colors.halo;
  context.strokeText(text, left, top);
  context.fillStyle = colors.line;
  context.fillText(text, left, top);
}

/** @param {CanvasRenderingContext2D} context @param {import("./viewport.js").Viewport} viewport @param {Place[]} outline @param {Colors} colors */
function drawOutline(context, viewport, outline, colors) {
  context.beginPath();
  for (const place of outline) context.lineTo(...viewport.toScreen(...place));
  context.closePath();
  context.save();
  context.globalAlpha = 0.12;
  context.fillStyle = colors.accent;
  context.fill();
  context.restore();
  context.strokeStyle = colors.accent;
  context.lineWidth = 2;
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {import("./viewport.js").Viewport} viewport @param {Colors} colors */
function drawCross(context, viewport, colors) {
  const [left, top] = [viewport.width / 2, viewport.height / 2];
  for (const [style, width] of [[colors.halo, 4], [colors.line, 1.5]]) {
    context.strokeStyle = String(style);
    context.lineWidth = Number(width);
    context.beginPath();
    for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(left + 6 * right, top + 6 * down);
      context.lineTo(left + 16 * right, top + 16 * down);
    }
    context.stroke();
  }
}
