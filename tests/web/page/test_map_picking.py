"""Picking and selecting on the map with mouse, touch and keys."""

import re

from .conftest import until
from .map_page import (
    POSES,
    at_map,
    crowded,
    in_view,
    lonely,
    marks,
    places,
    wait_for_row_pointed_at,
    wait_for_selected,
)


def test_pointing_shows_a_pose_and_a_click_keeps_it(open_page):
    page = at_map(open_page)
    spots = places(page)
    row = lonely(spots)
    before = marks(page)
    page.mouse.move(*spots[row])
    wait_for_row_pointed_at(page, row)
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


def test_the_query_and_its_results_are_on_the_map_both_ways(open_page):
    page = at_map(open_page, height=1500)
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


def test_lasso_selects_just_what_it_encloses(open_page):
    page = at_map(open_page)
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
    wait_for_selected(page, len(wanted))
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
    wait_for_selected(page, 0)


def test_rectangle_and_shift_select_too(open_page):
    page = at_map(open_page)
    spots = places(page)
    left, top = crowded(spots)
    wanted = [r for r, (x, y) in spots.items() if abs(x - left) < 70 and abs(y - top) < 70]
    page.get_by_role("button", name="Rectangle").click()
    page.mouse.move(left - 70, top - 70)
    page.mouse.down()
    page.mouse.move(left + 70, top + 70, steps=4)
    page.mouse.up()
    wait_for_selected(page, len(wanted))
    page.get_by_role("button", name="Move", exact=True).click()
    page.keyboard.down("Shift")
    corner = page.locator(".map-plane").bounding_box()
    page.mouse.move(corner["x"] + 6, corner["y"] + corner["height"] - 6)
    page.mouse.down()
    page.mouse.move(corner["x"] + 14, corner["y"] + corner["height"] - 6, steps=3)
    page.mouse.move(corner["x"] + 14, corner["y"] + corner["height"] - 14, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    until(page, "document.querySelector('#announcer').textContent.includes('No pose is selected')")
    wait_for_selected(page, len(wanted))  # an outline without poses changes nothing


def test_wheel_and_drag_keep_what_is_under_the_pointer(open_page):
    page = at_map(open_page)
    spots = places(page)
    row = lonely(spots)
    left, top = spots[row]
    page.mouse.move(left, top)
    wait_for_row_pointed_at(page, row)
    for _ in range(5):
        page.mouse.wheel(0, -120)
    assert in_view(page) < POSES
    page.mouse.move(left + 1, top)
    wait_for_row_pointed_at(page, row)
    page.mouse.down()
    page.mouse.move(left + 41, top + 30, steps=5)
    page.mouse.up()
    page.mouse.move(left + 41, top + 31)
    wait_for_row_pointed_at(page, row)
    page.get_by_role("button", name="Show the whole map").click()
    assert in_view(page) == POSES
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    assert in_view(page) < POSES
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom out").click()
    assert in_view(page) == POSES


def test_two_fingers_zoom_where_they_are(open_page):
    page = at_map(open_page, width=412, height=800, touch=True)
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


def test_keys_walk_the_map(open_page):
    page = at_map(open_page)
    before = marks(page)
    page.get_by_role("button", name="Select what is in view").focus()
    page.keyboard.press("Tab")
    assert page.locator(".map-plane").evaluate("(plane) => plane === document.activeElement")
    hear(page, "+")
    hear(page, "+")
    few = in_view(page)
    assert few < POSES
    assert marks(page) != before, "the middle is marked"
    hear(page, "ArrowRight")
    hear(page, "ArrowUp")
    page.keyboard.press("s")
    wait_for_selected(page, in_view(page))
    said = hear(page, "0")
    assert in_view(page) == POSES
    for _ in range(12):
        if "row " in said:
            break
        said = hear(page, "ArrowLeft")
    row = re.search(r"row (\d+)", said)
    assert row is not None, said
    page.keyboard.press("Enter")
    details = page.locator("section[aria-label=Pose]")
    details.get_by_role("button", name="Make it the query").wait_for()
    assert details.locator("dd").first.inner_text() == row[1]
    page.keyboard.press("Escape")
    assert page.locator(".map-card").is_hidden()


def hear(page, key):
    """Press a key, and wait for what is said of the pose that is then in the middle."""
    page.evaluate("() => { document.querySelector('#announcer').textContent = ''; }")
    page.keyboard.press(key)
    until(page, "/row |No pose/.test(document.querySelector('#announcer').textContent)")
    return page.locator("#announcer").inner_text()


def test_a_small_picture_names_the_camera_where_it_is_not_cut_off(open_page):
    page = at_map(open_page)
    lines = page.evaluate(
        """async () => {
          const { makeTile } = await import("/app/map/tile.js");
          const hit = {
            row: 3, probability: 1, source: "a.mp4", frame: 1, time: 1.2, person: 0, image: false,
            fields: { sequence: "a_long_name_of_a_recording.amc", camera: "2" },
            keypoints: Array.from({ length: 13 }, (_, joint) => [joint, joint]),
          };
          const actions = { show() {}, search() {}, compare() {}, highlight() {} };
          const tile = makeTile(hit, { api: null, library: "moves", comparable: true, actions });
          return [...tile.querySelector(".map-tile-foot").children].map((part) => part.textContent);
        }"""
    )
    assert lines == ["a_long_name_of_a_recording.amc", "camera 2 · 1.20 s"]
