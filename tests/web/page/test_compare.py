"""Two poses on the compare page: chosen from everywhere, judged, their joints linked."""

import json
import re
import urllib.request

import numpy as np
import pytest

from prvipe.poses import Poses

from .conftest import check_accessibility, until

ONE, OTHER = 3, 90  # rows of the library: of both activities, with pictures
POSE = (
    "500.83.420.180.580.180.380.330.620.330.360.480.640.480.440.500.560.500.430.720.570.720.430.940"
    ".570.940"
)


@pytest.fixture
def answer(server):
    body = {"a": {"library": "moves", "row": ONE}, "b": {"library": "moves", "row": OTHER}}
    request = urllib.request.Request(
        f"{server}v1/compare", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


@pytest.fixture
def page(open_page):
    """Both poses, compared."""
    page = open_page(f"#/compare?a=moves:{ONE}&b=moves:{OTHER}")
    page.wait_for_selector(".joint-table")
    return page


def test_verdict_and_joints_are_those_of_the_server(page, answer):
    headline = page.locator(".compare-verdict h2").inner_text()
    assert headline.lower() == answer["headline"].lower()
    meaning = page.locator(".meaning p").inner_text().rstrip(".")
    assert meaning.lower() == answer["verdict"]["meaning"].lower()
    meter = page.get_by_role("meter", name="Matching probability")
    assert float(meter.get_attribute("value")) == pytest.approx(answer["probability"], abs=1e-4)
    rows = page.locator(".joint-table tr:has(button)").all_inner_texts()
    assert len(rows) == len(answer["joints"])
    for text, joint in zip(rows, answer["joints"], strict=True):
        assert joint["joint"].replace("_", " ") in text
        assert f"{joint['difference']:.2f}" in text
        assert f"± {joint['uncertainty']:.2f}" in text
        assert (joint["direction"] in text) == (joint["verdict"] != "no clear difference")


def test_pointing_at_a_joint_marks_it_in_both_figures_and_the_list(page):
    buttons = page.locator(".joint-button")
    name = buttons.first.inner_text().strip()
    buttons.first.focus()
    assert page.locator(".joint-mark.is-pointed").count() == 2
    assert page.locator(".joint-label").all_text_contents() == [name, name]
    buttons.nth(1).hover()
    assert page.locator(".joint-label").first.text_content() == buttons.nth(1).inner_text().strip()

    mark = page.locator(".figure-screen").first.locator(".joint-mark.is-apart").first
    joint = mark.get_attribute("data-joint")
    mark.dispatch_event("pointerenter")
    assert page.locator("tr.is-pointed").count() == 1
    others = page.locator(f".joint-mark.is-pointed[data-joint='{joint}']")
    assert others.count() == 2

    page.mouse.move(1, 1)
    buttons.first.press("Enter")
    buttons.first.evaluate("button => button.blur()")
    mark.dispatch_event("pointerleave")
    assert buttons.first.get_attribute("aria-pressed") == "true"
    assert page.locator(".joint-label").first.text_content() == name


def test_swap_turns_the_directions(page, answer):
    page.get_by_role("button", name="Swap").click()
    until(page, f"location.hash.includes('a=moves%3A{OTHER}')")
    assert f"b=moves%3A{ONE}" in page.url
    page.wait_for_selector(".joint-table")
    assert f"row {OTHER} of moves" in page.locator(".subject-detail").first.inner_text()
    names = page.locator(".joint-button").all_inner_texts()
    apart = {each["joint"].replace("_", " ") for each in answer["joints"][:3]}
    assert apart & {name.strip() for name in names[:4]}


def test_query_and_row_come_from_the_other_views(open_page):
    page = open_page(f"#/compare?library=moves&pose={POSE}&a=query&b=row:{OTHER}")
    page.wait_for_selector(".joint-table")
    assert page.locator(".compared").first.locator("circle.joint").count() == 13
    page = open_page(f"#/compare?library=moves&pose={POSE}&with={OTHER}")
    page.wait_for_selector(".joint-table")
    assert f"row {OTHER}" in page.locator(".subject-detail").nth(1).inner_text()


def test_rows_are_taken_by_number_and_a_missing_one_is_said(open_page):
    page = open_page("#/compare", failing=True)
    for letter, row in ("A", ONE), ("B", 99_999), ("B", OTHER):
        field = page.get_by_role("spinbutton", name=f"Row of the library as {letter}")
        field.fill(str(row))
        field.press("Enter")
        if row == 99_999:
            page.locator(".subject-picker [role=alert]:not(:empty)").wait_for()
    page.wait_for_selector(".joint-table")
    assert page.locator(".subject-picker [role=alert]:not(:empty)").count() == 0


def test_people_and_frames_of_a_file_are_chosen(open_page, tmp_path):
    file = tmp_path / "several.parquet"
    _several_people().save(file)
    page = open_page(f"#/compare?b=moves:{OTHER}")
    page.locator(".compared input[type=file]").first.set_input_files(file)
    page.wait_for_selector(".joint-table")
    person = page.get_by_role("combobox", name="Person of A")
    assert person.locator("option").count() == 2
    before = page.locator(".figure-pose").first.get_attribute("viewBox")
    other = 1 - person.evaluate("select => select.selectedIndex")
    person.select_option(index=other)
    until(page, f"document.querySelector('.figure-pose').getAttribute('viewBox') !== '{before}'")
    page.get_by_role("slider", name="Frame of A").press("End")
    page.get_by_text("frame 2").first.wait_for()
    assert not person.is_visible()
    assert "a=" not in page.url.replace("library=", "")


def test_a_pose_is_drawn_and_what_it_lacks_is_said(open_page):
    page = open_page(f"#/compare?b=moves:{OTHER}")
    page.get_by_role("button", name="Draw A").click()
    dialog = page.get_by_role("dialog", name="Draw A")
    dialog.locator("[data-joint=left_wrist]").focus()
    page.keyboard.press("Delete")
    check_accessibility(page)
    dialog.get_by_role("button", name="Take this pose").click()
    page.get_by_text("Not compared, missing in A: left wrist").wait_for()
    assert page.locator(".compared").first.locator("circle.joint").count() == 12


def test_too_little_in_common_is_no_verdict(open_page):
    few = "_._._._._._._.440.500.560.500.430.720.570.720.430.940.570.940"
    page = open_page(f"#/compare?library=moves&pose={few}&a=query&b=row:{OTHER}")
    page.get_by_role("heading", name="Too little in common to say").wait_for()
    assert page.get_by_text("missing in A: head").count() == 1
    assert page.locator(".meaning").count() == 0


def test_frames_that_fail_are_said_and_the_figures_stay(open_page):
    page = open_page("#/compare", failing=True)
    page.route(re.compile("/image"), lambda route: route.fulfill(status=404, body="{}"))
    page.evaluate(f"location.hash = '#/compare?a=moves:{ONE}&b=moves:{OTHER}'")
    page.get_by_text("The picture cannot be shown").first.wait_for()
    page.wait_for_selector(".joint-table")
    assert page.locator(".figure-pose circle.joint").count() == 26


def test_a_busy_server_is_asked_again_and_a_slow_one_is_explained(open_page):
    page = open_page("#/compare", failing=True)
    turns = iter([(429, {"Retry-After": "0.3"}), (504, {})])

    def refuse(route):
        status, headers = next(turns, (None, None))
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, headers=headers, json={"title": "No", "status": status})

    page.route("**/v1/compare", refuse)
    page.evaluate(f"location.hash = '#/compare?a=moves:{ONE}&b=moves:{OTHER}'")
    page.get_by_text("This took the server too long").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".joint-table")


def test_a_dropped_video_shows_its_frame_under_the_pose(open_page, library_folder):
    page = open_page("#/compare")
    keypoints = [[[float(each), float(each)] for each in range(13)]] * 2
    fields = {"frame": [0, 6], "time": [0.0, 0.5], "width": [160, 160], "height": [200, 200]}
    poses = {"skeleton": "coco13", "keypoints": keypoints, "scores": None, "fields": fields}
    answer = {"kind": "video", "poses": poses, "suggested": 1, "notes": []}
    page.route("**/v1/read?**", lambda route: route.fulfill(json=answer))
    video = library_folder / "squatting-cam01.mp4"
    page.locator("input[type=file]").first.set_input_files(video)
    film = "document.querySelector('.figure-screen video')"
    until(page, f"{film}?.videoWidth > 0 && Math.abs({film}.currentTime - 0.5) < 0.05")
    assert page.locator(".figure-screen video").count() == 1
    page.get_by_role("button", name="Swap").click()
    until(page, f"{film}.closest('.compared').ariaLabel === 'Pose B'")
    assert page.locator(".figure-screen video").count() == 1


def test_both_are_laid_over_each_other_in_space(page):
    page.get_by_role("button", name="In 3D").click()
    page.get_by_role("dialog").locator("canvas").first.wait_for()


@pytest.mark.parametrize(("width", "height", "dark"), [(360, 740, True), (1280, 800, False)])
def test_everybody_can_use_it_on_small_and_large_screens(open_page, width, height, dark):
    page = open_page(f"#/compare?a=moves:{ONE}&b=moves:{OTHER}", width, height, dark=dark)
    page.wait_for_selector(".joint-table")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_accessibility(page)
    page.set_viewport_size({"width": 3840, "height": 2160})
    assert page.evaluate("document.documentElement.scrollWidth") <= 3840


def _several_people():
    """Two people in frames 0 and 1, one in frame 2."""
    body = np.array([float(each) for each in POSE.split(".")]).reshape(13, 2)
    people = [body, body * 0.5 + 700]
    keypoints = np.stack([*people, *people, people[0]]).astype(np.float32)
    fields = {"frame": [0, 0, 1, 1, 2], "person": [0, 1, 0, 1, 0], "time": [0.0, 0, 0.1, 0.1, 0.2]}
    return Poses(keypoints, None, "coco13", fields)


def test_a_pose_is_found_by_recording_and_time(open_page):
    page = open_page(f"#/compare?b=moves:{OTHER}")
    box = page.get_by_role("combobox", name="Recording of A")
    box.click()
    box.fill("squatting cam02")
    page.keyboard.press("Enter")
    page.wait_for_selector(".joint-table")
    time = page.get_by_role("spinbutton", name="Time in seconds of A")
    time.fill("1.02")
    time.press("Enter")
    page.locator(".compared").first.get_by_text("1.00 s").wait_for()
    assert float(time.input_value()) == 1
    page.get_by_role("slider", name="Frame of A").press("ArrowRight")
    page.locator(".compared").first.get_by_text("1.08 s").wait_for()
    until(page, "/a=moves%3A[0-9]+/.test(location.hash)")
    row = int(re.search(r"a=moves%3A(\d+)", page.url)[1])
    hit = page.request.get(page.url.split("#")[0] + f"v1/libraries/moves/poses?rows={row}").json()
    assert hit["poses"][0]["fields"]["camera"] == "cam02"
    assert hit["poses"][0]["time"] == pytest.approx(13 / 12)
