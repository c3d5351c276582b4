"""Everybody can use the page: axe-core, sizes, contrast of themes, targets, motion, keyboard."""

import itertools
from typing import Any

import pytest

from .conftest import check_accessibility, pass_time
from .map_page import wait_for_map

VIEWS = ("search", "map", "compare", "align")
CARD = ".card:not(.loading)"
SIZES = [(360, 740), (768, 1024), (1280, 800), (3840, 2160)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(open_page, view, dark):
    page = open_page(f"#/{view}", dark=dark, reduced_motion=True)
    _ready(page, view)
    check_accessibility(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_what_opens(open_page, dark):
    page = open_page(dark=dark, reduced_motion=True)
    _ready(page, "search")
    page.click("text=Filters")
    page.locator(".filter .choice").first.click()
    page.locator("[data-joint=head]").focus()
    page.keyboard.press("Delete")
    page.wait_for_selector("[data-joint=head].hidden-joint")
    pass_time(page, 600)  # what changes with the query has changed
    check_accessibility(page)
    page.locator(f"{CARD} .card-picture").first.click()
    page.wait_for_selector("dialog.details[open]")
    check_accessibility(page)


def test_axe_finds_nothing_where_something_is_wrong(open_page):
    page = open_page(reduced_motion=True, failing=True)
    _ready(page, "search")
    page.route("**/v1/search", lambda route: route.fulfill(status=500, json={"title": "Broken"}))
    page.click(".preset[data-name=Star]")
    page.wait_for_selector(".result-note.failed")
    check_accessibility(page)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_sticks_out_at_any_size(open_page, width, height):
    page = open_page(width=width, height=height)
    _ready(page, "search")
    for view in ("search", "map", "compare", "align"):
        page.click(f".tabs a[data-view={view}]")
        _ready(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_what_fingers_press_is_large_enough(open_page):
    page = open_page(width=360, height=740, touch=True, is_mobile=True)
    _ready(page, "search")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, .tabs a, input, .choice")]
          .filter((element) => element.checkVisibility({ visibilityProperty: true }))
          .map((element) => [element, element.getBoundingClientRect()])
          .filter(([element, box]) => box.width > 1 && (box.width < 43.5 || box.height < 43.5))
          .map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_on_phones_a_button_leads_to_the_matches(open_page):
    page = open_page(width=360, height=740, touch=True, is_mobile=True)
    button = page.get_by_role("button", name="Matches: best")
    button.tap()
    button.wait_for(state="hidden")
    assert page.locator("#results-title").bounding_box()["y"] < 200
    page.evaluate("scrollTo(0, 0)")
    button.wait_for()
    page.set_viewport_size({"width": 1280, "height": 800})
    button.wait_for(state="hidden")


def test_reduced_motion_moves_nothing(open_page):
    page = open_page(reduced_motion=True)
    _ready(page, "search")
    moving = page.evaluate(
        """() => document.getAnimations().length + [...document.querySelectorAll("*")]
          .filter((element) => getComputedStyle(element).transitionDuration !== "0s").length"""
    )
    assert moving == 0


def test_every_control_has_a_name_and_shows_the_focus(open_page):
    page = open_page()
    _ready(page, "search")
    seen = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            """() => {
              const element = document.activeElement;
              const style = getComputedStyle(element);
              const halo = element.querySelector?.(":scope > .halo");
              const ring = halo && getComputedStyle(halo).stroke !== "rgba(0, 0, 0, 0)";
              const name = element.ariaLabel || element.innerText || element.labels?.[0]?.innerText
                || element.title || "";
              return [name, style.outlineStyle !== "none" || Boolean(ring)];
            }"""
        )
        assert name, page.evaluate("document.activeElement.outerHTML")
        assert outlined, name
        seen.add(name)
    assert len(seen) > 30


def test_landmarks_and_headings_are_in_order(open_page):
    page = open_page()
    _ready(page, "search")
    for landmark in ("header", "nav[aria-label]", "main", "[aria-live=polite]"):
        assert page.locator(landmark).count() >= 1
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3')].filter((each) => !each.closest('dialog'))"
        ".map((each) => Number(each.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def _ready(page: Any, view: str) -> None:
    page.wait_for_selector(f"main.view-{view} h1", state="attached")
    if view == "search":
        page.wait_for_selector(CARD)
        page.wait_for_selector(".uncertainty strong")
    if view == "map":
        wait_for_map(page)
    pass_time(page, 300)
