"""The address and the history: steps back and forward, and links that carry all that is asked."""

from .conftest import change_address, pass_time, until, wait_for

CARD = ".card:not(.loading)"


def test_back_and_forward_go_through_the_queries(open_page):
    page = open_page()
    page.wait_for_selector(CARD)
    until(page, "location.hash.includes('pose=')")
    first = page.locator(".query-label").inner_text()
    change_address(page, lambda: page.click(".preset[data-name=Star]"))
    change_address(page, lambda: page.click(".preset[data-name=Squat]"))
    change_address(page, lambda: page.locator("text=More like this").first.click())
    page.go_back()
    page.wait_for_selector(".query-label:text-is('Squat')")
    page.wait_for_selector(".preset[data-name=Squat][aria-pressed=true]")
    page.go_back()
    page.wait_for_selector(".query-label:text-is('Star')")
    page.go_back()
    page.wait_for_selector(f".query-label:text-is('{first}')")
    page.go_forward()
    page.wait_for_selector(".query-label:text-is('Star')")


def test_a_step_back_is_not_written_over_before_it_is_read(open_page):
    page = open_page()
    # As in a busy browser, whose hashchange comes after timers.
    page.add_init_script(
        """addEventListener("hashchange", (event) => {
          if (!event.isTrusted) return;
          event.stopImmediatePropagation();
          setTimeout(() => dispatchEvent(new HashChangeEvent("hashchange")), 700);
        });"""
    )
    page.reload()
    page.wait_for_selector(CARD)
    until(page, "location.hash.includes('pose=')")
    first = page.locator(".query-label").inner_text()
    change_address(page, lambda: page.click(".preset[data-name=Star]"))
    change_address(page, lambda: page.click(".preset[data-name=Squat]"))
    page.evaluate(
        """async () => {
          history.back();
          // The step before, read 700 ms later, is written another 300 ms later.
          await new Promise((resolve) => setTimeout(resolve, 850));
          history.back();
        }"""
    )
    page.wait_for_selector(f".query-label:text-is('{first}')")


def test_a_drag_is_one_step(open_page):
    page = open_page()
    page.wait_for_selector(CARD)
    until(page, "location.hash.includes('pose=')")
    steps, before = page.evaluate("history.length"), page.url
    box = page.locator("[data-joint=left_wrist] .joint").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for place in range(6):
        page.mouse.move(x + 8 * place, y + 5 * place)
        pass_time(page, 120)
    assert page.url == before, "written at the end"
    change_address(page, page.mouse.up)
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    wait_for(page, lambda: page.url == before, "that the drag is taken back")


def test_back_takes_a_filter_away(open_page):
    page = open_page()
    page.wait_for_selector(CARD)
    until(page, "location.hash.includes('pose=')")
    page.click("text=Filters")
    box = page.locator(".filter[data-column=camera] .choice", has_text="cam01").locator("input")
    change_address(page, box.check)
    change_address(page, lambda: page.fill("[aria-label='time, from']", "0.5"))
    page.go_back()
    page.wait_for_selector(".chip:has-text('time')", state="detached")
    assert box.is_checked()
    page.go_back()
    page.wait_for_selector(".chip", state="detached")
    assert not box.is_checked()
    page.go_forward()
    page.wait_for_selector(".chip:has-text('cam01')")


def test_a_link_carries_filters_and_distance(open_page):
    page = open_page()
    page.wait_for_selector(CARD)
    page.click("text=Filters")
    for camera in ("cam01", "cam02"):
        page.locator(".filter[data-column=camera] .choice", has_text=camera).click()
    page.fill("[aria-label='time, up to']", "1.5")
    page.wait_for_selector(".chip:has-text('time')")
    page.select_option("#apart", label="2 s apart")
    page.fill("#condition", "activity!=squatting")
    with page.expect_response(
        lambda answer: (
            "activity" in str((answer.request.post_data_json or {}).get("where"))
            and answer.request.post_data_json["k"] > 1
        )
    ) as answered:
        page.keyboard.press("Enter")
    asked = answered.value.request.post_data_json
    until(page, "location.hash.includes('activity')")
    other = open_page("favicon.svg")
    with other.expect_request("**/v1/search") as again:
        other.goto(page.url)
    body = again.value.post_data_json
    assert sorted(body["where"]) == sorted(asked["where"])
    assert body["distinct"] == "2s"
    assert len(body["where"]) == 3
    other.wait_for_selector(CARD)
    other.click("text=Filters")
    until(other, "document.querySelectorAll('.filter[data-column=camera] :checked').length === 2")
    assert other.input_value("[aria-label='time, up to']") == "1.5"
    assert other.input_value("#apart") == "2s"
