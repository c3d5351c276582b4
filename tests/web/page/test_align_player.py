"""Two aligned clips: scrubbed together, played, their frames, curve and pairs."""

import csv
import json
import re
import urllib.error

import numpy as np
import pytest

from .align_page import PAINTED, SLIDER, fetch_bytes, frames_shown, time_shown
from .conftest import until


def test_keys_scrub_both_clips_along_the_pairs_of_the_server(open_page, align_link, alignment):
    page = open_page(align_link)
    slider = page.wait_for_selector(SLIDER)
    frames = list(zip(alignment["frames_a"], alignment["frames_b"], strict=True))
    assert frames_shown(page) == frames[0]
    for expected in frames[1:6]:
        slider.press("ArrowRight")
        assert frames_shown(page) == expected
    slider.press("ArrowLeft")
    assert frames_shown(page) == frames[4]
    slider.press("End")
    assert frames_shown(page) == frames[-1]
    slider.press("PageDown")
    assert alignment["times_a"][-1] - time_shown(page) == pytest.approx(1, abs=0.1)
    slider.press("Home")
    assert frames_shown(page) == frames[0]
    said = slider.get_attribute("aria-valuetext")
    assert f"matching probability {round(100 * alignment['similarities'][0])} %" in said


def test_playing_keeps_the_pace_of_the_first_clip(open_page, align_link):
    page = open_page(align_link)
    page.wait_for_selector(SLIDER)
    page.clock.install(time=0)
    page.clock.pause_at(1)  # from here on it goes as the test says
    page.locator(SLIDER).press(" ")
    page.get_by_role("button", name="Pause").wait_for()
    for tenths in range(1, 10):
        page.clock.run_for(100)
        assert time_shown(page) == pytest.approx(tenths / 10, abs=0.1)
    page.locator(SLIDER).press(" ")
    stopped = time_shown(page)
    page.clock.run_for(300)
    assert time_shown(page) == stopped


def test_curve_path_and_worst_moments_lead_to_their_pairs(open_page, align_link, alignment):
    page = open_page(align_link)
    page.wait_for_selector(SLIDER)
    worst = int(np.argmin(alignment["similarities"]))
    page.locator(".worst-button").first.click()
    assert frames_shown(page) == (alignment["frames_a"][worst], alignment["frames_b"][worst])
    assert page.locator(".worst-button").first.get_attribute("aria-current") == "true"

    box = page.locator("svg.curve").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 50)
    assert page.locator(".curve-tip").is_visible()
    page.mouse.down()
    at_third = time_shown(page)
    page.mouse.move(box["x"] + 2 * box["width"] / 3, box["y"] + 50, steps=4)
    page.mouse.up()
    assert time_shown(page) > at_third

    plot = page.locator("svg.path-plot")
    plot.scroll_into_view_if_needed()
    field = plot.locator(".path-field").bounding_box()
    page.mouse.click(field["x"] + field["width"] - 2, field["y"] + 2)
    assert frames_shown(page)[0] >= alignment["frames_a"][-1] - 2


def test_address_keeps_the_moment(open_page, align_link, alignment):
    middle = len(alignment["times_a"]) // 2
    page = open_page(f"{align_link}&at={alignment['times_a'][middle] + 0.001:.3f}")
    page.wait_for_selector(SLIDER)
    assert frames_shown(page)[0] == alignment["frames_a"][middle]
    page.locator(SLIDER).press("End")
    until(page, f"!location.hash.includes('at={alignment['times_a'][middle]:.1f}')")
    page.reload()
    page.wait_for_selector(SLIDER)
    assert frames_shown(page) == (alignment["frames_a"][-1], alignment["frames_b"][-1])


def test_source_frames_are_shown_where_there_are_any(open_page, clips):
    page = open_page(f"#/align?a=moves:{clips['cam01']}&b=moves:{clips['cam03']}")
    page.wait_for_selector(SLIDER)
    until(page, f"({PAINTED})(0)")
    assert not page.evaluate(f"({PAINTED})(1)")
    page.locator(SLIDER).press("End")
    until(page, f"({PAINTED})(0) && !document.querySelector('.is-old')")


def test_frames_come_together_as_they_do_one_by_one(server, ask, clips):
    rows = {
        camera: ask(f"v1/libraries/moves/recordings/{clips[camera]}")["rows"]
        for camera in ("cam01", "cam03")
    }
    asked = [rows["cam01"][5], rows["cam03"][0], rows["cam01"][2], rows["cam01"][5]]
    numbers = ",".join(map(str, asked))
    content = fetch_bytes(f"{server}v1/libraries/moves/frames?rows={numbers}&height=120")
    count, *sizes = np.frombuffer(content[:20], "<u4").tolist()
    assert count == 4
    assert sizes[1] == 0  # a recording without its video
    ends = 20 + np.cumsum(sizes)
    frames = [content[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    for place in (0, 2, 3):
        one = f"v1/libraries/moves/poses/{asked[place]}/image?height=120&drawn=false&whole=true"
        assert frames[place] == fetch_bytes(server + one)
    assert frames[0] != frames[2]


@pytest.mark.parametrize(
    "query", ["rows=999999", "rows=x", "rows=0&height=9999", f"rows={','.join(['0'] * 25)}"]
)
def test_frames_that_cannot_be_had_are_refused(server, query):
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch_bytes(f"{server}v1/libraries/moves/frames?{query}")
    assert refused.value.code in (404, 422)
    assert json.load(refused.value)["field"] in ("rows", "height")


def test_pictures_that_fail_are_said_and_the_figures_stay(open_page, align_link):
    page = open_page("#/align", failing=True)
    page.route(re.compile(r"/frames\?"), lambda route: route.fulfill(status=504, body="{}"))
    page.evaluate(f"location.hash = '{align_link}'")
    page.get_by_text("took the server too long").first.wait_for()
    assert page.locator(".stage-figure circle.joint").count() == 26


def test_pairs_are_saved_as_csv_and_json(open_page, align_link, alignment, tmp_path):
    page = open_page(align_link)
    files = {}
    for kind in "CSV", "JSON":
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Pairs as {kind}").click()
        files[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[kind])
    with files["CSV"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame_a"]) for row in rows] == alignment["frames_a"]
    assert [int(row["frame_b"]) for row in rows] == alignment["frames_b"]
    pairs = json.loads(files["JSON"].read_text())["pairs"]
    smoothed = [pair["smoothed_probability"] for pair in pairs]
    assert smoothed == pytest.approx(alignment["similarities"])


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


def test_clips_of_different_rates_are_brought_to_one(open_page):
    page = open_page("#/align")
    found = page.evaluate(
        """async () => {
          const { matchRates } = await import("/app/align/rates.js");
          const clip = (name, count, seconds) => {
            const rows = Array.from({ length: count }, (_, row) => row);
            return {
              name, rows: rows.map((row) => 1000 + row), keypoints: rows.map((row) => [row]),
              frames: rows, times: rows.map((row) => row * seconds), reference: { library: "x" },
            };
          };
          const fast = clip("fast", 40, 1 / 60);
          const alike = matchRates([fast, clip("other", 40, 1 / 50)]);
          const { clips, note } = matchRates([fast, clip("slow", 10, 1 / 15)]);
          return {
            untouched: alike.note === "" && alike.clips[0] === fast,
            kept: clips[0].reference.poses.keypoints.flat(), rows: clips[0].rows.slice(0, 9),
            frames: clips[0].reference.poses.fields.frame, slow: clips[1].rows[3], note,
          };
        }"""
    )
    assert found["untouched"]
    assert found["kept"] == found["frames"] == list(range(0, 40, 4))
    assert found["rows"] == [0, -1, -1, -1, 1, -1, -1, -1, 2]
    assert found["slow"] == 1003
    assert "One in 4 frames of fast" in found["note"]
