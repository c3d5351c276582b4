"""Two clips on the align page: chosen, scrubbed together, played, exported."""

import csv
import json
import re
import time
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from prvipe.index import PoseIndex
from prvipe.poses import Poses

from .conftest import check_accessibility

MOVE = "squatting"
SLIDER = "role=slider[name='Moment of both clips']"


@pytest.fixture
def clips(page_api):
    """Ids of the recordings of one movement, by camera."""
    recordings = page_api("v1/libraries/moves/recordings")["recordings"]
    return {each["camera"]: each["id"] for each in recordings if each["source"].startswith(MOVE)}


@pytest.fixture
def page_api(server):
    """`page_api(path, body)` -> JSON that the server answers."""

    def ask(path, body=None):
        request = urllib.request.Request(server + path)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    return ask


@pytest.fixture
def answer(page_api, clips):
    return page_api("v1/align", _request(clips, "cam01", "cam02"))


@pytest.fixture
def link(clips):
    return f"#/align?a=moves:{clips['cam01']}&b=moves:{clips['cam02']}"


def test_clips_are_found_by_typing_and_aligned(open_page, clips):
    page = open_page("#/align")
    for letter, camera in ("A", "cam01"), ("B", "cam02"):
        box = page.get_by_role("combobox", name=f"Recording for clip {letter}")
        box.fill(f"{MOVE} {camera}")
        assert page.get_by_role("option").count() == 1
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


def test_keys_scrub_both_clips_along_the_pairs_of_the_server(open_page, link, answer):
    page = open_page(link)
    slider = page.wait_for_selector(SLIDER)
    frames = list(zip(answer["frames_a"], answer["frames_b"], strict=True))
    assert _frames(page) == frames[0]
    for expected in frames[1:6]:
        slider.press("ArrowRight")
        assert _frames(page) == expected
    slider.press("ArrowLeft")
    assert _frames(page) == frames[4]
    slider.press("End")
    assert _frames(page) == frames[-1]
    slider.press("PageDown")
    assert answer["times_a"][-1] - _time(page) == pytest.approx(1, abs=0.1)
    slider.press("Home")
    assert _frames(page) == frames[0]
    said = slider.get_attribute("aria-valuetext")
    assert f"matching probability {answer['similarities'][0]:.2f}" in said


def test_playing_keeps_the_pace_of_the_first_clip(open_page, link):
    page = open_page(link)
    page.locator(SLIDER).press(" ")
    page.get_by_role("button", name="Pause").wait_for()
    start, before = _time(page), page.evaluate("performance.now()")
    page.wait_for_timeout(900)
    passed = (page.evaluate("performance.now()") - before) / 1000
    assert _time(page) - start == pytest.approx(passed, abs=0.35)
    page.locator(SLIDER).press(" ")
    stopped = _time(page)
    page.wait_for_timeout(300)
    assert _time(page) == stopped


def test_curve_path_and_worst_moments_lead_to_their_pairs(open_page, link, answer):
    page = open_page(link)
    page.wait_for_selector(SLIDER)
    worst = int(np.argmin(answer["similarities"]))
    page.locator(".worst-button").first.click()
    assert _frames(page) == (answer["frames_a"][worst], answer["frames_b"][worst])
    assert page.locator(".worst-button").first.get_attribute("aria-current") == "true"

    box = page.locator("svg.curve").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 50)
    assert page.locator(".curve-tip").is_visible()
    page.mouse.down()
    at_third = _time(page)
    page.mouse.move(box["x"] + 2 * box["width"] / 3, box["y"] + 50, steps=4)
    page.mouse.up()
    assert _time(page) > at_third

    plot = page.locator("svg.path-plot")
    plot.scroll_into_view_if_needed()
    field = plot.locator(".path-field").bounding_box()
    page.mouse.click(field["x"] + field["width"] - 2, field["y"] + 2)
    assert _frames(page)[0] >= answer["frames_a"][-1] - 2


def test_address_keeps_the_moment(open_page, link, answer):
    middle = len(answer["times_a"]) // 2
    page = open_page(f"{link}&at={answer['times_a'][middle] + 0.001:.3f}")
    page.wait_for_selector(SLIDER)
    assert _frames(page)[0] == answer["frames_a"][middle]
    page.locator(SLIDER).press("End")
    wait_until(page, f"!location.hash.includes('at={answer['times_a'][middle]:.1f}')")
    page.reload()
    page.wait_for_selector(SLIDER)
    assert _frames(page) == (answer["frames_a"][-1], answer["frames_b"][-1])


def test_swapped_clips_change_sides(open_page, link, clips):
    page = open_page(link)
    page.wait_for_selector(SLIDER)
    names = _names(page)
    page.get_by_role("button", name="Swap the clips").click()
    wait_until(page, f"location.hash.includes('a=moves%3A{clips['cam02']}')")
    page.wait_for_selector(SLIDER)
    assert _names(page) == names[::-1]


def test_source_frames_are_shown_where_there_are_any(open_page, clips):
    page = open_page(f"#/align?a=moves:{clips['cam01']}&b=moves:{clips['cam03']}")
    page.wait_for_selector(SLIDER)
    wait_until(page, f"({_PAINTED})(0)")
    assert not page.evaluate(f"({_PAINTED})(1)")
    page.locator(SLIDER).press("End")
    wait_until(page, f"({_PAINTED})(0) && !document.querySelector('.is-old')")


def test_frames_come_together_as_they_do_one_by_one(server, page_api, clips):
    rows = {
        camera: page_api(f"v1/libraries/moves/recordings/{clips[camera]}")["rows"]
        for camera in ("cam01", "cam03")
    }
    asked = [rows["cam01"][5], rows["cam03"][0], rows["cam01"][2], rows["cam01"][5]]
    numbers = ",".join(map(str, asked))
    content = _bytes(f"{server}v1/libraries/moves/frames?rows={numbers}&height=120")
    count, *sizes = np.frombuffer(content[:20], "<u4").tolist()
    assert count == 4
    assert sizes[1] == 0  # a recording without its video
    ends = 20 + np.cumsum(sizes)
    frames = [content[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    for place in (0, 2, 3):
        one = f"v1/libraries/moves/poses/{asked[place]}/image?height=120&drawn=false&whole=true"
        assert frames[place] == _bytes(server + one)
    assert frames[0] != frames[2]


@pytest.mark.parametrize(
    "query", ["rows=999999", "rows=x", "rows=0&height=9999", f"rows={','.join(['0'] * 25)}"]
)
def test_frames_that_cannot_be_had_are_refused(server, query):
    with pytest.raises(urllib.error.HTTPError) as refused:
        _bytes(f"{server}v1/libraries/moves/frames?{query}")
    assert refused.value.code in (404, 422)
    assert json.load(refused.value)["field"] in ("rows", "height")


def test_pictures_that_fail_are_said_and_the_figures_stay(open_page, link):
    page = open_page("#/align", failing=True)
    page.route(re.compile("/frames"), lambda route: route.fulfill(status=504, body="{}"))
    page.evaluate(f"location.hash = '{link}'")
    page.get_by_text("took the server too long").first.wait_for()
    assert page.locator(".stage-figure circle.joint").count() == 26


def test_a_busy_server_is_asked_again_and_a_slow_one_is_explained(open_page, link):
    page = open_page("#/align", failing=True)
    turns = iter([(429, {"Retry-After": "0.3"}), (504, {})])

    def refuse(route):
        status, headers = next(turns, (None, None))
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, headers=headers, json={"title": "No", "status": status})

    page.route("**/v1/align", refuse)
    page.evaluate(f"location.hash = '{link}'")
    page.get_by_text("This took the server too long").wait_for()
    assert page.get_by_text("Take one frame in 2").count() == 1
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(SLIDER)


def test_clips_with_nothing_in_common_are_said_to_have_nothing(open_page, link, answer):
    empty = {name: [] for name, value in answer.items() if isinstance(value, list)}
    nothing = {**answer, **empty, "verdict": "no common motion", "offset": None, "pace": None}
    page = open_page("#/align")
    page.route("**/v1/align", lambda route: route.fulfill(json=nothing))
    page.evaluate(f"location.hash = '{link}'")
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
    assert _frames(page)[1] in range(8, 12)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_file_that_nobody_can_read_is_explained_beside_it(open_page, tmp_path):
    file = tmp_path / "notes.json"
    file.write_text('{"no": "poses"}')
    page = open_page("#/align", failing=True)
    page.locator(".clip-picker input[type=file]").first.set_input_files(file)
    page.locator(".clip-picker [role=alert]:not(:empty)").first.wait_for()
    assert page.get_by_text("Choose two clips").count() == 1


def test_dropped_video_is_shown_from_the_readers_own_copy(
    open_page, clips, page_api, library_folder
):
    shown = page_api(f"v1/libraries/moves/recordings/{clips['cam01']}")
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
    last = _frames(page)[1] / 12
    wait_until(page, f"Math.abs(document.querySelector('.stage-film').currentTime - {last}) < 0.03")
    assert page.get_by_text("24 frames looked at").count() == 1


def test_pairs_are_saved_as_csv_and_json(open_page, link, answer, tmp_path):
    page = open_page(link)
    files = {}
    for kind in "CSV", "JSON":
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Pairs as {kind}").click()
        files[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[kind])
    with files["CSV"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame_a"]) for row in rows] == answer["frames_a"]
    assert [int(row["frame_b"]) for row in rows] == answer["frames_b"]
    pairs = json.loads(files["JSON"].read_text())["pairs"]
    smoothed = [pair["smoothed_probability"] for pair in pairs]
    assert smoothed == pytest.approx(answer["similarities"])


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
    wait_until(page, "document.getElementById('clip-A').placeholder.includes('20,000')")
    box.click()
    assert page.get_by_role("option").count() == 60
    assert page.get_by_text("19,940 more").count() == 1
    box.fill("19999")
    assert page.get_by_role("option").count() == 1
    box.press("Escape")
    assert page.get_by_role("option").count() == 0


@pytest.mark.parametrize(("width", "height", "dark"), [(360, 740, True), (1280, 800, False)])
def test_everybody_can_use_it_on_small_and_large_screens(open_page, link, width, height, dark):
    page = open_page(link, width, height, dark=dark)
    page.wait_for_selector(SLIDER)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".align-settings summary").click()
    check_accessibility(page)
    page.get_by_role("combobox", name="Recording for clip A").click()
    check_accessibility(page)
    page.set_viewport_size({"width": 3840, "height": 2160})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 3840
    box = page.locator("svg.curve").bounding_box()
    assert box["width"] > 1900


def test_a_row_leads_to_its_recording(open_page, page_api, clips):
    rows = page_api(f"v1/libraries/moves/recordings/{clips['cam02']}")["rows"]
    page = open_page(f"#/align?a=row:{rows[5]}")
    wait_until(page, f"location.hash.includes('{clips['cam02']}')")


def test_pairs_share_the_time_of_a_frame_and_worst_ones_keep_apart(open_page):
    page = open_page("#/align")
    found = page.evaluate(
        """async () => {
          const { layCourse, pairAt, worstPairs } = await import("/app/align/course.js");
          const course = layCourse({
            placesA: [0, 1, 1, 1, 2, 3], placesB: [0, 0, 1, 2, 3, 4],
            framesA: [0, 2, 2, 2, 4, 6], framesB: [5, 5, 6, 7, 8, 9],
            timesA: [0, 0.3, 0.3, 0.3, 0.6, 0.9], timesB: [0, 0, 0.3, 0.6, 0.9, 1.2],
            single: [0.5, null, 0.2, 0.1, 0.4, 0.9], smoothed: [0.5, 0.4, 0.1, 0.12, 0.6, 0.2],
            inSeconds: true,
          });
          return {
            moments: [...course.moments],
            at: course.moments.length && [...course.moments].map((each) => pairAt(course, each)),
            worst: worstPairs(course, 5, 0.35),
            end: course.end,
          };
        }"""
    )
    assert found["moments"] == pytest.approx([0, 0.3, 0.4, 0.5, 0.6, 0.9])
    assert found["at"] == [0, 1, 2, 3, 4, 5]
    assert found["worst"] == [2, 5]
    assert found["end"] == pytest.approx(1.2)


def wait_until(page, expression, seconds=10):
    """Wait for an expression of the page; Playwright's own way needs `eval`, which is forbidden."""
    until = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < until, f"still not {expression}"
        page.wait_for_timeout(50)


_PAINTED = """(side) => {
  const canvas = document.querySelectorAll(".stage-picture")[side];
  if (!canvas.width) return false;
  const pixel = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1);
  return pixel.data[3] === 255;
}"""


def _request(clips, a, b):
    one, other = ({"library": "moves", "recording": clips[camera]} for camera in (a, b))
    return {"a": one, "b": other}


def _recording(folder, camera, leave_out):
    """Poses of a recording of the library, some frames left out."""
    index = PoseIndex.load(folder / "moves.pvi")
    hits = [index.pose(row) for row in range(len(index))]
    source = f"{MOVE}-{camera}.mp4"
    kept = [hit for hit in hits if hit.source == source and hit.frame not in leave_out]
    fields = {name: [hit.fields[name] for hit in kept] for name in ("frame", "time", "person")}
    keypoints = np.stack([hit.keypoints for hit in kept])
    return Poses(keypoints, None, "coco13", fields)


def _bytes(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


def _params(page):
    return parse_qs(urlsplit(page.url).fragment.partition("?")[2])


def _captions(page):
    return page.locator(".stage-caption").all_inner_texts()


def _frames(page):
    """Frame numbers that are shown of both clips."""
    found = [re.search(r"frame\s+([\d,]+)", text) for text in _captions(page)]
    return tuple(int(each[1].replace(",", "")) for each in found)


def _time(page):
    """Seconds that are shown of the first clip."""
    return float(re.search(r"([\d.]+) s", _captions(page)[0])[1])


def _names(page):
    return [page.locator(f"#clip-{letter}").input_value() for letter in "AB"]
