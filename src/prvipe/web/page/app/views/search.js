/** @param {HTMLElement} root @param {import("../main.js").Context} context @returns {() => void} */
export function mount(root, context) {
  const heading = document.createElement("h1");
  heading.textContent = "Search";
  root.replaceChildren(heading);
  return () => root.replaceChildren();
}
