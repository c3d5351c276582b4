/**
 * The page: header, views and what they share.
 *
 * A view is `app/views/NAME.js` with `mount(root, context) -> unmount`. The address is
 * `#/NAME?library=...&pose=...&...`: library and query stand in it in every view, so that a link
 * shows the other person the same; what else a view needs is its own. Views read their own part
 * from `store.get().route.params` and may subscribe to `route`: it changes without a new mount when
 * only parameters do.
 */

import { createApi } from "./api.js";
import { createRouter } from "./router.js";
import { createLibraryChooser } from "./library_chooser.js";
import { createStore, initialState } from "./store.js";
import { createThemeSwitch } from "./theme.js";
import { createToasts } from "./toasts.js";
import { askForToken } from "./token_dialog.js";

/**
 * @typedef {object} Context what a view is given
 * @property {import("./store.js").Store} store
 * @property {import("./api.js").Api} api
 * @property {(text: string) => void} announce says something to people who listen
 * @property {(view: string, params?: Record<string, string | number | null>) => void} navigate
 * @property {(error: unknown, what?: string) => void} fail shows what went wrong; aborts are silent
 * @property {(text: string) => void} notify shows a short message that needs no answer
 */

/** @type {Record<string, () => Promise<{mount: (root: HTMLElement, context: Context) => () => void}>>} */
const VIEWS = {
  search: () => import("./views/search.js"),
  map: () => import("./views/map.js"),
  compare: () => import("./views/compare.js"),
  align: () => import("./views/align.js"),
};

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const announcer = /** @type {HTMLElement} */ (document.getElementById("announcer"));
const tools = /** @type {HTMLElement} */ (document.getElementById("header-tools"));

export const store = createStore(initialState());
/** @type {ReturnType<typeof createApi>} */
const api = createApi(() => askForToken(api));
const toasts = createToasts(/** @type {HTMLElement} */ (document.getElementById("toasts")));

let announced = 0;

/** @param {string} text */
function announce(text) {
  // The same words twice would not be read again; an invisible space tells them apart.
  announcer.textContent = text + (announced++ % 2 ? "\u00a0" : "");
}

const router = createRouter(store, Object.keys(VIEWS));
const context = { store, api, announce, navigate: router.navigate, ...toasts };

/** @type {(() => void) | null} */
let unmount = null;
let mounted = "";

async function showView() {
  const { view } = store.get().route;
  if (view === mounted) return;
  const first = mounted === "";
  mounted = view;
  const module = await VIEWS[view]();
  if (mounted !== view) return;
  unmount?.();
  main.replaceChildren();
  main.className = `view-${view}`;
  unmount = module.mount(main, context);
  for (const tab of document.querySelectorAll(".tabs a")) {
    if (tab.getAttribute("data-view") === view) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = `${view[0].toUpperCase()}${view.slice(1)} · prvipe`;
  if (!first) main.focus({ preventScroll: false });
}

async function loadLibraries() {
  try {
    const libraries = await api.libraries();
    const { library } = store.get();
    const known = libraries.some(({ name }) => name === library);
    store.set({ libraries, library: known ? library : (libraries[0]?.name ?? null) });
    if (library !== null && !known) toasts.notify(`There is no library ${library} here.`);
  } catch (error) {
    toasts.fail(error, "The libraries could not be listed");
    store.set({ libraries: [] });
  }
}

// Its target is no view, so that it must not become the address.
document.querySelector(".skip-link")?.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
tools.append(createLibraryChooser(store), createThemeSwitch());
router.start();
store.subscribe(["route"], () => void showView());
void showView();
void loadLibraries();
