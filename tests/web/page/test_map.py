"""The map as it is seen: points, legend, words, themes, sizes, and what may go wrong."""

import json
import re
from typing import Any

import numpy as np
import pytest

from .conftest import check_accessibility, pass_time, until, wait_for
from .map_page import POSES, at_map, in_view, middle_of_plane, summary, wait_for_map

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


def test_all_poses_are_on_the_map_and_told_in_words(open_page):
    page = at_map(open_page)
    assert (
        summary(page) == f"{POSES} poses, placed by PCA, coloured by camera. {POSES} poses in view."
    )
    legend = page.locator(".map-legend-entry")
    assert [entry.split() for entry in legend.all_inner_texts()] == [
        [f"cam0{number}", "48"] for number in (1, 2, 3)
    ]
    told = summary(page)
    wait_for(page, lambda: page.locator("#announcer").inner_text().strip() == told)


def test_a_category_is_hidden_and_shown_by_its_legend(open_page):
    page = at_map(open_page)
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


def test_numbers_have_a_scale_and_the_address_says_the_column(open_page):
    page = at_map(open_page)
    page.get_by_label("Coloured by").select_option("time")
    page.locator(".map-scale").wait_for()
    until(page, "location.hash.includes('color=time')")
    ends = page.locator(".map-scale-ends span").all_inner_texts()
    assert [float(end) for end in ends] == pytest.approx([0, 23 / 24, 23 / 12], abs=0.01)
    page.go_back()
    page.locator(".map-legend-entry").first.wait_for()
    assert page.get_by_label("Coloured by").input_value() == "camera"


def test_the_table_tells_what_is_in_view(open_page):
    page = at_map(open_page)
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
    answer_with(page, binary(map_answer(50, 50, None)))
    page.get_by_role("link", name="Map", exact=True).click()
    wait_for_map(page)
    asked: list[Any] = []
    page.route("**/map?*", lambda route: asked.append(route))
    page.get_by_label("Placed by").select_option("umap")
    progress = page.locator(".map-progress")
    for share in (0.25, 0.75):
        wait_for(page, lambda: asked, "that it is asked for")
        route = asked.pop()
        assert "method=umap" in route.request.url
        computing = {"state": "computing", "share": share}
        route.fulfill(status=202, json=computing, headers={"Retry-After": "1"})
        progress.filter(has_text=f"Computing the UMAP map: {100 * share:.0f} %").wait_for()
    wait_for(page, lambda: asked, "that it is asked for")
    asked.pop().fulfill(**binary(map_answer(50, 50, None, "umap")))
    page.wait_for_function("() => /UMAP/.test(document.querySelector('#map-summary').innerText)")
    assert progress.is_hidden()
    assert asked == []


def test_another_map_can_be_chosen_while_one_is_computed(open_page):
    page = open_page("favicon.svg")
    computing = {"status": 202, "json": {"state": "computing"}, "headers": {"Retry-After": "5"}}
    answer_with(page, computing, binary(map_answer(50, 50, None)))
    page.goto(page.url.replace("favicon.svg", "#/map?method=umap"))
    page.locator(".map-progress").wait_for()
    placed = page.get_by_label("Placed by")
    assert placed.input_value() == "umap"
    placed.select_option("pca")
    wait_for_map(page)
    page.locator("#map-summary", has_text="placed by PCA").wait_for()
    page.locator(".map-progress").wait_for(state="hidden")


def test_100_000_of_a_million_poses(open_page):
    page = open_page()
    names = [f"person {number:02}" for number in range(12)]
    answer_with(page, binary(map_answer(100_000, 1_000_000, {"kind": "category", "names": names})))
    # Of those that the pointer rests on, the library has none.
    page.route("**/poses?rows=*", lambda route: route.fulfill(json={"poses": []}))
    page.get_by_role("link", name="Map", exact=True).click()
    wait_for_map(page)
    assert summary(page).startswith("100,000 of 1,000,000 poses shown")
    entries = page.locator(".map-legend-entry").all_inner_texts()
    assert len(entries) == 9
    assert entries[-1].startswith("4 other values")
    others = page.locator(".map-legend-others").inner_text().split(", ")
    own = {entry.split("\n")[0].strip() for entry in entries[:-1]}
    assert sorted([*others, *own]) == names
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


def test_colours_of_the_picture_follow_the_theme(open_page):
    page = at_map(open_page)
    assert page.evaluate(_GROUND) == [255, 255, 255, 255]
    page.get_by_role("button", name="Colours: system").click()
    page.get_by_role("button", name="Colours: light").click()
    wait_for(page, lambda: sum(page.evaluate(_GROUND)[:3]) < 120)
    page.get_by_role("button", name="Colours: dark").click()
    wait_for(page, lambda: page.evaluate(_GROUND) == [255, 255, 255, 255])
    page.emulate_media(color_scheme="dark")
    wait_for(page, lambda: sum(page.evaluate(_GROUND)[:3]) < 120)
    page.emulate_media(color_scheme="light")
    wait_for(page, lambda: page.evaluate(_GROUND) == [255, 255, 255, 255])


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(360, 740, False), (1280, 800, True), (3840, 2160, False)]
)
def test_everybody_can_use_it_at_every_size(open_page, width, height, dark):
    page = at_map(open_page, width=width, height=height, dark=dark)
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
    pass_time(page, 200)  # transitions of colours are over
    check_accessibility(page)


def test_requests_of_a_left_map_change_nothing(open_page):
    page = at_map(open_page)
    page.get_by_label("Coloured by").select_option("activity")
    page.get_by_role("link", name="Search", exact=True).click()
    page.locator(".view-search h1").wait_for()
    page.get_by_role("link", name="Map", exact=True).click()
    wait_for_map(page)
    assert in_view(page) == POSES
