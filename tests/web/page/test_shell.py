"""The frame of the page: views, header, theme, messages."""

import pytest


@pytest.mark.parametrize("view", ["search", "map", "compare", "align"])
def test_every_view_has_an_address_a_heading_and_a_mark_in_the_tabs(open_page, view):
    page = open_page(f"#/{view}")
    page.wait_for_selector("main h1")
    assert page.locator("main h1").count() == 1
    assert page.locator(".tabs [aria-current=page]").inner_text().lower() == view
    assert view in page.title().lower()
