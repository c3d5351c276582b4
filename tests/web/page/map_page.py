"""What tests of the map share: where poses are on the screen, and what the page says."""

import re
from typing import Any

import numpy as np

from .conftest import let_draw, pass_time, wait_for

POSES = 144  # of the served library: 2 activities, 3 cameras, 24 frames

# Where every pose stands in the fitted view, in pixels of the page, by its row.
_PLACES = """async (path) => {
  const [{ readMap, boundsOf }, { Viewport }] = await Promise.all(
    [import("/app/map/answer.js"), import("/app/map/viewport.js")]);
  const points = readMap(await (await fetch(path)).arrayBuffer());
  const box = document.querySelector(".map-plane").getBoundingClientRect();
  const viewport = new Viewport();
  viewport.resize(box.width, box.height);
  viewport.frame(boundsOf(points.xy));
  return Array.from(points.rows, (row, at) => {
    const [left, top] = viewport.toScreen(points.xy[2 * at], points.xy[2 * at + 1]);
    return [row, box.left + left, box.top + top];
  });
}"""


def at_map(open_page: Any, path: str = "#/map", **options: Any) -> Any:
    """A page at the map, once its points are drawn; options as `open_page`."""
    page = open_page(path, **options)
    wait_for_map(page)
    return page


def wait_for_map(page: Any) -> None:
    page.wait_for_function(
        "() => /in view/.test(document.querySelector('#map-summary')?.innerText ?? '')"
    )


def places(page: Any) -> dict[int, tuple[float, float]]:
    found = page.evaluate(_PLACES, "v1/libraries/moves/map?method=pca&color=camera")
    return {int(row): (left, top) for row, left, top in found}


def summary(page: Any) -> str:
    pass_time(page, 250)  # it is written once the map rests
    text: str = page.locator("#map-summary").inner_text()
    return text


def in_view(page: Any) -> int:
    found = re.search(r"([\d,]+) poses? in view", summary(page))
    assert found is not None
    return int(found[1].replace(",", ""))


def lonely(spots: dict[int, tuple[float, float]]) -> int:
    """The row whose point is farthest from all others, so that it can be hit for sure."""
    rows, xy = list(spots), np.array(list(spots.values()))
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return rows[int(apart.min(1).argmax())]


def crowded(spots: dict[int, tuple[float, float]]) -> tuple[float, float]:
    """Whole pixels near the point that has most others around it."""
    xy = np.array(list(spots.values()))
    near = (np.linalg.norm(xy[:, None] - xy[None], axis=-1) < 60).sum(1)
    left, top = np.round(xy[near.argmax()])
    return float(left), float(top)


def marks(page: Any) -> str:
    """The layer of marks as an image, to see whether it has changed."""
    let_draw(page)
    picture: str = page.evaluate("() => document.querySelector('.map-marks').toDataURL()")
    return picture


def middle_of_plane(page: Any) -> tuple[float, float]:
    box = page.locator(".map-plane").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def wait_for_row_pointed_at(page: Any, row: int) -> None:
    pass_time(page, 150)  # a pose is shown once the pointer rests
    page.locator(".map-card", has_text=re.compile(rf"row {row:,}\b")).wait_for()


def wait_for_selected(page: Any, count: int) -> None:
    wait_for(page, lambda: _selected(page) == count, f"that {count} poses are selected")


def _selected(page: Any) -> int:
    text = page.locator("section[aria-label=Selection] p.soft").inner_text()
    found = re.match(r"([\d,]+) poses?", text)
    return int(found[1].replace(",", "")) if found else 0
