"""Two poses in one 3D scene: turned by mouse, touch and keys, with and without WebGL."""

import re
from typing import Any

import numpy as np
import pytest

from .conftest import check_accessibility, let_draw, pass_time, wait_for

JOINTS = 13

_WITHOUT_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return String(kind).startsWith("webgl") ? null : original.call(this, kind, ...rest);
};
"""


def open_scene(page: Any) -> Any:
    """Make the first pose the query, pick its fifth result and lay one over the other."""
    page.get_by_role("button", name="Select what is in view").click()
    first = page.locator("section[aria-label=Selection] .map-tile").first
    first.get_by_role("button", name=re.compile("^Make ")).click()
    page.get_by_role("button", name=re.compile("^Result 5: ")).click()
    page.get_by_role("button", name="View in 3D").click()
    dialog = page.get_by_role("dialog", name="Both poses in 3D")
    dialog.locator(".overlay-picture").wait_for()
    dialog.locator(".overlay-labels span").first.wait_for()
    return dialog


@pytest.fixture
def scene_page(open_page: Any) -> Any:
    """A page at the map of the served library."""
    return open_page("#/map")


def places_of_labels(page: Any) -> np.ndarray[Any, Any]:
    """Where the letters at hands and feet are (4, 2): tells from where the scene is seen."""
    let_draw(page)
    found = page.evaluate(
        "() => [...document.querySelectorAll('.overlay-labels span')]"
        ".map((span) => span.style.translate.split(' ').map(parseFloat))"
    )
    return np.array(found)


def pixels(page: Any) -> bytes:
    let_draw(page)
    picture: bytes = page.locator(".overlay-stage").screenshot()
    return picture


def test_both_poses_are_shown_and_told(scene_page):
    fetched = []
    scene_page.on("request", lambda request: fetched.append(request.url))
    scene_page.get_by_role("button", name="Select what is in view").wait_for()
    assert not any("three" in url for url in fetched), "fetched only once it is needed"
    dialog = open_scene(scene_page)
    assert any(url.endswith("vendor/three.js") for url in fetched)
    assert dialog.locator("canvas.overlay-picture").count() == 1
    text = dialog.inner_text()
    assert "Both are estimated from their keypoints" in text
    mean = re.search(r"On average the joints lie (\d\.\d\d) torso lengths apart", text)
    assert mean is not None
    joints = dialog.locator("tbody th").all_inner_texts()
    distances = [float(value) for value in dialog.locator("tbody td.numeric").all_inner_texts()]
    assert len(set(joints)) == JOINTS
    assert "left elbow" in joints
    assert distances == sorted(distances, reverse=True)
    assert np.mean(distances) == pytest.approx(float(mean[1]), abs=0.006)
    scene_page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert scene_page.evaluate("() => document.activeElement.innerText") == "View in 3D"


def test_mouse_wheel_and_keys_turn_it(scene_page):
    open_scene(scene_page)
    start, picture = places_of_labels(scene_page), pixels(scene_page)
    stage = scene_page.locator(".overlay-stage")
    box = stage.bounding_box()
    scene_page.mouse.move(box["x"] + 200, box["y"] + 200)
    scene_page.mouse.down()
    scene_page.mouse.move(box["x"] + 330, box["y"] + 220, steps=5)
    scene_page.mouse.up()
    turned = places_of_labels(scene_page)
    assert np.abs(turned - start).max() > 20
    assert pixels(scene_page) != picture
    scene_page.mouse.wheel(0, 300)
    spread = np.ptp(places_of_labels(scene_page)[:, 1])
    assert spread < np.ptp(turned[:, 1]), "farther away it is smaller"
    scene_page.get_by_role("button", name="Reset").click()
    np.testing.assert_allclose(places_of_labels(scene_page), start, atol=0.5)
    stage.focus()
    scene_page.keyboard.press("ArrowLeft")
    scene_page.keyboard.press("+")
    assert np.abs(places_of_labels(scene_page) - start).max() > 5
    scene_page.keyboard.press("0")
    np.testing.assert_allclose(places_of_labels(scene_page), start, atol=0.5)


def test_front_and_back_are_mirror_images(scene_page):
    open_scene(scene_page)
    width = scene_page.locator(".overlay-stage").evaluate("(stage) => stage.clientWidth")
    scene_page.get_by_role("button", name="Front").click()
    front = places_of_labels(scene_page)[:, 0] - 8
    scene_page.get_by_role("button", name="Back").click()
    back = places_of_labels(scene_page)[:, 0] - 8
    left, right = front[0], front[1]
    assert left > right, "from the front, the left hand is on the right"
    # But for perspective.
    np.testing.assert_allclose(front + back, width, atol=40)


def test_it_turns_by_itself_only_when_asked(scene_page):
    open_scene(scene_page)
    start = places_of_labels(scene_page)
    pass_time(scene_page, 300)
    np.testing.assert_allclose(places_of_labels(scene_page), start, atol=0.01)
    button = scene_page.get_by_role("button", name="Turn by itself")
    button.click()
    wait_for(scene_page, lambda: np.abs(places_of_labels(scene_page) - start).max() > 1)
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    rest = places_of_labels(scene_page)
    pass_time(scene_page, 300)
    np.testing.assert_allclose(places_of_labels(scene_page), rest, atol=0.01)


def test_two_fingers_zoom(open_page):
    page = open_page("#/map", width=412, height=800, touch=True)
    open_scene(page)
    start = np.ptp(places_of_labels(page)[:, 1])
    box = page.locator(".overlay-stage").bounding_box()
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *apart: float) -> None:
        fingers = [{"x": left + each, "y": top, "id": n} for n, each in enumerate(apart)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    send("touchStart", -80, 80)
    for step in range(1, 6):
        send("touchMove", -80 + 8 * step, 80 - 8 * step)
    send("touchEnd")
    assert np.ptp(places_of_labels(page)[:, 1]) < 0.8 * start


def test_without_webgl_it_is_a_drawing_that_turns(scene_page):
    page = scene_page
    page.add_init_script(_WITHOUT_WEBGL)
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.reload()
    dialog = open_scene(page)
    assert dialog.locator("svg.overlay-picture line").count() > 2 * JOINTS
    assert not any("three.js" in url for url in fetched)
    start = places_of_labels(page)
    page.locator(".overlay-stage").focus()
    page.keyboard.press("ArrowRight")
    assert np.abs(places_of_labels(page) - start).max() > 5


def test_a_lost_graphics_card_leaves_the_drawing(scene_page):
    dialog = open_scene(scene_page)
    scene_page.evaluate(
        "() => document.querySelector('canvas.overlay-picture').getContext('webgl2')"
        ".getExtension('WEBGL_lose_context').loseContext()"
    )
    dialog.locator("svg.overlay-picture circle").first.wait_for()
    assert dialog.locator("canvas").count() == 0


def test_what_went_wrong_is_said_in_the_dialog(open_page):
    page = open_page("#/map", failing=True)
    problem = {"title": "Unprocessable", "detail": "too few joints are known", "status": 422}
    page.route(
        "**/v1/overlay",
        lambda route: route.fulfill(
            status=422, json=problem, content_type="application/problem+json"
        ),
    )
    page.get_by_role("button", name="Select what is in view").click()
    first = page.locator("section[aria-label=Selection] .map-tile").first
    first.get_by_role("button", name=re.compile("^Make ")).click()
    page.get_by_role("button", name=re.compile("^Result 2: ")).click()
    page.get_by_role("button", name="View in 3D").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("alert").filter(has_text=re.compile("^too few joints are known$")).wait_for()


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(360, 740, True), (1280, 800, False), (3840, 2160, True)]
)
def test_everybody_can_use_it_at_every_size(open_page, width, height, dark):
    page = open_page("#/map", width=width, height=height, dark=dark)
    dialog = open_scene(page)
    assert dialog.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")
    stage = page.locator(".overlay-stage").bounding_box()
    assert stage["width"] >= 280
    assert stage["height"] >= 280
    pass_time(page, 200)  # transitions of colours are over
    check_accessibility(page)


def test_measured_poses_and_degrees_of_likeness_have_their_words(scene_page):
    told = scene_page.evaluate(
        """async () => {
          const { overall, origin } = await import("/app/overlay3d/differences.js");
          const flags = [[true, true], [true, false], [false, true], [false, false]].map(
            ([query, hit]) => ({ query_estimated: query, hit_estimated: hit }));
          return [[0.05, 0.15, 0.3, 0.6].map(overall), flags.map(origin)];
        }"""
    )
    assert [re.search(r"apart: ([^,(]+)", text)[1].strip() for text in told[0]] == [
        "the same pose",
        "nearly the same pose",
        "alike",
        "different poses",
    ]
    assert [text.split(":")[0] for text in told[1]] == [
        "Both are estimated from their keypoints",
        "The pose found was measured in space. The query is estimated from its keypoints",
        "The query was measured in space. The pose found is estimated from its keypoints",
        "Both were measured in space.",
    ]


def test_the_frame_of_the_body_does_not_depend_on_the_frame_that_is_sent(scene_page):
    rng = np.random.default_rng(5)
    query = rng.normal(size=(13, 3))
    hit = query + 0.2 * rng.normal(size=(13, 3))
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    moved = [(pose @ rotation.T + [1, -2, 3]).tolist() for pose in (query, hit)]
    frames = scene_page.evaluate(
        """async (pairs) => {
          const { inBodyFrame } = await import("/app/overlay3d/frame.js");
          return pairs.map(([query, hit]) => inBodyFrame({ query, hit }));
        }""",
        [[query.tolist(), hit.tolist()], moved],
    )
    for who in ("query", "hit"):
        np.testing.assert_allclose(frames[0][who], frames[1][who], atol=1e-9)
    body = np.array(frames[0]["query"])
    trunk = body[1:3].mean(0) - body[7:9].mean(0)
    np.testing.assert_allclose(trunk[[0, 2]], 0, atol=1e-9)
    assert trunk[1] > 0
    np.testing.assert_allclose(
        np.linalg.norm(body - np.array(frames[0]["hit"]), axis=1),
        np.linalg.norm(query - hit, axis=1),
    )


def test_letters_stand_where_three_js_draws(scene_page):
    points = np.random.default_rng(6).normal(size=(20, 3))
    ours, theirs = scene_page.evaluate(
        """async (points) => {
          const { Orbit, HALF_VIEW } = await import("/app/overlay3d/orbit.js");
          const { PerspectiveCamera, Vector3 } = await import("/vendor/three.js");
          const orbit = new Orbit(points);
          orbit.turn(0.7, 0.3);
          orbit.zoom(0.8);
          const view = (2 * Math.atan(HALF_VIEW) * 180) / Math.PI;
          const camera = new PerspectiveCamera(view, 640 / 480, 0.1, 100);
          camera.position.set(...orbit.position);
          camera.lookAt(0, 0, 0);
          camera.updateMatrixWorld();
          const ours = points.map((point) => orbit.project(point, 640, 480));
          const theirs = points.map((point) => new Vector3(...point).project(camera));
          return [ours.map(({ left, top }) => [left, top]),
            theirs.map(({ x, y }) => [320 + 320 * x, 240 - 240 * y])];
        }""",
        points.tolist(),
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
