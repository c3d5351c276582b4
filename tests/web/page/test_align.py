"""Two clips on the align page: chosen, dropped, linked to, swapped."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from prvipe.index import PoseIndex
from prvipe.poses import Poses

from .align_page import MOVE, SLIDER, frames_shown
from .conftest import check_accessibility, until, wait_for


def test_clips_are_found_by_typing_and_aligned(open_page, clips):
    page = open_page("#/align")
    for letter, camera in ("A", "cam01"), ("B", "cam02"):
        box = page.get_by_role("combobox", name=f"Recording for clip {letter}")
        box.fill(f"{MOVE} {camera}")
        page.get_by_role("option").wait_for()  # fails where there are several
        box.press("Enter")
    page.wait_for_selector(SLIDER)
    assert page.get_by_role("heading", name="The same motion").count() == 1
    for letter in "AB":
        figure = page.locator(".stage-figure").nth("AB".index(letter))
        assert "13 of 13 joints" in figure.get_attribute("aria-label")
        assert figure.locator("circle.joint").count() == 13
    params = _params(page)
    assert params["a"] == [f"moves:{clips['cam01']}"]
    assert params["b"] == [f"moves:{clips['cam02']}"]


def test_recordings_that_come_while_one_types_are_found(open_page):
    page = open_page("#/search")
    held = []
    page.route("**/recordings", lambda route: held.append(route))
    page.evaluate("location.hash = '#/align'")
    box = page.get_by_role("combobox", name="Recording for clip A")
    box.fill(f"{MOVE} cam01")
    page.get_by_text("The recordings are not there yet.").wait_for()
    wait_for(page, lambda: held, "that the recordings are asked for")
    held[0].continue_()
    page.get_by_role("option").wait_for()
    box.press("Enter")
    until(page, "document.getElementById('clip-A').value.includes('cam01')")


def test_swapped_clips_change_sides(open_page, align_link, clips):
    page = open_page(align_link)
    page.wait_for_selector(SLIDER)
    names = _names(page)
    page.get_by_role("button", name="Swap the clips").click()
    until(page, f"location.hash.includes('a=moves%3A{clips['cam02']}')")
    page.wait_for_selector(SLIDER)
    assert _names(page) == names[::-1]


def test_a_busy_server_is_asked_again_and_a_slow_one_is_explained(open_page, align_link):
    page = open_page("#/align", failing=True)
    turns = iter([(429, {"Retry-After": "0.3"}), (504, {})])

    def refuse(route):
        status, headers = next(turns, (None, None))
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, headers=headers, json={"title": "No", "status": status})

    page.route("**/v1/align", refuse)
    page.evaluate(f"location.hash = '{align_link}'")
    page.get_by_text("This took the server too long").wait_for()
    assert page.get_by_text("Take one frame in 2").count() == 1
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(SLIDER)


def test_clips_with_nothing_in_common_are_said_to_have_nothing(open_page, align_link, alignment):
    empty = {name: [] for name, value in alignment.items() if isinstance(value, list)}
    nothing = {**alignment, **empty, "verdict": "no common motion", "offset": None, "pace": None}
    page = open_page("#/align")
    page.route("**/v1/align", lambda route: route.fulfill(json=nothing))
    page.evaluate(f"location.hash = '{align_link}'")
    page.get_by_role("heading", name="No common motion found").wait_for()
    assert page.locator(SLIDER).count() == 0
    check_accessibility(page)


def test_a_file_with_a_gap_is_read_and_the_gap_is_said(open_page, clips, library_folder, tmp_path):
    file = tmp_path / ("a very long name of a file of keypoints " * 4 + ".parquet")
    _recording(library_folder, "cam02", leave_out=range(8, 12)).save(file)
    page = open_page(f"#/align?a=moves:{clips['cam01']}")
    page.locator(".clip-picker input[type=file]").nth(1).set_input_files(file)
    slider = page.wait_for_selector(SLIDER)
    assert "b=" not in page.url
    for _ in range(60):
        if page.locator(".stage-note", has_text="Nobody is seen").is_visible():
            break
        slider.press("ArrowRight")
    assert page.locator(".stage-note", has_text="Nobody is seen").is_visible()
    assert frames_shown(page)[1] in range(8, 12)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_file_that_nobody_can_read_is_explained_beside_it(open_page, tmp_path):
    file = tmp_path / "notes.json"
    file.write_text('{"no": "poses"}')
    page = open_page("#/align", failing=True)
    page.locator(".clip-picker input[type=file]").first.set_input_files(file)
    page.locator(".clip-picker [role=alert]:not(:empty)").first.wait_for()
    assert page.get_by_text("Choose two clips").count() == 1


def test_dropped_video_is_shown_from_the_readers_own_copy(open_page, clips, ask, library_folder):
    shown = ask(f"v1/libraries/moves/recordings/{clips['cam01']}")
    count = len(shown["rows"])
    fields = {
        "frame": shown["frames"],
        "time": shown["times"],
        "person": [0] * count,
        "width": [shown["width"]] * count,
        "height": [shown["height"]] * count,
    }
    poses = {"skeleton": "coco13", "keypoints": shown["keypoints"], "fields": fields}
    read = {"kind": "video", "poses": poses, "suggested": 3, "notes": ["24 frames looked at"]}
    page = open_page(f"#/align?a=moves:{clips['cam02']}")
    page.route("**/v1/read*", lambda route: route.fulfill(json=read))
    video = library_folder / f"{MOVE}-cam01.mp4"
    page.locator(".clip-picker input[type=file]").nth(1).set_input_files(video)
    page.wait_for_selector(SLIDER)
    page.locator(SLIDER).press("End")
    last = frames_shown(page)[1] / 12
    until(page, f"Math.abs(document.querySelector('.stage-film').currentTime - {last}) < 0.03")
    assert page.get_by_text("24 frames looked at").count() == 1


def test_many_recordings_are_listed_in_part_and_searched_at_once(open_page):
    many = [
        {
            "id": str(number),
            "source": f"night-{number}.mp4",
            "sequence": None,
            "camera": None,
            "person": 0,
            "poses": 10,
            "first_time": 0,
            "last_time": 1,
            "first_frame": 0,
            "last_frame": 9,
        }
        for number in range(20_000)
    ]
    page = open_page("#/search")
    page.route("**/recordings", lambda route: route.fulfill(json={"recordings": many}))
    page.evaluate("location.hash = '#/align'")
    box = page.get_by_role("combobox", name="Recording for clip A")
    box.wait_for()
    until(page, "document.getElementById('clip-A').placeholder.includes('20,000')")
    box.click()
    assert page.get_by_role("option").count() == 60
    assert page.get_by_text("19,940 more").count() == 1
    box.fill("19999")
    assert page.get_by_role("option").count() == 1
    box.press("Escape")
    assert page.get_by_role("option").count() == 0


@pytest.mark.parametrize(("width", "height", "dark"), [(360, 740, True), (1280, 800, False)])
def test_everybody_can_use_it_on_small_and_large_screens(
    open_page, align_link, width, height, dark
):
    page = open_page(align_link, width, height, dark=dark)
    page.wait_for_selector(SLIDER)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".align-settings summary").click()
    check_accessibility(page)
    page.get_by_role("combobox", name="Recording for clip A").click()
    check_accessibility(page)
    page.set_viewport_size({"width": 3840, "height": 2160})
    until(page, "document.querySelector('svg.curve').getBoundingClientRect().width > 1900")
    assert page.evaluate("document.documentElement.scrollWidth") <= 3840


def test_a_row_leads_to_its_recording(open_page, ask, clips):
    rows = ask(f"v1/libraries/moves/recordings/{clips['cam02']}")["rows"]
    page = open_page(f"#/align?a=row:{rows[5]}")
    until(page, f"location.hash.includes('{clips['cam02']}')")


def _recording(folder, camera, leave_out):
    """Poses of a recording of the library, some frames left out."""
    index = PoseIndex.load(folder / "moves.pvi")
    hits = [index.pose(row) for row in range(len(index))]
    source = f"{MOVE}-{camera}.mp4"
    kept = [hit for hit in hits if hit.source == source and hit.frame not in leave_out]
    fields = {name: [hit.fields[name] for hit in kept] for name in ("frame", "time", "person")}
    keypoints = np.stack([hit.keypoints for hit in kept])
    return Poses(keypoints, None, "coco13", fields)


def _params(page):
    return parse_qs(urlsplit(page.url).fragment.partition("?")[2])


def _names(page):
    return [page.locator(f"#clip-{letter}").input_value() for letter in "AB"]
