"""Matches: cards, filters, details, paging, selections, and what is said when things go wrong."""

from typing import Any

import pytest

from .conftest import pass_time, until, wait_for

TOTAL = 144
PAGE = 24
CARD = ".card:not(.loading)"
_PRESET_T = (
    "518.0.631.150.392.150.813.146.200.147.969.145.31.147.572.474.451.477.592.741.434.747.593.991"
    ".428.1000"
)


@pytest.fixture
def results(open_page):
    """`results(path, **options)` -> the search view with its first matches."""

    def open_(path: str = "#/search", **options: Any) -> Any:
        page = open_page(path, **options)
        page.wait_for_selector(CARD)
        return page

    return open_


def test_cards_show_how_sure_where_and_when(results):
    page = results()
    card = page.locator(CARD).first
    assert card.locator(".percent").inner_text().endswith("%")
    assert card.locator(".verdict").inner_text()
    assert "cam0" in card.locator(".place").inner_text()
    assert " s · " in card.locator(".origin").inner_text()
    widths = page.evaluate(
        "[...document.querySelectorAll('.bar-fill')].map((bar) => parseFloat(bar.style.width))"
    )
    assert widths == sorted(widths, reverse=True)


def test_source_frames_come_where_there_are_videos_and_figures_where_not(results):
    page = results()
    _every_frame(page)
    page.wait_for_selector(f"{CARD} img:not(.arriving)")
    _choose(page, "camera", "cam03")
    until(
        page,
        "[...document.querySelectorAll('.place')].every((place) => place.textContent === 'cam03')",
    )
    pass_time(page, 400)  # pictures are asked for once the query rests
    assert page.locator(f"{CARD} img").count() == 0
    assert page.locator(f"{CARD} svg.stick-figure").count() == page.locator(CARD).count()


def test_a_frame_that_cannot_be_had_leaves_the_figure(open_page):
    page = open_page("favicon.svg", failing=True)
    refused: list[str] = []

    def refuse(route: Any) -> None:
        route.fulfill(status=404, json={})
        refused.append(route.request.url)

    page.route("**/image?**", refuse)
    page.goto(page.url.replace("favicon.svg", ""))
    page.wait_for_selector(CARD)
    wait_for(page, lambda: refused, "that a picture is asked for")
    until(page, f"document.querySelector('{CARD} img.arriving')?.complete")
    assert page.locator(f"{CARD} img:not(.arriving)").count() == 0
    assert page.locator(f"{CARD} svg.stick-figure").count() == page.locator(CARD).count()


def test_more_is_shown_on_demand_and_the_focus_goes_to_it(results):
    page = results()
    _every_frame(page)
    until(page, f"document.querySelectorAll('{CARD}').length === {PAGE}")
    rows = _rows(page)
    more = page.locator("button.more")
    more.focus()
    page.keyboard.press("Enter")
    until(page, f"document.querySelectorAll('{CARD}').length === {2 * PAGE}")
    assert _rows(page)[:PAGE] == rows
    assert len(set(_rows(page))) == 2 * PAGE
    focused = page.evaluate("document.activeElement.closest('.card').dataset.row")
    assert focused == _rows(page)[PAGE]
    for count in range(3, TOTAL // PAGE + 1):
        more.click()
        until(page, f"document.querySelectorAll('{CARD}').length === {count * PAGE}")
    if more.is_visible():
        more.click()
    more.wait_for(state="hidden")
    assert len(set(_rows(page))) == TOTAL


def test_more_pressed_before_an_answer_is_more_of_that_answer(results):
    page = results()
    offsets: list[int] = []
    page.on(
        "request",
        lambda asked: (
            asked.url.endswith("/v1/search") and offsets.append(asked.post_data_json["offset"])
        ),
    )
    page.evaluate(
        """() => {
          const apart = document.querySelector("#apart");
          apart.value = [...apart.options].find(({ text }) => text === "Every frame").value;
          apart.dispatchEvent(new Event("change", { bubbles: true }));
          document.querySelector("button.more").click();
        }"""
    )
    until(page, f"document.querySelectorAll('{CARD}').length === {2 * PAGE}")
    assert offsets == [0, PAGE]
    assert len(set(_rows(page))) == 2 * PAGE


def test_arrow_keys_go_from_picture_to_picture(results):
    page = results()
    pictures = page.locator(f"{CARD} .card-picture")
    pictures.first.focus()
    page.keyboard.press("ArrowRight")
    assert _focused_card(page) == 1
    page.keyboard.press("ArrowDown")
    columns = _focused_card(page) - 1
    assert columns >= 2
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    assert _focused_card(page) == 0
    page.keyboard.press("End")
    assert _focused_card(page) == pictures.count() - 1


def test_a_hit_becomes_the_query(results):
    page = results()
    card = page.locator(CARD).nth(2)
    place, row = card.locator(".place").inner_text(), card.get_attribute("data-row")
    with page.expect_request("**/v1/search") as asked:
        card.locator("text=Use as query").click()
    assert "poses" in asked.value.post_data_json
    page.wait_for_selector(f".query-label:has-text('{place}')")
    page.wait_for_selector(f".card:first-child[data-row='{row}']")


def test_more_like_a_hit_leaves_itself_out(results):
    page = results()
    row = int(_rows(page)[0])
    with page.expect_response("**/v1/search") as answered:
        page.locator("text=More like this").first.click()
    assert answered.value.request.post_data_json["rows"] == [row]
    hits = answered.value.json()["results"][0]["hits"]
    assert row not in [hit["row"] for hit in hits]
    page.wait_for_selector(".query-label:has-text('like ')")
    until(page, "location.hash.includes('row=')")
    # A change makes it a pose of one's own.
    page.locator("[data-joint=left_wrist]").focus()
    with page.expect_request("**/v1/search") as asked:
        page.keyboard.press("ArrowLeft")
    assert "poses" in asked.value.post_data_json


def test_categories_ranges_and_conditions_filter(results):
    page = results()
    _every_frame(page)
    _choose(page, "camera", "cam01")
    _choose(page, "camera", "cam02")
    asked = _next_search(page, lambda: page.fill("[aria-label='time, from']", "0.5"))
    assert sorted(asked["where"]) == ["camera in cam01,cam02", "time>=0.5"]
    asked = _next_search(page, lambda: _condition(page, "activity!=squatting"))
    assert sorted(asked["where"])[0] == "activity!=squatting"
    hits = _hits_after(page)
    assert hits
    assert all(hit["fields"]["camera"] in ("cam01", "cam02") for hit in hits)
    assert all(hit["time"] >= 0.5 and hit["fields"]["activity"] != "squatting" for hit in hits)
    assert page.locator(".badge").inner_text() == "3"

    asked = _next_search(page, lambda: page.click(".chip:has-text('camera')"))
    assert sorted(asked["where"]) == ["activity!=squatting", "time>=0.5"]
    assert page.locator(".filter[data-column=camera] :checked").count() == 0
    assert page.evaluate("document.activeElement.textContent").startswith("Filters")
    asked = _next_search(page, lambda: page.click("text=Clear all"))
    assert asked["where"] == []
    assert page.locator("[aria-label='time, from']").input_value() == ""


def test_filters_that_nothing_meets_and_absent_values_say_so(results):
    page = results()
    page.click("text=Filters")
    _condition(page, "camera=cam99")
    page.wait_for_selector(".result-note.empty:has-text('Nothing found')")
    assert "cam99" in page.locator(".result-note").inner_text()
    assert page.locator(".card").count() == 0
    page.click(".chip")
    page.wait_for_selector(CARD)


def test_a_condition_on_no_column_is_refused_at_its_field(results, ask):
    page = results(failing=True)
    rows = _rows(page)
    page.click("text=Filters")
    until(page, "document.querySelector('#condition').placeholder !== ''")
    column, _ = page.get_attribute("#condition", "placeholder").split("!=")
    assert column in ask("v1/libraries/moves")["columns"]
    _condition(page, "nonsense=1")
    page.wait_for_selector("#condition-problem:has-text('There is no column')")
    assert "camera" in page.locator("#condition-problem").inner_text()
    assert page.input_value("#condition") == "nonsense=1"
    assert page.locator(".chip").count() == 0
    assert _rows(page) == rows
    page.fill("#condition", "camera=cam01")
    assert page.locator("#condition-problem").inner_text() == ""
    page.keyboard.press("Enter")
    page.wait_for_selector(".chip:has-text('camera=cam01')")


def test_a_link_that_cannot_be_searched_for_shows_no_matches(open_page):
    page = open_page("#/search?library=moves&where=nonsense%3D1", failing=True)
    page.wait_for_selector(".result-note.failed:has-text('nonsense')")
    assert page.locator(".card").count() == 0
    assert page.locator("text=Try again").count() == 0, "it would not help"
    page.click(".chip")
    page.wait_for_selector(CARD)


def test_hits_of_a_recording_are_kept_apart(results):
    page = results()
    apart = page.locator("#apart")
    assert apart.input_value() == "0.5s"
    asked = _next_search(page, lambda: apart.select_option(label="One per recording"))
    assert asked["distinct"] == "1000000s"
    until(page, f"document.querySelectorAll('{CARD}').length === 6")
    assert len(set(page.locator(".origin").all_inner_texts())) == 6


def test_details_show_all_fields_and_step_through_the_hits(results):
    page = results(width=1280)
    opener = page.locator(f"{CARD} .card-picture").nth(1)
    opener.click()
    details = page.locator("dialog.details")
    assert page.evaluate("document.querySelector('dialog.details').matches(':modal')")
    names = details.locator("dt").all_inner_texts()
    assert {"row", "source", "frame", "time", "camera", "activity", "person"} <= set(names)
    row = details.locator("dd").first.inner_text()
    assert row == _rows(page)[1]
    page.keyboard.press("ArrowRight")
    assert details.locator("dd").first.inner_text() == _rows(page)[2]
    page.keyboard.press("Escape")
    details.wait_for(state="hidden")
    until(page, "document.activeElement.closest('.card') !== null")
    assert _focused_card(page) == 1


def test_on_wide_screens_details_stand_beside_the_gallery(results):
    page = results(width=1920, height=1080)
    page.locator(f"{CARD} .card-picture").first.click()
    assert not page.evaluate("document.querySelector('dialog.details').matches(':modal')")
    # Another card is chosen without closing it.
    page.locator(f"{CARD} .card-picture").nth(2).click()
    assert page.locator("dialog.details dd").first.inner_text() == _rows(page)[2]
    assert page.locator(".card[aria-current=true]").get_attribute("data-row") == _rows(page)[2]
    page.set_viewport_size({"width": 1000, "height": 800})
    until(page, "document.querySelector('dialog.details').matches(':modal')")
    page.keyboard.press("Escape")
    until(page, "document.activeElement.closest('.card') !== null")


@pytest.mark.parametrize(
    ("action", "view", "parameters"),
    [
        ("Compare with the query", "compare", ["a=query", "b=row%3A"]),
        ("Align its recording", "align", ["a=row%3A"]),
        ("On the map", "map", []),
    ],
)
def test_a_hit_leads_to_the_other_views(results, action, view, parameters):
    page = results()
    page.locator(f"{CARD} .card-picture").first.click()
    before = page.url
    page.click(f"dialog.details >> text={action}")
    page.wait_for_selector(f"main.view-{view} h1", state="attached")
    assert page.url != before
    page.go_back()
    page.wait_for_selector(".editor-canvas")
    page.go_forward()
    page.wait_for_selector(f"main.view-{view} h1", state="attached")
    for parameter in parameters:
        assert f"#/{view}?" in page.url
        assert parameter.split("=")[0] + "=" in page.url


def test_a_hit_is_laid_over_the_query_in_space(results):
    page = results()
    page.locator(f"{CARD} .card-picture").first.click()
    page.click("dialog.details >> text=In 3D")
    page.wait_for_selector(".overlay-dialog canvas, .overlay-dialog svg")
    page.keyboard.press("Escape")
    page.wait_for_selector(".overlay-dialog", state="detached")
    assert page.evaluate("document.activeElement.textContent") == "In 3D"


def test_poses_picked_on_the_map_are_a_gallery(results):
    page = results()
    _every_frame(page)
    _select(page, list(range(40)))
    page.wait_for_selector(".selection-banner:has-text('40 poses')")
    until(page, f"document.querySelectorAll('{CARD}').length === {PAGE}")
    assert _rows(page) == [str(row) for row in range(PAGE)]
    assert page.locator(".percent").count() == 0
    page.click("text=Show more")
    until(page, f"document.querySelectorAll('{CARD}').length === 40")
    page.click("text=Back to the matches")
    page.wait_for_selector(".percent")
    assert page.locator(".selection-banner").is_hidden()
    assert page.locator("button.more").is_visible()


def test_a_busy_server_is_waited_for(open_page):
    page = open_page(failing=True)
    page.wait_for_selector(CARD)
    busy = {"status": 429, "headers": {"Retry-After": "1"}, "json": {"title": "Busy"}}
    page.route("**/v1/search", lambda route: route.fulfill(**busy))
    page.click(".preset[data-name=Star]")
    page.wait_for_selector(".result-note.waiting:has-text('Trying again in 1 s')")
    assert page.locator(CARD).count() > 0, "what was found stays"
    page.unroute("**/v1/search")
    page.wait_for_selector(".result-note.waiting", state="hidden")
    assert page.locator(".result-note.failed").count() == 0


def test_a_server_that_has_stopped_is_named_and_asked_again(open_page):
    page = open_page(failing=True)
    page.wait_for_selector(CARD)
    page.route("**/v1/**", lambda route: route.abort("connectionrefused"))
    page.click(".preset[data-name=Star]")
    page.wait_for_selector(".result-note.failed:has-text('cannot be reached')")
    page.wait_for_selector(".gallery.outdated")
    assert "The best" not in page.locator(".results").inner_text(), "those are of another query"
    page.unroute("**/v1/**")
    page.click("text=Try again")
    page.wait_for_selector(".result-note.failed", state="hidden")
    assert page.locator(".gallery.outdated").count() == 0
    assert page.locator(CARD).count() > 0


def test_no_library_is_said(open_page):
    page = open_page("favicon.svg")
    page.route("**/v1/libraries", lambda route: route.fulfill(json={"libraries": []}))
    page.goto(page.url.replace("favicon.svg", ""))
    page.wait_for_selector(".result-note:has-text('No library')")
    assert page.locator(".card").count() == 0


def test_an_empty_library_is_said_to_be_empty(open_page):
    page = open_page("favicon.svg")

    def emptied(route: Any) -> None:
        answer = route.fetch().json()
        answer["libraries"][0]["poses"] = 0
        route.fulfill(json=answer)

    def nothing(route: Any) -> None:
        answer = route.fetch().json()
        answer["results"][0]["hits"] = []
        route.fulfill(json=answer)

    page.route("**/v1/libraries", emptied)
    page.route("**/v1/search", nothing)
    page.goto(page.url.replace("favicon.svg", "#/search?library=moves&pose=" + _PRESET_T))
    page.wait_for_selector(".result-note:has-text('holds no poses yet')")
    assert "0 of 0" not in page.locator(".results").inner_text()


def test_the_newest_query_counts_even_if_an_older_answer_is_late(open_page):
    page = open_page()
    page.wait_for_selector(CARD)
    held: list[Any] = []
    page.route("**/v1/search", lambda route: held.append(route))
    page.click(".preset[data-name=Star]")
    wait_for(page, lambda: len(held) == 1)
    page.click(".preset[data-name=Squat]")
    wait_for(page, lambda: len(held) == 2)
    held[1].fallback()
    until(page, "!document.querySelector('.gallery').ariaBusy")
    wait_for(page, lambda: held[0].request.failure, "that the first is called off")


def test_strange_fields_and_long_names_break_nothing(open_page):
    page = open_page("favicon.svg", width=360, height=740)
    name = "a_very_long_name_" * 12

    def stretch(route: Any) -> None:
        answer = route.fetch().json()
        for hit in answer["results"][0]["hits"]:
            hit.update(source=f"/data/{name}.mp4", time=None, frame=None, image=False)
            hit["fields"] = {"camera": name, "note": None, name: "<b>x</b>", "list": [1, 2]}
            hit["keypoints"][3:] = [None] * 10
        route.fulfill(json=answer)

    page.route("**/v1/search", stretch)
    page.goto(page.url.replace("favicon.svg", ""))
    page.wait_for_selector(CARD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(f"{CARD} .card-picture").first.click()
    details = page.locator("dialog.details")
    assert details.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert "<b>x</b>" in details.inner_text()
    assert "not known" in details.inner_text()


def test_what_was_found_is_announced(results):
    page = results()
    page.click(".preset[data-name=Star]")
    until(page, "document.querySelector('#announcer').textContent.includes('Best:')")


def _rows(page: Any) -> list[str]:
    found: list[str] = page.evaluate(
        f"[...document.querySelectorAll('{CARD}')].map((card) => card.dataset.row)"
    )
    return found


def _focused_card(page: Any) -> int | None:
    row = page.evaluate("document.activeElement.closest('.card')?.dataset.row ?? null")
    return None if row is None else _rows(page).index(row)


def _select(page: Any, rows: list[int]) -> None:
    """What the lasso of the map does."""
    page.evaluate(
        """async (rows) => {
          const { store } = await import("/app/main.js");
          store.set({ selection: { rows, label: "picked" } });
        }""",
        rows,
    )


def _every_frame(page: Any) -> None:
    _next_search(page, lambda: page.select_option("#apart", label="Every frame"))


def _next_search(page: Any, act: Any) -> dict[str, Any]:
    """What is asked for after an action; what was found is shown, too."""

    def is_search(response: Any) -> bool:
        # A condition is checked by a search for one pose.
        return response.url.endswith("/v1/search") and response.request.post_data_json["k"] > 1

    with page.expect_response(is_search) as answered:
        act()
    body: dict[str, Any] = answered.value.request.post_data_json
    page.last_search = answered.value
    wait_for(page, lambda: _rows(page) == [str(hit["row"]) for hit in _hits_after(page)])
    return body


def _hits_after(page: Any) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = page.last_search.json()["results"][0]["hits"]
    return hits


def _choose(page: Any, column: str, value: str) -> None:
    if not page.locator("#filters").is_visible():
        page.click("text=Filters")
    box = page.locator(f".filter[data-column={column}] .choice", has_text=value)
    _next_search(page, lambda: box.click())


def _condition(page: Any, text: str) -> None:
    page.fill("#condition", text)
    page.keyboard.press("Enter")
