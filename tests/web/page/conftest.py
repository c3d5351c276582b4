"""A browser, and a server on a small library with and without pictures."""

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.motions.library import Motions, build_motion_library
from prvipe.geometry.rotations import rotation_about
from prvipe.index import PoseIndex
from prvipe.poses import Poses

SIZE = (160, 200)  # of the videos, in pixels
FRAMES = 24
CAMERAS = {"cam01": 0.0, "cam02": 70.0, "cam03": 150.0}  # degrees around the person
WITHOUT_VIDEO = "cam03"
PATIENCE = 60.0
"""Seconds after which what should come soon will not come: a busy machine may be slow."""
ACTIVITIES = ("squatting", "waving_both_arms")

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OpenPage = Callable[..., Any]


@pytest.fixture(scope="package")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`moves.pvi`, seen by three cameras, two of which have their videos beside it."""
    folder: Path = tmp_path_factory.mktemp("served")
    motions = build_motion_library(0, FRAMES, 1)
    index = PoseIndex.create("base")
    for activity in _chosen(motions):
        for camera, degrees in CAMERAS.items():
            keypoints = _seen(motions, activity, degrees)
            source = f"{motions.activity[activity]}-{camera}.mp4"
            index.add(_recording(keypoints, source, camera, str(motions.activity[activity])))
            if camera != WITHOUT_VIDEO:
                _write_video(folder / source, keypoints)
    index.save(folder / "moves.pvi")
    return folder


@pytest.fixture(scope="package")
def server(library_folder: Path) -> Iterator[str]:
    """The address of `prvipe serve`, such as http://127.0.0.1:34567/."""
    yield from serve([library_folder / "moves.pvi"])


def serve(arguments: list[Any]) -> Iterator[str]:
    """Run `prvipe serve` on any free port and stop it at the end."""
    command = [sys.executable, "-m", "prvipe", "serve", *map(str, arguments), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://[\w.:\[\]]+/?", line):
                yield found[0].rstrip("/") + "/"
                break
        else:
            pytest.fail(f"the server did not start: {''.join(said)}")
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium of the system; skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on the PATH")
    # Package scope, since its event loop counts as running as long as it lives.
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any, server: str) -> Iterator[OpenPage]:
    """`open_page(path, width, height, dark, touch, address, failing)` -> a page of Playwright.

    At the end, no request may have gone to another host, and nothing but what `failing=True` allows
    (requests answered by an error) may have been written to the console as an error.
    """
    contexts, wrong = [], []

    def open_(
        path: str = "#/search",
        width: int = 1280,
        height: int = 800,
        *,
        dark: bool = False,
        touch: bool = False,
        reduced_motion: bool = False,
        address: str = server,
        failing: bool = False,
        **options: Any,
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            reduced_motion="reduce" if reduced_motion else "no-preference",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(1000 * PATIENCE)
        page = context.new_page()

        def see_console(message: Any) -> None:
            failed_load = message.text.startswith("Failed to load resource")
            # Where a picture is opened by itself, the browser looks for an icon, sooner or later.
            own = message.location["url"].endswith("/favicon.ico")
            if message.type == "error" and not own and not (failing and failed_load):
                wrong.append(f"console: {message.text} ({message.location})")

        def see_request(request: Any) -> None:
            if not request.url.startswith((address, "blob:", "data:")):
                wrong.append(f"request to another host: {request.url}")

        page.on("console", see_console)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", see_request)
        page.goto(address + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def ask(server: str) -> Callable[..., Any]:
    """`ask(path, body)` -> JSON that the server answers."""

    def ask_(path: str, body: Any = None) -> Any:
        request = urllib.request.Request(server + path)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    return ask_


@pytest.fixture
def clips(ask: Callable[..., Any]) -> dict[str, str]:
    """Ids of the recordings of squatting, by camera."""
    recordings = ask("v1/libraries/moves/recordings")["recordings"]
    return {each["camera"]: each["id"] for each in recordings if "squatting" in each["source"]}


@pytest.fixture
def alignment(ask: Callable[..., Any], clips: dict[str, str]) -> Any:
    """What the server answers to the two recordings that have videos."""
    one, other = ({"library": "moves", "recording": clips[camera]} for camera in ("cam01", "cam02"))
    return ask("v1/align", {"a": one, "b": other})


@pytest.fixture
def align_link(clips: dict[str, str]) -> str:
    """Address of the align page with these two."""
    return f"#/align?a=moves:{clips['cam01']}&b=moves:{clips['cam02']}"


def check_accessibility(page: Any) -> None:
    """Fail with what axe-core finds on the page as it is."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # Read as text and evaluated by the driver, which no content security policy forbids.
    results = axe.run(page)
    assert results.violations_count == 0, results.generate_report()


def until(page: Any, expression: str) -> None:
    """Wait until an expression holds on the page.

    Unlike `wait_for_function`, which evaluates text on the page, this goes with a content security
    policy.
    """
    wait_for(page, lambda: page.evaluate(expression), f"that {expression}")


def wait_for(page: Any, met: Callable[[], object], what: str = "what was waited for") -> None:
    """Wait until a function says so; events of the page come in meanwhile."""
    ends = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < ends, f"it has not come about {what}"
        page.wait_for_timeout(50)


def pass_time(page: Any, milliseconds: int) -> None:
    """Let time pass by the page's own clock.

    Timers that were set before, and for less, are over then, however slow the machine is.
    """
    page.evaluate("(time) => new Promise((done) => setTimeout(done, time))", milliseconds)


def let_draw(page: Any) -> None:
    """Let the page draw what it means to draw before the next frame."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def change_address(page: Any, act: Callable[[], object]) -> None:
    """Act, and wait until the address says so."""
    before = page.evaluate("location.href")
    act()
    wait_for(page, lambda: page.evaluate("location.href") != before, "that the address changes")


def _chosen(motions: Motions) -> list[int]:
    names = motions.activity.tolist()
    return [names.index(name) for name in ACTIVITIES]


def _seen(motions: Motions, activity: int, degrees: float) -> np.ndarray:
    """Pixels (FRAMES, 17, 2) of a performance seen from far away."""
    bodies = motions.poses3d[motions.sequence == activity].astype(np.float64)
    turned = bodies @ rotation_about("z", np.array(np.radians(degrees))).T
    flat = np.stack([turned[..., 0], -turned[..., 2]], axis=-1)
    flat -= flat.mean(axis=(0, 1))
    return flat * SIZE[1] / 3.2 + np.array(SIZE) / 2


def _recording(keypoints: np.ndarray, source: str, camera: str, activity: str) -> Poses:
    count = len(keypoints)
    table = {
        "source": [source] * count,
        "frame": np.arange(count),
        "time": np.arange(count) / 12,
        "person": np.zeros(count, np.int64),
        "camera": [camera] * count,
        "activity": [activity] * count,
        "width": np.full(count, SIZE[0]),
        "height": np.full(count, SIZE[1]),
    }
    return Poses(keypoints.astype(np.float32), None, "h36m17", table)


def _write_video(path: Path, keypoints: np.ndarray) -> None:
    av = pytest.importorskip("av")
    from PIL import Image, ImageDraw

    from prvipe.skeleton import H36M17

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = (*SIZE, "yuv420p")
        for body in keypoints:
            picture = Image.new("RGB", SIZE, "#c9d3c4")
            pen = ImageDraw.Draw(picture)
            for first, second in H36M17.edge_indices:
                pen.line([*map(float, body[first]), *map(float, body[second])], "#3b3f45", 9)
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
