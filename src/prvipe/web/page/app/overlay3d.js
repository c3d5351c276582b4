/** Two poses in one 3D scene; what it needs to draw is fetched when the first one is made. */

export { createOverlay } from "./overlay3d/overlay.js";
