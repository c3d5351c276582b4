/** Elements made in JavaScript: text is always text, never HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `on...` functions listen; `true` sets an empty
 *   attribute; null, undefined and false leave it out; `class`, `aria-...` and the rest are set.
 * @param {...(Node | string | number | null | undefined | false)} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element; as `h`.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | number | null | undefined | false)} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** @param {Element} element @param {Record<string, any>} attributes @param {any[]} children */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : String(child));
    }
  }
  return element;
}

/** @param {Element} element @param {string} name @param {any} value */
export function setAttribute(element, name, value) {
  if (name.startsWith("on") && typeof value === "function") {
    element.addEventListener(name.slice(2), value);
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * Call a function once things have been quiet for a while; `flush` calls it at once if it is due.
 *
 * @template {any[]} A
 * @param {(...args: A) => void} run
 * @param {number} milliseconds
 * @returns {((...args: A) => void) & {cancel: () => void, flush: () => void}}
 */
export function debounce(run, milliseconds) {
  let timer = 0;
  let due = () => {};
  const later = (/** @type {A} */ ...args) => {
    later.cancel();
    due = () => {
      later.cancel();
      run(...args);
    };
    timer = setTimeout(due, milliseconds);
  };
  later.cancel = () => {
    clearTimeout(timer);
    due = () => {};
  };
  later.flush = () => due();
  return later;
}
