"""The frame of the page: views, header, theme, messages, what is loaded."""

import re
from importlib import resources
from pathlib import PurePosixPath
from typing import Any

import pytest

from .conftest import until

PAGE = resources.files("prvipe.web").joinpath("page")


@pytest.mark.parametrize("view", ["search", "map", "compare", "align"])
def test_every_view_has_an_address_a_heading_and_a_mark_in_the_tabs(open_page, view):
    page = open_page(f"#/{view}")
    page.wait_for_selector("main h1", state="attached")
    assert page.locator("main h1").count() == 1
    assert page.locator(".tabs [aria-current=page]").inner_text().lower() == view
    assert view in page.title().lower()


def test_an_unknown_view_is_the_search(open_page):
    page = open_page("#/nonsense?library=moves")
    page.wait_for_selector(".editor-canvas")


def test_a_tab_moves_the_focus_to_the_view_and_keeps_the_query(open_page):
    page = open_page()
    page.click(".preset[data-name=Kick]")
    until(page, "location.hash.includes('pose=')")
    page.click(".tabs a[data-view=map]")
    page.wait_for_selector("main.view-map h1", state="attached")
    assert page.evaluate("document.activeElement.id") == "main"
    until(page, "location.hash.startsWith('#/map?') && location.hash.includes('pose=')")
    page.click(".tabs a[data-view=search]")
    page.wait_for_selector(".query-label:has-text('Kick')")


def test_the_skip_link_comes_first_and_leads_to_the_content(open_page):
    page = open_page("#/map")
    page.wait_for_selector("main h1", state="attached")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.locator("main.view-map h1").count() == 1, "the view stays"


def test_the_theme_is_switched_and_remembered(open_page):
    page = open_page()
    page.wait_for_selector(".editor-canvas")
    color = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(color)
    switch = page.locator(".header-tools .icon-button")
    switch.click()
    assert page.evaluate(color) == light
    switch.click()
    dark = page.evaluate(color)
    assert dark != light
    page.reload()
    page.wait_for_selector(".editor-canvas")
    assert page.evaluate(color) == dark
    page.locator(".header-tools .icon-button").click()
    assert page.evaluate("localStorage.getItem('prvipe-theme')") is None
    assert page.evaluate(color) == light


def test_the_only_library_is_named_and_several_are_chosen_from(open_page):
    page = open_page()
    page.wait_for_selector(".library-name:has-text('moves')")

    page = open_page("#/map")
    page.route("**/v1/libraries", lambda route: route.fulfill(json=_two_libraries(route)))
    page.goto("about:blank")
    page.go_back()
    page.reload()
    chooser = page.locator(".library-chooser select")
    chooser.wait_for()
    assert chooser.locator("option").all_inner_texts() == ["moves (144)", "others (7)"]


def _two_libraries(route: Any) -> dict[str, Any]:
    [moves] = route.fetch().json()["libraries"]
    return {"libraries": [moves, {**moves, "name": "others", "poses": 7}]}


def test_a_token_is_asked_for_once_and_again_where_it_is_wrong(open_page):
    page = open_page("favicon.svg", failing=True)
    given: list[str] = []

    def guard(route: Any) -> None:
        if given and given[-1] == "right":
            route.fallback()
        else:
            route.fulfill(status=401, json={"title": "Unauthorized", "status": 401})

    def session(route: Any) -> None:
        given.append(route.request.post_data_json["token"])
        if given[-1] == "right":
            route.fulfill(status=204)
        else:
            route.fulfill(status=401, json={"detail": "this is not the token"})

    page.route("**/v1/**", guard)
    page.route("**/v1/session", session)
    page.goto(page.url.replace("favicon.svg", ""))
    page.wait_for_selector(".token-dialog")
    assert page.locator(".token-dialog").count() == 1
    assert page.evaluate("document.activeElement.id") == "token"
    page.fill("#token", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("#token-problem:has-text('this is not the token')")
    page.fill("#token", "right")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card:not(.loading)")
    assert page.locator(".token-dialog").count() == 0
    assert given == ["wrong", "right"]


def test_modules_of_the_first_view_are_loaded_ahead_and_no_others():
    html = PAGE.joinpath("index.html").read_text()
    ahead = re.findall(r'rel="modulepreload" href="([^"]+)"', html)
    assert sorted(ahead) == sorted(_imported("app/main.js") | _imported("app/views/search.js"))


def test_no_style_or_script_stands_in_the_html():
    html = PAGE.joinpath("index.html").read_text()
    assert not re.search(r'\sstyle="|<style|\son\w+="|<script(?![^>]*\bsrc=)', html)


def _imported(start: str) -> set[str]:
    """The module and all that it imports statically."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for target in re.findall(r'^import\s[^;]*?"(\.[^"]+)";', _read(name), re.M | re.S):
            waiting.append(_resolved(PurePosixPath(name).parent / target))
    return found


def _read(name: str) -> str:
    return PAGE.joinpath(*name.split("/")).read_text()


def _resolved(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
