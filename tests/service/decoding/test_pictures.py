"""Frames of a library's media as they are shown, drawn by the real workers."""

import asyncio
import io
import os
import signal
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prvipe.detection import read_frames
from prvipe.errors import InputError
from prvipe.report.footage import cut_out, scale_down
from prvipe.service.decoding.messages import Message
from prvipe.service.decoding.views import View
from prvipe.service.errors import BusyError, StoppingError, WorkerDiedError
from prvipe.service.limits import Limits
from prvipe.service.media import MediaRoots, OpenMedia
from prvipe.service.pictures import _parts
from prvipe.service.workers import DecodingWorkers

av = pytest.importorskip("av", reason="needs the extra detect")

Run = Callable[[Awaitable[Any]], Any]

SIZE = (160, 120)
PERSON = np.random.default_rng(0).uniform([60, 30], [110, 100], (13, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> MediaRoots:
    """A video of 100 frames whose grey tells their number, an image and a file that is neither."""
    folder = tmp_path_factory.mktemp("media")
    with av.open(str(folder / "a.mp4"), "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"g": "25", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(100):
            grey = np.full((*SIZE[::-1], 3), 40 + 2 * number, np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        film.mux(stream.encode())
    Image.fromarray(np.full((*SIZE[::-1], 3), [200, 160, 120], np.uint8)).save(folder / "b.png")
    (folder / "damaged.mp4").write_bytes(b"no video")
    (folder / "c.mp4").write_bytes((folder / "a.mp4").read_bytes())
    return MediaRoots([folder])


@pytest.fixture(scope="module")
def workers(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DecodingWorkers]:
    made = DecodingWorkers(Limits(decode_workers=2), tmp_path_factory.mktemp("temporary"))

    async def start() -> None:
        made._drawing.start()  # those for uploads are not needed here

    run(start())
    yield made
    run(made.stop())


def view(frame: int | None = 0, time: float | None = None, **more: Any) -> View:
    fields = {"frame": frame, "time": time, "width": SIZE[0], "height": SIZE[1]}
    made = View.of_person(fields, more.pop("keypoints", PERSON), more.pop("height", 90), **more)
    assert made is not None
    return made


def pixels(jpeg: bytes | None) -> np.ndarray:
    assert jpeg is not None
    image = Image.open(io.BytesIO(jpeg))
    assert image.format == "JPEG"
    return np.asarray(image).astype(int)


def test_a_person_cut_out(run: Run, workers: DecodingWorkers, media: MediaRoots) -> None:
    shown = pixels(run(workers.picture(media, "a.mp4", view(60, 2.4))))
    frame = list(read_frames(media.folders[0] / "a.mp4"))[60]
    assert shown.shape == (90, 90, 3)
    assert np.abs(shown - cut_out(frame.image, PERSON, height=90)).mean() < 8
    bare = pixels(run(workers.picture(media, "a.mp4", view(60, 2.4, drawn=False))))
    assert np.abs(bare - (40 + 2 * 60)).mean() < 4


def test_a_whole_frame(run: Run, workers: DecodingWorkers, media: MediaRoots) -> None:
    shown = pixels(run(workers.picture(media, "b.png", view(whole=True, height=60))))
    image = np.asarray(Image.open(media.folders[0] / "b.png"))
    assert shown.shape == (60, 80, 3)
    assert np.abs(shown - scale_down(image, PERSON, 60)).mean() < 8
    large = pixels(run(workers.picture(media, "b.png", view(whole=True, height=900))))
    assert large.shape == (*SIZE[::-1], 3)  # not made larger than it is
    nobody = View(30, 1.2, None, None, 60, whole=True)
    assert np.abs(pixels(run(workers.picture(media, "a.mp4", nobody))) - 100).mean() < 4


def test_frames_by_number_alone(run: Run, workers: DecodingWorkers, media: MediaRoots) -> None:
    bare = pixels(run(workers.picture(media, "a.mp4", view(77, drawn=False))))
    assert np.abs(bare - (40 + 2 * 77)).mean() < 4


def test_where_there_is_nothing_to_show(
    run: Run, workers: DecodingWorkers, media: MediaRoots
) -> None:
    def picture(source: str | None, shown: View) -> bytes | None:
        found: bytes | None = run(workers.picture(media, source, shown))
        return found

    for source in (None, "", "missing.mp4", "../a.mp4", "/etc/passwd"):
        assert picture(source, view()) is None
    assert picture("a.mp4", view(100, 4.0)) is None
    other_size = {"frame": 0, "time": 0.0, "width": 120, "height": 160}
    assert picture("a.mp4", View.of_person(other_size, PERSON, 90) or view()) is None
    with pytest.raises(InputError, match=r"^damaged.mp4: cannot be read as a video"):
        picture("damaged.mp4", view())
    for height in (0, -1, 1_081):
        with pytest.raises(InputError, match="expected 1 to 1,080 pixels"):
            picture("a.mp4", view(height=height))


def test_views_of_people_who_cannot_be_shown() -> None:
    nowhere = np.full((13, 2), np.nan)
    whole = {"frame": 0, "time": 0.0, "width": 9, "height": 9}
    assert View.of_person(whole, nowhere, 90) is None
    assert View.of_person({"frame": 0}, PERSON, 90) is None
    assert View.of_person({**whole, "time": float("nan")}, PERSON, 90).time is None
    with pytest.raises(InputError, match="is no number"):
        View.of_person({**whole, "frame": "first"}, PERSON, 90)
    shown = view(3, 0.5, keypoints=np.where(np.arange(13)[:, None] > 5, np.nan, PERSON))
    assert View.from_note(shown.as_note()) == shown
    assert hash(View.from_note(shown.as_note())) == hash(shown)


def test_pictures_are_kept_until_the_file_changes(
    run: Run, workers: DecodingWorkers, media: MediaRoots
) -> None:
    shown = view(10, 0.4)
    first = run(workers.picture(media, "c.mp4", shown))
    asked = counted_requests(workers)
    assert run(workers.picture(media, "c.mp4", shown)) == first
    assert asked == []
    os.utime(media.folders[0] / "c.mp4", (1, 1))
    assert run(workers.picture(media, "c.mp4", shown)) == first
    assert len(asked) == 1


def counted_requests(workers: DecodingWorkers) -> list[int]:
    """Becomes the numbers of views in each request from now on."""
    asked: list[int] = []
    for worker in workers._drawing._idle:
        original = type(worker).ask.__get__(worker)

        async def ask(request: Any, original: Any = original) -> Message:
            asked.append(len(request.note["views"]))
            answer: Message = await original(request)
            return answer

        worker.ask = ask
    return asked


def test_a_page_is_drawn_in_few_passes(
    run: Run, workers: DecodingWorkers, media: MediaRoots
) -> None:
    asked = counted_requests(workers)
    views = [view(4 * n, 0.16 * n, height=91) for n in range(24)]

    async def page() -> list[bytes | None]:
        # Two tabs show the same page, faster than it is drawn.
        with stopped(workers._drawing.pids):
            both = [
                asyncio.ensure_future(workers.picture(media, "a.mp4", each))
                for each in (*views, *views)
            ]
            await soon(lambda: len(workers._pictures._coming) == len(views))
        return list(await asyncio.gather(*both))

    pictures = run(page())
    assert pictures[:24] == pictures[24:]
    for number, each in enumerate(pictures[:24]):
        corner = pixels(each)[:3, :3]
        assert np.abs(corner - (40 + 2 * 4 * number)).mean() < 6
    assert sum(asked) == 24
    assert len(asked) <= 5


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """Processes that do nothing in the meantime."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


async def soon(met: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not met():
            await asyncio.sleep(0.005)


def test_a_worker_that_dies_takes_its_own_views_only(
    run: Run, workers: DecodingWorkers, media: MediaRoots
) -> None:
    views = [view(n, height=92) for n in range(40)]

    async def page() -> list[Any]:
        tasks = [asyncio.create_task(workers.picture(media, "a.mp4", each)) for each in views]
        await soon(lambda: workers._drawing._lent)
        os.kill(next(iter(workers._drawing._lent)).pid, signal.SIGKILL)
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    answers = run(page())
    assert all(isinstance(each, bytes | WorkerDiedError) for each in answers)
    assert 1 <= sum(isinstance(each, WorkerDiedError) for each in answers) <= 12
    for shown in views:
        assert isinstance(run(workers.picture(media, "a.mp4", shown)), bytes)


def test_who_goes_away_does_not_take_the_picture_from_others(
    run: Run, workers: DecodingWorkers, media: MediaRoots
) -> None:
    async def two() -> bytes | None:
        shown = view(50, 2.0, height=93)
        gone = asyncio.create_task(workers.picture(media, "a.mp4", shown))
        stays = asyncio.create_task(workers.picture(media, "a.mp4", shown))
        await asyncio.sleep(0.002)
        gone.cancel()
        return await stays

    assert pixels(run(two())).shape == (93, 93, 3)


def test_nothing_stays_open(run: Run, workers: DecodingWorkers, media: MediaRoots) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for number in range(20):
        run(workers.picture(media, "a.mp4", view(number, height=94)))
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_file_that_is_opened_for_somebody_who_leaves_is_closed(
    run: Run, workers: DecodingWorkers, media: MediaRoots, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, go_on, opened = (threading.Event() for _ in range(3))
    original = media.open

    def slowly(source: str | None) -> OpenMedia | None:
        opening.set()
        assert go_on.wait(10)
        found = original(source)
        opened.set()
        return found

    async def leave() -> None:
        asked = asyncio.ensure_future(workers.picture(media, "a.mp4", view()))
        await asyncio.to_thread(opening.wait, 10)
        asked.cancel()
        await asyncio.wait([asked])
        go_on.set()
        await asyncio.to_thread(opened.wait, 10)
        await soon(lambda: not open_media(media))

    monkeypatch.setattr(media, "open", slowly)
    assert not open_media(media)
    run(leave())


def open_media(media: MediaRoots) -> list[str]:
    """Files of the media that are open in this process."""
    names = (read_link(entry) for entry in Path("/proc/self/fd").iterdir())
    return [name for name in names if name.startswith(str(media.folders[0]))]


def read_link(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except FileNotFoundError:
        return ""


def test_too_many_views_are_refused_and_stopping_answers_all(
    run: Run, media: MediaRoots, tmp_path: Path
) -> None:
    few = DecodingWorkers(Limits(decode_workers=1, decode_waiting=2), tmp_path)

    async def overload() -> list[Any]:
        few._drawing.start()
        os.kill(few._drawing.pids[0], signal.SIGSTOP)  # nothing is drawn
        views = [view(n % 100, height=95 + n // 100) for n in range(120)]
        tasks = [asyncio.create_task(few.picture(media, "a.mp4", each)) for each in views]
        await soon(lambda: sum(task.done() for task in tasks) == 120 - 32)
        await few.stop()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    answers = run(overload())
    assert Counter(map(type, answers)) == {BusyError: 120 - 32, StoppingError: 32}
    assert list(tmp_path.iterdir()) == []


def test_an_answer_is_checked() -> None:
    jpeg = b"\xff\xd8\xff\xe0"
    assert _parts(Message({"sizes": [4, 0]}, jpeg), 2) == [jpeg, b""]
    for note, body in (
        ({}, jpeg),
        ({"sizes": [4]}, jpeg),
        ({"sizes": [4, 1]}, jpeg),
        ({"sizes": [5, -1]}, jpeg),
        ({"sizes": [2, 2]}, jpeg),
        ({"sizes": [True, 3]}, jpeg),
        ({"sizes": "40"}, jpeg),
        ({"sizes": [4, 0]}, b"<svg"),
    ):
        with pytest.raises(ValueError, match="an answer"):
            _parts(Message(note, body), 2)
