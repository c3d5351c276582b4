/** Both poses drawn with WebGL by three.js. */

import {
  AmbientLight,
  BufferGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  Float32BufferAttribute,
  Group,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshLambertMaterial,
  PerspectiveCamera,
  Scene,
  SphereGeometry,
  Vector3,
  WebGLRenderer,
} from "../../vendor/three.js";
import { HALF_VIEW } from "./orbit.js";

const UP = new Vector3(0, 1, 0);
const FULL_VIEW = (2 * Math.atan(HALF_VIEW) * 180) / Math.PI;

/**
 * @param {HTMLElement} root
 * @returns {import("./overlay.js").View}
 * @throws {Error} where there is no WebGL.
 */
export function createSolidView(root) {
  const renderer = new WebGLRenderer({ antialias: true, alpha: true });
  renderer.setPixelRatio(Math.min(2, devicePixelRatio || 1));
  renderer.domElement.classList.add("overlay-picture");
  renderer.domElement.setAttribute("aria-hidden", "true");
  root.prepend(renderer.domElement);
  const shapes = { ball: new SphereGeometry(1, 24, 16), bone: new CylinderGeometry(1, 1, 1, 16) };
  const scene = new Scene();
  const camera = new PerspectiveCamera(FULL_VIEW, 1, 0.1, 100);
  const light = new DirectionalLight(0xffffff, 1.6);
  camera.add(light);
  light.position.set(-1, 2, 1);
  scene.add(camera, new AmbientLight(0xffffff, 1.9));
  let body = new Group();

  return {
    kind: "solid",

    show(parts, colors) {
      scene.remove(body);
      forget(body);
      body = new Group();
      for (const { at, radius, color } of parts.balls) body.add(makeBall(shapes.ball, at, radius, color));
      for (const { from, to, radius, color } of parts.bones) {
        body.add(makeBone(shapes.bone, from, to, radius, color));
      }
      body.add(makeGaps(parts.gaps, colors.line));
      scene.add(body);
    },

    render(orbit, width, height) {
      renderer.setSize(width, height, false);
      camera.aspect = width / height;
      camera.position.set(...orbit.position);
      camera.lookAt(0, 0, 0);
      camera.updateProjectionMatrix();
      renderer.render(scene, camera);
    },

    dispose() {
      forget(body);
      shapes.ball.dispose();
      shapes.bone.dispose();
      renderer.dispose();
      renderer.forceContextLoss();
      renderer.domElement.remove();
    },
  };
}

/** @param {any} shape @param {import("./frame.js").Vector} at @param {number} radius @param {string} color */
function makeBall(shape, at, radius, color) {
  const ball = new Mesh(shape, new MeshLambertMaterial({ color: new Color(color) }));
  ball.position.set(...at);
  ball.scale.setScalar(radius);
  return ball;
}

/** @param {any} shape @param {import("./frame.js").Vector} from @param {import("./frame.js").Vector} to @param {number} radius @param {string} color */
function makeBone(shape, from, to, radius, color) {
  const bone = new Mesh(shape, new MeshLambertMaterial({ color: new Color(color) }));
  const [start, end] = [new Vector3(...from), new Vector3(...to)];
  const along = end.clone().sub(start);
  bone.position.copy(start).addScaledVector(along, 0.5);
  bone.scale.set(radius, along.length(), radius);
  bone.quaternion.setFromUnitVectors(UP, along.normalize());
  return bone;
}

/** @param {[import("./frame.js").Vector, import("./frame.js").Vector][]} gaps @param {string} color */
function makeGaps(gaps, color) {
  const lines = new BufferGeometry();
  lines.setAttribute("position", new Float32BufferAttribute(gaps.flat(2), 3));
  return new LineSegments(lines, new LineBasicMaterial({ color: new Color(color), depthTest: false }));
}

/** @param {any} group - what it holds on the graphics card is freed; shared shapes stay. */
function forget(group) {
  for (const part of group.children) {
    part.material.dispose();
    if (part instanceof LineSegments) part.geometry.dispose();
  }
}
