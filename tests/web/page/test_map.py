"""The map: moved, pointed at, picked from and selected from with mouse, touch and keys."""

import json
import re
from typing import Any

import numpy as np
import pytest

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

_GROUND = """() => {
  const canvas = document.querySelector(".map-points");
  return Array.from(canvas.getContext("2d").getImageData(3, 3, 1, 1).data);
}"""


def map_answer(count: int, total: int, color: dict[str, Any] | None, method: str = "pca") -> bytes:
    """A map as the server sends it, its points spread at random."""
    rng = np.random.default_rng(count)
    header = {
        "count": count,
        "total": total,
        "method": method,
        "methods": ["pca", "umap"],
        "color": color,
    }
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 4)
    if color is None:
        values = np.full(count, np.nan)
    elif color["kind"] == "category":
        values = np.arange(count) % len(color["names"])
    else:
        values = rng.uniform(*color["range"], count)
    return b"".join(
        (
            len(head).to_bytes(4, "little"),
            head,
            rng.uniform(-1, 1, (count, 2)).astype("<f4").tobytes(),
            np.arange(count, dtype="<u4").tobytes(),
            values.astype("<f4").tobytes(),
        )
    )


def answer_with(page: Any, *answers: dict[str, Any]) -> list[str]:
    """Answer requests for maps from here, the last answer for ever; returns what was asked."""
    waiting, asked = list(answers), []

    def fulfil(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(**(waiting.pop(0) if len(waiting) > 1 else waiting[0]))

    page.route("**/map?*", fulfil)
    return asked


def binary(body: bytes) -> dict[str, Any]:
    return {"body": body, "content_type": "application/octet-stream"}


@pytest.fixture
def open_map(open_page: Any) -> Any:
    """`open_map(...)`: as `open_page`, at the map, once its points are drawn."""

    def open_(path: str = "#/map", **options: Any) -> Any:
        page = open_page(path, **options)
        wait_for_map(page)
        return page

    return open_


def wait_for_map(page: Any) -> None:
    page.wait_for_function(
        "() => /in view/.test(document.querySelector('#map-summary')?.innerText ?? '')"
    )


def places(page: Any) -> dict[int, tuple[float, float]]:
    found = page.evaluate(_PLACES, "v1/libraries/moves/map?method=pca&color=camera")
    return {int(row): (left, top) for row, left, top in found}


def summary(page: Any) -> str:
    page.wait_for_timeout(250)  # it is written once the map rests
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
    page.wait_for_timeout(120)
    picture: str = page.evaluate("() => document.querySelector('.map-marks').toDataURL()")
    return picture


def middle_of_plane(page: Any) -> tuple[float, float]:
    box = page.locator(".map-plane").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def row_pointed_at(page: Any) -> int:
    text = page.locator(".map-card").inner_text()
    found = re.search(r"row ([\d,]+)", text)
    assert found is not None, text
    return int(found[1].replace(",", ""))


def selected(page: Any) -> int:
    text = page.locator("section[aria-label=Selection] p.soft").inner_text()
    found = re.match(r"([\d,]+) poses?", text)
    return int(found[1].replace(",", "")) if found else 0


def test_all_poses_are_on_the_map_and_told_in_words(open_map):
    page = open_map()
    assert (
        summary(page) == f"{POSES} poses, placed by PCA, coloured by camera. {POSES} poses in view."
    )
    legend = page.locator(".map-legend-entry")
    assert [entry.split() for entry in legend.all_inner_texts()] == [
        [f"cam0{number}", "48"] for number in (1, 2, 3)
    ]
    assert page.locator("#announcer").inner_text().strip() == summary(page)


def test_a_category_is_hidden_and_shown_by_its_legend(open_map):
    page = open_map()
    first = page.locator(".map-legend-entry").first
    first.click()
    assert first.get_attribute("aria-pressed") == "false"
    assert in_view(page) == POSES - 48
    first.click()
    assert in_view(page) == POSES
    page.get_by_role("button", name="Hide all").click()
    assert in_view(page) == 0
    page.get_by_role("button", name="Show all").click()
    assert in_view(page) == POSES


def test_numbers_have_a_scale_and_the_address_says_the_column(open_map):
    page = open_map()
    page.get_by_label("Coloured by").select_option("time")
    page.locator(".map-scale").wait_for()
    assert "color=time" in page.url
    ends = page.locator(".map-scale-ends span").all_inner_texts()
    assert [float(end) for end in ends] == pytest.approx([0, 23 / 24, 23 / 12], abs=0.01)
    page.go_back()
    page.locator(".map-legend-entry").first.wait_for()
    assert page.get_by_label("Coloured by").input_value() == "camera"


def test_pointing_shows_a_pose_and_a_click_keeps_it(open_map):
    page = open_map()
    spots = places(page)
    row = lonely(spots)
    before = marks(page)
    page.mouse.move(*spots[row])
    page.locator(".map-card").wait_for()
    assert row_pointed_at(page) == row
    assert page.locator(".map-card .pose-figure").count() >= 1
    assert marks(page) != before
    page.mouse.click(*spots[row])
    details = page.locator("section[aria-label=Pose]")
    details.get_by_role("button", name="Make it the query").wait_for()
    facts = dict(
        zip(
            details.locator("dt").all_inner_texts(),
            details.locator("dd").all_inner_texts(),
            strict=True,
        )
    )
    assert facts["row"] == str(row)
    assert facts["camera"].startswith("cam0")


def test_the_query_and_its_results_are_on_the_map_both_ways(open_map):
    page = open_map(height=1500)
    spots = places(page)
    row = lonely(spots)
    page.mouse.click(*spots[row])
    page.get_by_role("button", name="Make it the query").click()
    tiles = page.locator("section[aria-label='Results of the query'] .map-tile")
    tiles.first.wait_for()
    page.wait_for_url(re.compile(f"row={row}(&|$)"))
    assert tiles.count() == 6
    page.mouse.move(2, 2)
    before = marks(page)
    tiles.nth(3).hover()
    assert marks(page) != before, "a result that is pointed at stands out on the map"
    result = int(tiles.nth(3).get_attribute("data-row"))
    page.get_by_role("button", name=re.compile("^Result 4: ")).click()
    assert page.locator("section[aria-label=Pose] dd").first.inner_text() == str(result)
    assert in_view(page) < POSES, "the map has gone there"
    page.get_by_role("link", name="Search", exact=True).click()
    page.locator(".view-search h1").wait_for()
    page.get_by_role("link", name="Map", exact=True).click()
    tiles.first.wait_for()
    assert tiles.count() == 6, "the query outlives a change of the view"


def test_lasso_selects_just_what_it_encloses(open_map):
    page = open_map()
    spots = places(page)
    left, top = crowded(spots)
    outline = [(left + 90 * x, top + 90 * y) for x, y in ((0, -1), (1, 0), (0, 1), (-1, 0))]
    wanted = [r for r, (x, y) in spots.items() if abs(x - left) + abs(y - top) < 90]
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(*outline[0])
    page.mouse.down()
    for corner in outline[1:]:
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    tiles = page.locator("section[aria-label=Selection] .map-tile")
    tiles.first.wait_for()
    assert selected(page) == len(wanted)
    seen = [int(tile.get_attribute("data-row")) for tile in tiles.all()]
    assert seen == sorted(wanted)[:18]
    if len(wanted) > 18:
        page.get_by_role("button", name="Next page: selection").click()
        page.wait_for_function(
            "(row) => document.querySelector('section[aria-label=Selection] .map-tile')"
            ".dataset.row === row",
            arg=str(sorted(wanted)[18]),
        )
    page.get_by_role("button", name="Clear").click()
    assert selected(page) == 0


def test_rectangle_and_shift_select_too(open_map):
    page = open_map()
    spots = places(page)
    left, top = crowded(spots)
    wanted = [r for r, (x, y) in spots.items() if abs(x - left) < 70 and abs(y - top) < 70]
    page.get_by_role("button", name="Rectangle").click()
    page.mouse.move(left - 70, top - 70)
    page.mouse.down()
    page.mouse.move(left + 70, top + 70, steps=4)
    page.mouse.up()
    assert selected(page) == len(wanted)
    page.get_by_role("button", name="Move", exact=True).click()
    page.keyboard.down("Shift")
    corner = page.locator(".map-plane").bounding_box()
    page.mouse.move(corner["x"] + 6, corner["y"] + corner["height"] - 6)
    page.mouse.down()
    page.mouse.move(corner["x"] + 14, corner["y"] + corner["height"] - 6, steps=3)
    page.mouse.move(corner["x"] + 14, corner["y"] + corner["height"] - 14, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert selected(page) == len(wanted), "an outline without poses changes nothing"


def test_wheel_and_drag_keep_what_is_under_the_pointer(open_map):
    page = open_map()
    spots = places(page)
    row = lonely(spots)
    left, top = spots[row]
    page.mouse.move(left, top)
    for _ in range(5):
        page.mouse.wheel(0, -120)
    assert in_view(page) < POSES
    page.mouse.move(left + 1, top)
    page.wait_for_timeout(150)
    assert row_pointed_at(page) == row
    page.mouse.down()
    page.mouse.move(left + 41, top + 30, steps=5)
    page.mouse.up()
    page.mouse.move(left + 41, top + 31)
    page.wait_for_timeout(150)
    assert row_pointed_at(page) == row
    page.get_by_role("button", name="Show the whole map").click()
    assert in_view(page) == POSES
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    assert in_view(page) < POSES
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom out").click()
    assert in_view(page) == POSES


def test_two_fingers_zoom_where_they_are(open_map):
    page = open_map(width=412, height=800, touch=True)
    spots = places(page)
    left, top = spots[lonely(spots)]
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *apart: float) -> None:
        fingers = [{"x": left + each, "y": top, "id": n} for n, each in enumerate(apart)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    send("touchStart", -10, 10)
    for step in range(1, 9):
        send("touchMove", -10 - 6 * step, 10 + 6 * step)
    send("touchEnd")
    assert in_view(page) < POSES
    page.touchscreen.tap(left, top)
    page.get_by_role("button", name="Make it the query").wait_for()


def test_keys_walk_the_map(open_map):
    page = open_map()
    before = marks(page)
    page.get_by_role("button", name="Select what is in view").focus()
    page.keyboard.press("Tab")
    assert page.locator(".map-plane").evaluate("(plane) => plane === document.activeElement")
    page.keyboard.press("+")
    page.keyboard.press("+")
    few = in_view(page)
    assert few < POSES
    assert marks(page) != before, "the middle is marked"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("s")
    assert selected(page) == in_view(page)
    page.keyboard.press("0")
    assert in_view(page) == POSES
    for _ in range(12):
        page.wait_for_timeout(450)
        said = page.locator("#announcer").inner_text()
        if "row " in said:
            break
        page.keyboard.press("ArrowLeft")
    row = re.search(r"row (\d+)", said)
    assert row is not None, said
    page.keyboard.press("Enter")
    details = page.locator("section[aria-label=Pose]")
    details.get_by_role("button", name="Make it the query").wait_for()
    assert details.locator("dd").first.inner_text() == row[1]
    page.keyboard.press("Escape")
    assert page.locator(".map-card").is_hidden()


def test_the_table_tells_what_is_in_view(open_map):
    page = open_map()
    page.get_by_text("Poses in view as a table").click()
    rows = page.locator(".map-table tbody tr")
    rows.first.wait_for()
    assert rows.count() == 20
    pages = page.get_by_role("group", name="poses in view")
    assert f"1 to 20 of {POSES}" in pages.inner_text()
    pages.get_by_role("button", name=re.compile("Next page")).click()
    page.wait_for_function(
        "() => /21 to 40/.test(document.querySelector('.map-table-box').innerText)"
    )
    rows.first.get_by_role("button", name=re.compile("^Make ")).click()
    page.locator("section[aria-label='Results of the query'] .map-tile").first.wait_for()


def test_a_map_being_computed_says_how_far_it_is(open_page):
    page = open_page()
    answers = [
        {
            "status": 202,
            "json": {"state": "computing", "share": share},
            "headers": {"Retry-After": "1"},
        }
        for share in (0.25, 0.75)
    ]
    ready = map_answer(50, 50, None)
    computed = map_answer(50, 50, None, "umap")
    asked = answer_with(page, binary(ready), *answers, binary(computed))
    page.get_by_role("link", name="Map", exact=True).click()
    wait_for_map(page)
    page.get_by_label("Placed by").select_option("umap")
    progress = page.locator(".map-progress")
    progress.wait_for()
    assert "Computing the UMAP map: 25 %" in progress.inner_text()
    page.wait_for_function("() => /75 %/.test(document.querySelector('.map-progress').innerText)")
    page.wait_for_function("() => /UMAP/.test(document.querySelector('#map-summary').innerText)")
    assert progress.is_hidden()
    assert len(asked) == 4
    assert all("method=umap" in url for url in asked[1:])


def test_100_000_of_a_million_poses(open_page):
    page = open_page()
    names = [f"person {number:02}" for number in range(12)]
    answer_with(page, binary(map_answer(100_000, 1_000_000, {"kind": "category", "names": names})))
    page.get_by_role("link", name="Map", exact=True).click()
    wait_for_map(page)
    assert summary(page).startswith("100,000 of 1,000,000 poses shown")
    entries = page.locator(".map-legend-entry").all_inner_texts()
    assert len(entries) == 9
    assert entries[-1].startswith("4 other values")
    left, top = middle_of_plane(page)
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 80, top + 40, steps=8)
    page.mouse.up()
    page.mouse.wheel(0, -400)
    assert 0 < in_view(page) < 100_000
    picture = page.evaluate(
        "() => new Set(new Uint32Array(document.querySelector('.map-points').getContext('2d')"
        ".getImageData(50, 50, 300, 300).data.buffer)).size"
    )
    assert picture > 9, "the colours of the legend, and mixtures at the edges of discs"


def test_a_map_that_cannot_be_had_is_said(open_page):
    page = open_page(failing=True)
    problem = {"title": "Bad request", "detail": "no column mood", "status": 422}
    answer_with(page, {"status": 422, "json": problem, "content_type": "application/problem+json"})
    page.get_by_role("link", name="Map", exact=True).click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "no column mood" in alert.inner_text()


def test_colours_of_the_picture_follow_the_theme(open_map):
    page = open_map()
    assert page.evaluate(_GROUND) == [255, 255, 255, 255]
    page.get_by_role("button", name="Colours: system").click()
    page.get_by_role("button", name="Colours: light").click()
    page.wait_for_timeout(150)
    assert sum(page.evaluate(_GROUND)[:3]) < 120
    page.get_by_role("button", name="Colours: dark").click()
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(150)
    assert sum(page.evaluate(_GROUND)[:3]) < 120
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(150)
    assert page.evaluate(_GROUND) == [255, 255, 255, 255]


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(360, 740, False), (1280, 800, True), (3840, 2160, False)]
)
def test_everybody_can_use_it_at_every_size(open_map, width, height, dark):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_map(width=width, height=height, dark=dark)
    page.get_by_role("button", name="Select what is in view").click()
    page.locator("section[aria-label=Selection] .map-tile").first.get_by_role(
        "button", name=re.compile("^Make ")
    ).click()
    page.locator("section[aria-label='Results of the query'] .map-tile").first.wait_for()
    page.get_by_text("Poses in view as a table").click()
    page.locator(".map-table tbody tr").first.wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    plane = page.locator(".map-plane").bounding_box()
    assert plane["width"] > 0.5 * min(width, 1100)
    assert plane["height"] > 0.35 * height
    page.wait_for_timeout(200)  # transitions of colours are over
    results = axe.run(page)
    assert results.violations_count == 0, results.generate_report()


def test_requests_of_a_left_map_change_nothing(open_map):
    page = open_map()
    page.get_by_label("Coloured by").select_option("activity")
    page.get_by_role("link", name="Search", exact=True).click()
    page.locator(".view-search h1").wait_for()
    page.get_by_role("link", name="Map", exact=True).click()
    wait_for_map(page)
    assert in_view(page) == POSES
