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
 * @typedef {{line: string, halo: string, accent: string, size: number}} Look
 *   colours, and how much larger than on a desk all is drawn
 */

const NUMBERED = 20;

/**
 * @param {CanvasRenderingContext2D} context - in CSS pixels.
 * @param {import("./viewport.js").Viewport} viewport
 * @param {Marks} marks
 * @param {Look} look
 */
export function drawMarks(context, viewport, marks, look) {
  if (marks.outline) drawOutline(context, viewport, marks.outline, look);
  for (let rank = marks.results.length - 1; rank >= 0; rank -= 1) {
    drawResult(context, viewport.toScreen(...marks.results[rank]), rank, look);
  }
  if (marks.query) drawQuery(context, viewport.toScreen(...marks.query.place), marks.query.exact, look);
  if (marks.pinned) ring(context, viewport.toScreen(...marks.pinned), 7, 2, look.line, look);
  if (marks.highlight) ring(context, viewport.toScreen(...marks.highlight), 9, 3, look.line, look);
  if (marks.cross) drawCross(context, viewport, look);
}

/**
 * A circle that stands out on every ground.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Place} middle
 * @param {number} radius
 * @param {number} width
 * @param {string} color
 * @param {Look} look
 */
function ring(context, [left, top], radius, width, color, look) {
  for (const [style, thickness] of [[look.halo, width + 2.5], [color, width]]) {
    context.strokeStyle = String(style);
    context.lineWidth = Number(thickness) * look.size;
    context.beginPath();
    context.arc(left, top, radius * look.size, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {Place} middle @param {number} rank @param {Look} look */
function drawResult(context, [left, top], rank, look) {
  if (rank >= NUMBERED) {
    ring(context, [left, top], 5, 1.5, look.accent, look);
    return;
  }
  context.beginPath();
  context.arc(left, top, 8.5 * look.size, 0, 2 * Math.PI);
  context.fillStyle = look.accent;
  context.fill();
  context.strokeStyle = look.halo;
  context.lineWidth = 1.5;
  context.stroke();
  context.fillStyle = look.halo;
  context.font = `600 ${10 * look.size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(rank + 1), left, top + 0.5);
}

/** @param {CanvasRenderingContext2D} context @param {Place} middle @param {boolean} exact @param {Look} look */
function drawQuery(context, [left, top], exact, look) {
  context.save();
  if (!exact) context.setLineDash([4, 3]);
  ring(context, [left, top], 14, 2.5, look.line, look);
  context.restore();
  label(context, "query", left, top - 24 * look.size, look);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} left @param {number} top @param {Look} look */
function label(context, text, left, top, look) {
  context.font = `600 ${12 * look.size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = look.halo;
  context.strokeText(text, left, top);
  context.fillStyle = look.line;
  context.fillText(text, left, top);
}

/** @param {CanvasRenderingContext2D} context @param {import("./viewport.js").Viewport} viewport @param {Place[]} outline @param {Look} look */
function drawOutline(context, viewport, outline, look) {
  context.beginPath();
  for (const place of outline) context.lineTo(...viewport.toScreen(...place));
  context.closePath();
  context.save();
  context.globalAlpha = 0.12;
  context.fillStyle = look.accent;
  context.fill();
  context.restore();
  context.strokeStyle = look.accent;
  context.lineWidth = 2;
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {import("./viewport.js").Viewport} viewport @param {Look} look */
function drawCross(context, viewport, look) {
  const [left, top] = [viewport.width / 2, viewport.height / 2];
  for (const [style, width] of [[look.halo, 4], [look.line, 1.5]]) {
    context.strokeStyle = String(style);
    context.lineWidth = Number(width);
    context.beginPath();
    for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(left + 6 * look.size * right, top + 6 * look.size * down);
      context.lineTo(left + 16 * look.size * right, top + 16 * look.size * down);
    }
    context.stroke();
  }
}
