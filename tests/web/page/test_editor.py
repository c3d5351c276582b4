"""The stick figure that is dragged: mouse, touch, keyboard, tools, presets, files."""

import json
import re
from typing import Any

import numpy as np
import pytest

from prvipe.poses import Poses

from .conftest import change_address, let_draw, until, wait_for

JOINTS = 13
WRIST = "left_wrist"
STANDING = (
    "503.0.611.151.377.150.648.333.337.337.675.491.325.5"
    "00.554.474.435.477.574.739.419.746.574.989.411.1000"
)


@pytest.fixture
def editor(open_page):
    """`editor(path, **options)` -> the search view, of someone who stands, with first matches."""

    def open_(path: str = f"#/search?pose={STANDING}", **options: Any) -> Any:
        page = open_page(path, **options)
        page.wait_for_selector(".card:not(.loading)")
        return page

    return open_


def test_a_joint_is_dragged_and_the_search_follows_while_it_is(editor):
    page = editor()
    asked = _searches(page)
    x, y = _middle(page, WRIST)
    before = _pose(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y - 60, steps=4)
    wait_for(page, lambda: asked, "that it is searched before the mouse is let go")
    assert _place(page, WRIST) == pytest.approx((x + 40, y - 60), abs=3)
    page.mouse.up()
    moved = _moved(before, _pose(page))
    assert moved == {WRIST}
    assert page.locator(".query-label").inner_text() == "from the link, changed"
    until(page, "document.querySelector('#results-status').innerText.endsWith(' ms')")


def test_the_limb_moves_along_unless_it_is_not_to(editor):
    page = editor()
    start = _pose(page)
    _drag(page, "left_elbow", 30, -20)
    assert _moved(start, _pose(page)) == {"left_elbow", "left_wrist"}
    page.click("[aria-label='The rest of the limb moves along']")
    start = _pose(page)
    _drag(page, "left_shoulder", 10, -10)
    assert _moved(start, _pose(page)) == {"left_shoulder"}


def test_fingers_drag_joints(editor):
    page = editor(width=390, height=800, touch=True)
    start = _pose(page)
    x, y = _middle(page, WRIST)
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        given = [{"x": a, "y": b} for a, b in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    # A finger is broad: it hits beside the joint.
    touch("touchStart", (x + 12, y))
    touch("touchMove", (x + 32, y - 30))
    touch("touchMove", (x + 42, y - 50))
    touch("touchEnd")
    assert _moved(start, _pose(page)) == {WRIST}
    assert page.evaluate("scrollY") == 0


def test_the_keyboard_reaches_moves_and_hides_every_joint(editor):
    page = editor()
    names = set()
    page.locator(".editor-joint").first.focus()
    for _ in range(JOINTS):
        names.add(page.evaluate("document.activeElement.dataset.joint"))
        page.keyboard.press("Tab")
    assert len(names) == JOINTS

    joint = page.locator(f"[data-joint={WRIST}]")
    joint.focus()
    x, y = _place(page, WRIST)
    page.keyboard.press("ArrowRight")
    small = _place(page, WRIST)[0] - x
    page.keyboard.press("Shift+ArrowDown")
    large = _place(page, WRIST)[1] - y
    assert 0 < small < large
    assert re.fullmatch(r"left wrist, \d+ right, \d+ down.*", joint.get_attribute("aria-label"))

    page.keyboard.press("Delete")
    assert "hidden" in joint.get_attribute("aria-label")
    assert _pose(page)[WRIST] is None
    assert page.evaluate("document.activeElement.dataset.joint") == WRIST
    page.keyboard.press("Enter")
    assert _pose(page)[WRIST] is not None
    page.keyboard.press("h")
    assert _pose(page)[WRIST] is None


def test_keys_undo_wherever_the_focus_is_but_in_a_field(editor):
    page = editor()
    start = _pose(page)
    page.click(".preset[data-name=T]")
    page.locator(".card-picture").first.focus()
    page.keyboard.press("Control+z")
    assert _pose(page) == start
    page.keyboard.press("Control+y")
    page.click("text=Filters")
    page.fill("#condition", "abc")
    page.keyboard.press("Control+z")
    assert _pose(page) != start


def test_changes_are_undone_and_done_again(editor):
    page = editor()
    states = [_pose(page)]
    _drag(page, WRIST, 20, -30)
    states.append(_pose(page))
    page.click("[aria-label='Mirror image']")
    states.append(_pose(page))
    undo, redo = page.locator("[aria-label=Undo]"), page.locator("[aria-label='Do again']")
    undo.click()
    assert _pose(page) == states[1]
    page.keyboard.press("Control+z")
    assert _pose(page) == states[0]
    assert page.locator(".query-label").inner_text() == "from the link"
    assert undo.get_attribute("aria-disabled") == "true"
    assert page.evaluate("document.activeElement.ariaLabel") == "Undo", "the focus stays"
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+Shift+z")
    assert _pose(page) == states[2]
    assert redo.get_attribute("aria-disabled") == "true"


def test_mirroring_twice_and_exchanging_twice_changes_nothing(editor):
    page = editor()
    page.click(".preset[data-name=Kick]")
    start = _pose(page)
    for name in ("Mirror image", "Exchange left and right"):
        page.click(f"[aria-label='{name}']")
        once = _pose(page)
        assert once != start
        page.click(f"[aria-label='{name}']")
        _assert_same(_pose(page), start)
    page.click("[aria-label='Exchange left and right']")
    assert _pose(page)["left_wrist"] == pytest.approx(start["right_wrist"])


def test_the_figure_turns_grows_and_fits_again(editor):
    page = editor()
    start = _pose(page)
    page.click("[aria-label='Turn right']")
    page.click("[aria-label='Turn left']")
    page.click("[aria-label='Fit into the frame']")
    _assert_same(_pose(page), start, within=3)
    page.click("[aria-label=Smaller]")
    assert _height(_pose(page)) == pytest.approx(_height(start) / 1.15, rel=0.01)
    page.click("[aria-label='Fit into the frame']")
    _assert_same(_pose(page), start, within=3)


def test_there_are_presets_and_each_searches(editor):
    page = editor()
    presets = page.locator(".preset")
    assert presets.count() >= 8
    for number in range(presets.count()):
        with page.expect_request("**/v1/search") as asked:
            presets.nth(number).click()
        assert presets.nth(number).get_attribute("aria-pressed") == "true"
        assert all(value is not None for value in _pose(page).values())
        searched = np.array(asked.value.post_data_json["poses"]["keypoints"][0], float)
        assert np.abs(_normalized(searched) - _shape(_pose(page))).max() < 0.003


def test_hidden_joints_are_searched_without_and_shown_again(editor):
    page = editor()
    page.locator(f"[data-joint={WRIST}]").focus()
    with page.expect_request("**/v1/search") as request:
        page.click("[aria-label='Hide the left wrist']")
    points = request.value.post_data_json["poses"]["keypoints"][0]
    assert sum(point is None for point in points) == 1
    drawn = "(label) => document.querySelector(`[aria-label='${label}'] path`).getAttribute('d')"
    labels = ("Show the left wrist", "Show all joints")
    one, every = (page.evaluate(drawn, label) for label in labels)
    assert one != every, "two buttons side by side"
    page.click("[aria-label='Show all joints']")
    assert None not in _pose(page).values()


def test_the_address_keeps_the_query(editor):
    page = editor()
    change_address(page, lambda: page.click(".preset[data-name=Lunge]"))
    change_address(page, lambda: _drag(page, WRIST, -15, 25))
    drawn = _shape(_pose(page))
    other = editor("#" + page.url.split("#")[1])
    assert np.abs(_shape(_pose(other)) - drawn).max() < 0.003


def test_a_damaged_address_is_no_query(editor):
    page = editor("#/search?pose=1.2.three&row=x")
    assert page.locator(".query-label").inner_text() != "from the link"


def test_the_first_query_is_a_pose_of_the_library_with_good_matches(editor):
    page = editor("#/search")
    label = page.locator(".query-label").inner_text()
    first = page.locator(".card").first
    assert first.locator(".place").inner_text() in label
    assert int(first.locator(".percent").inner_text().removesuffix("%").strip("> ")) > 70
    assert page.locator(".result-note").is_hidden()
    assert page.locator("[aria-label=Undo]").get_attribute("aria-disabled") == "true"
    until(page, "location.hash.includes('pose=')")


def test_without_an_example_the_drawn_pose_is_searched(open_page):
    page = open_page("favicon.svg", failing=True)
    page.route("**/poses?rows=*", lambda route: route.fulfill(status=504, json={}))
    page.goto(page.url.replace("favicon.svg", ""))
    page.wait_for_selector(".card:not(.loading)")
    assert page.locator(".query-label").inner_text() == "Standing"
    assert page.locator(".toast").count() == 0


def test_who_draws_at_once_gets_no_example(open_page):
    page = open_page("favicon.svg")
    held: list[Any] = []
    page.route("**/poses?rows=*", lambda route: held.append(route))
    page.goto(page.url.replace("favicon.svg", ""))
    page.click(".preset[data-name=Star]")
    page.wait_for_selector(".card:not(.loading)")
    wait_for(page, lambda: held, "that an example is asked for")
    with page.expect_response("**/poses?rows=*"):
        for route in held:
            route.fallback()
    let_draw(page)
    assert page.locator(".query-label").inner_text() == "Star"


def test_poses_are_copied_and_pasted_as_json(editor):
    page = editor()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".preset[data-name=Squat]")
    page.click("[aria-label='Copy as JSON']")
    page.wait_for_selector(".toast:has-text('copied')")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["skeleton"] == "coco13"
    assert np.shape(copied["keypoints"]) == (1, JOINTS, 2)
    squat = _pose(page)
    page.click(".preset[data-name=T]")
    page.click("[aria-label='Paste JSON']")
    page.wait_for_selector(".query-label:has-text('pasted')")
    _assert_same(_pose(page), squat, within=3)


def test_pasting_what_is_no_pose_says_why(editor):
    page = editor()
    cases = [
        ("hello", "no JSON"),
        ("[[1, 2], [3, 4]]", "13 joints"),
        (json.dumps([[1, "2"]] * 13), "head"),
        (json.dumps([None] * 13), "No joint"),
        ('{"skeleton": "coco17", "keypoints": []}', "coco17"),
    ]
    for text, said in cases:
        _paste(page, text)
        page.wait_for_selector(f".toast.error:has-text('{said}')")
    assert page.locator(".query-label").inner_text() == "from the link"


def test_ambiguous_joints_are_marked_and_said(editor):
    page = editor()
    page.route("**/v1/uncertainty", lambda route: route.fulfill(json=_uncertain(WRIST)))
    page.click(".preset[data-name=Balance]")
    page.wait_for_selector(f".editor-joint.ambiguous[data-joint={WRIST}]")
    assert page.locator(".editor-joint.ambiguous").count() == 1
    assert "uncertain" in page.locator(f"[data-joint={WRIST}]").get_attribute("aria-label")
    words = page.locator(".uncertainty").inner_text()
    assert "Too little to be sure" in words
    assert "Much is open." in words
    assert "left wrist" in words


def test_what_the_server_says_about_the_query_is_shown(editor):
    page = editor()
    page.wait_for_selector(".uncertainty strong")
    assert page.locator(".uncertainty").inner_text().startswith("Clear enough")


def test_the_server_reads_a_file(editor, tmp_path):
    page = editor()
    file = tmp_path / "squat.parquet"
    squat = np.array(_person(page, "Squat"), np.float32)
    Poses(squat[None], None, "coco13").save(file)
    page.click(".preset[data-name=T]")
    page.set_input_files("#query-file", file)
    page.wait_for_selector(".upload-dialog button.primary, .query-label:has-text('squat.parquet')")
    if page.locator(".upload-dialog").count():
        page.click("text=Use this pose")
    page.wait_for_selector(".query-label:has-text('squat.parquet')")
    assert np.abs(_shape(_pose(page)) - _normalized(squat)).max() < 0.01


def test_a_person_of_a_keypoint_file_becomes_the_query(editor, tmp_path):
    page = editor()
    people = [_person(page, "Squat"), _person(page, "T")]
    file = tmp_path / "people.json"
    file.write_text(json.dumps({"anything": 1}))
    page.route("**/v1/read?**", lambda route: route.fulfill(json=_read_answer(people)))
    page.set_input_files("#query-file", file)
    page.wait_for_selector(".upload-dialog")
    page.locator(".person-label").nth(1).click()
    assert page.locator(".person.chosen").count() == 1
    cut = page.evaluate(
        """() => {
          const room = document.querySelector("svg.people").getBoundingClientRect();
          return [...document.querySelectorAll(".person circle")].filter((circle) => {
            const { left, right, top, bottom } = circle.getBoundingClientRect();
            return left < room.left || right > room.right || top < room.top || bottom > room.bottom;
          }).length;
        }"""
    )
    assert cut == 0, "everybody is shown whole"
    page.click("text=Use this pose")
    page.wait_for_selector(".query-label:has-text('people.json')")
    wanted = np.array(people[1], float)
    assert np.abs(_shape(_pose(page)) - _normalized(wanted)).max() < 0.01
    assert page.evaluate("document.activeElement.textContent") == "Open"


def test_frames_of_a_video_are_scrubbed_under_the_skeleton(editor, library_folder):
    page = editor()
    poses = [_person(page, "Squat"), _person(page, "T"), _person(page, "Kick")]
    answer = _read_answer(poses, "video", frames=[0, 6, 12])
    page.route("**/v1/read?**", lambda route: route.fulfill(json=answer))
    page.set_input_files("#query-file", library_folder / "squatting-cam01.mp4")
    page.wait_for_selector(".upload-dialog")
    until(page, "document.querySelector('.stage video').videoWidth > 0")
    stage = page.locator(".stage").bounding_box()
    assert stage["width"] / stage["height"] == pytest.approx(160 / 200, rel=0.02)
    page.focus("#upload-frame")
    page.keyboard.press("ArrowRight")
    until(page, "Math.abs(document.querySelector('.stage video').currentTime - 0.5) < 0.05")
    assert "2 of 3" in page.locator(".scrub output").inner_text()
    page.click("text=Use this pose")
    page.wait_for_selector(".query-label:has-text('squatting-cam01.mp4')")
    assert np.abs(_shape(_pose(page)) - _normalized(np.array(poses[1], float))).max() < 0.01


def test_a_file_that_nobody_is_in_and_one_that_is_refused_say_so(editor, tmp_path):
    page = editor(failing=True)
    file = tmp_path / "a.png"
    file.write_bytes(b"no picture")
    page.route("**/v1/read?**", lambda route: route.fulfill(json=_read_answer([], "image")))
    page.set_input_files("#query-file", file)
    page.wait_for_selector(".toast.error:has-text('No person')")
    refused = {"title": "Bad input", "detail": "a.png is no image", "status": 422}
    page.route("**/v1/read?**", lambda route: route.fulfill(status=422, json=refused))
    page.set_input_files("#query-file", file)
    page.wait_for_selector(".toast.error:has-text('a.png is no image')")


def test_files_are_dropped_anywhere(editor):
    page = editor()
    people = [_person(page, "Squat")]
    page.route("**/v1/read?**", lambda route: route.fulfill(json=_read_answer(people)))
    give = """(kind) => {
      const data = new DataTransfer();
      data.items.add(new File(["x"], "one.json"));
      const options = { dataTransfer: data, bubbles: true, cancelable: true };
      document.querySelector(".gallery").dispatchEvent(new DragEvent(kind, options));
    }"""
    page.evaluate(give, "dragenter")
    assert page.locator(".drop-veil").is_visible()
    page.evaluate(give, "drop")
    page.wait_for_selector(".query-label:has-text('one.json')")
    assert not page.locator(".drop-veil").is_visible()


def _searches(page: Any) -> list[Any]:
    asked: list[Any] = []
    page.on("request", lambda each: each.url.endswith("/v1/search") and asked.append(each))
    return asked


def _place(page: Any, joint: str) -> tuple[float, float]:
    """Where a joint is on the screen."""
    box = page.locator(f"[data-joint={joint}] .joint").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


_middle = _place


def _drag(page: Any, joint: str, dx: float, dy: float) -> None:
    x, y = _place(page, joint)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()


def _pose(page: Any) -> dict[str, tuple[float, float] | None]:
    """Joints in the editor's square, None where hidden."""
    found = page.evaluate(
        """() => [...document.querySelectorAll(".editor-joint")].map((joint) => [
             joint.dataset.joint,
             joint.classList.contains("hidden-joint")
               ? null : joint.getAttribute("transform").match(/[\\d.]+/g).map(Number)])"""
    )
    return {name: None if place is None else tuple(place) for name, place in found}


def _moved(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def _height(pose: dict[str, Any]) -> float:
    rows = [place[1] for place in pose.values() if place is not None]
    return max(rows) - min(rows)


def _assert_same(pose: dict[str, Any], other: dict[str, Any], within: float = 0.1) -> None:
    for name in pose:
        assert pose[name] == pytest.approx(other[name], abs=within), name


def _normalized(points: np.ndarray) -> np.ndarray:
    centred = points - points.mean(axis=0)
    return np.asarray(centred / np.abs(centred).max())


def _shape(pose: dict[str, Any]) -> np.ndarray:
    return _normalized(np.array(list(pose.values()), float))


def _person(page: Any, preset: str) -> list[list[float]]:
    """A preset in pixels of a small image."""
    page.click(f".preset[data-name={preset}]")
    return [[place[0] / 8 + 15, place[1] / 8 + 20] for place in _pose(page).values()]


def _read_answer(people: list[Any], kind: str = "keypoints", frames: Any = None) -> dict[str, Any]:
    number = frames or [0] * len(people)
    fields = {"frame": number, "time": [each / 12 for each in number]}
    return {
        "kind": kind,
        "poses": {"skeleton": "coco13", "keypoints": people, "scores": None, "fields": fields},
        "suggested": 0 if people else None,
        "notes": [],
    }


def _uncertain(*joints: str) -> dict[str, Any]:
    trust = {"visible": 13, "joints": 13, "variance": 20, "doubts": ["x"], "trusted": False}
    each = [{"joint": name, "visible": True, "error": 0.4, "ambiguous": True} for name in joints]
    return {"poses": [{"trust": trust, "words": "much is open", "joints": each}]}


def _paste(page: Any, text: str) -> None:
    page.evaluate(
        """(text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text", text);
          const options = { clipboardData, bubbles: true, cancelable: true };
          document.body.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        text,
    )
