"""Live streams and videos that are written while they are watched."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.detection.detector import FunctionDetector
from prvipe.errors import InputError
from prvipe.watch.instants import Instant
from prvipe.watch.sources.live import LiveCamera, open_camera
from prvipe.watch.sources.patience import Patience
from prvipe.watch.sources.video_file import VideoFile

av = pytest.importorskip("av", reason="needs av (the extra detect)")

SIDE = 64


def write_stream(path: Path, count: int) -> bytes:
    """MPEG-TS of so many frames, the n-th of brightness 4 n."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        stream.codec_context.gop_size = 1
        for number in range(count):
            image = np.full((SIDE, SIDE, 3), 4 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Forty frames."""
    return write_stream(tmp_path_factory.mktemp("stream") / "whole.ts", 40)


def brightness(seconds: float = 0.0) -> FunctionDetector:
    """Finds one person whose joints all lie at the brightness of the image."""

    def find(image: Any) -> tuple[Any, Any]:
        time.sleep(seconds)
        return np.full((1, 13, 2), image.mean()), np.ones((1, 13))

    return FunctionDetector(find, "coco13")


def seen(instants: list[Instant]) -> list[int]:
    """Which frames these are, by their brightness."""
    return [round(float(each.keypoints.mean()) / 4) for each in instants]


def flat(batches: Iterator[Any]) -> list[Instant]:
    return [instant for batch in batches for instant in batch]


class Server:
    """Serves a stream over HTTP to one reader after the other, at so many bytes a second."""

    def __init__(self, content: bytes, pause: float = 0.0) -> None:
        self._content, self._pause = content, pause
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/stream.ts"
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    connection.recv(4096)
                    head = b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"
                    connection.sendall(head)
                    for start in range(0, len(self._content), 1880):
                        connection.sendall(self._content[start : start + 1880])
                        time.sleep(self._pause)
                except OSError:
                    pass


def camera(address: str, told: Any, seconds: float = 0.0, **options: Any) -> LiveCamera:
    patience = Patience(address, told.notes, options.pop("give_up_after", None))
    every = options.pop("every", 1)
    return LiveCamera(address, address, every, told.notes, patience, brightness(seconds))


def take(source: LiveCamera, count: int) -> list[Instant]:
    """The first instants of a source."""
    found: list[Instant] = []
    batches = source.batches()
    ends = time.monotonic() + 120
    while len(found) < count and time.monotonic() < ends:
        found += next(batches)
    batches.close()  # type: ignore[attr-defined]
    return found


def test_a_stream_that_ends_is_connected_to_again(recorded: bytes, told: Any) -> None:
    server = Server(recorded)
    found = take(camera(server.address, told), 3)
    while server.connections < 2:
        found += take(camera(server.address, told), 1)
    server.close()
    assert all(0 <= number < 40 for number in seen(found))
    assert found[0].image is not None
    assert found[0].image.shape == (SIDE, SIDE, 3)


def test_the_newest_frame_wins_when_people_are_found_slowly(recorded: bytes, told: Any) -> None:
    server = Server(recorded, 0.01)
    found = take(camera(server.address, told, seconds=0.3), 3)
    server.close()
    numbers = [each.frame for each in found]
    assert numbers == sorted(set(numbers))
    assert told.notes.counts["frames dropped"] > 5
    assert "the newest is looked at" in "".join(told)
    assert numbers[-1] - numbers[0] > 5


def test_a_camera_that_is_lost_comes_back(recorded: bytes, told: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(InputError, match="gave up after 1 seconds"):
        take(camera(f"http://127.0.0.1:{port}/x.ts", told, give_up_after=1.0), 1)
    assert "lost (cannot be read (Connection refused))" in told[0]
    assert len(told) == 1


def test_streams_open_no_files(tmp_path: Path) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    server = Server(playlist)
    with pytest.raises(InputError, match="cannot be read"), open_camera(server.address) as opened:
        next(opened.decode(video=0), None)
    server.close()


def test_a_finished_video_ends(tmp_path: Path, recorded: bytes, told: Any) -> None:
    path = tmp_path / "clip.ts"
    path.write_bytes(recorded)
    source = VideoFile(path, 2, told.notes, follow=False, detector=brightness())
    found = flat(source.batches())
    assert [each.frame for each in found] == list(range(0, 40, 2))
    assert seen(found) == pytest.approx(list(range(0, 40, 2)), abs=1)


def test_a_video_that_grows_is_followed_to_its_end(
    tmp_path: Path, recorded: bytes, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = "prvipe.watch.sources.video_file.IDLE"
    monkeypatch.setattr(idle, 60.0)
    path = tmp_path / "growing.ts"
    half = len(recorded) // 2 // 188 * 188 + 100
    path.write_bytes(recorded[:half])

    def write_on() -> None:
        with path.open("ab") as stream:
            for start in range(half, len(recorded), 4_000):
                if start + 4_000 >= len(recorded):  # the last of it
                    monkeypatch.setattr(idle, 1.0)
                stream.write(recorded[start : start + 4_000])
                stream.flush()
                time.sleep(0.02)

    writer = threading.Timer(0.3, write_on)
    writer.start()
    source = VideoFile(path, 1, told.notes, follow=True, detector=brightness())
    found = flat(source.batches())
    writer.join()
    assert [each.frame for each in found] == list(range(40))
    assert found[-1].time is not None
    assert told == []


def test_a_file_that_is_no_video_is_refused(tmp_path: Path, told: Any) -> None:
    path = tmp_path / "clip.ts"
    path.write_bytes(b"no video at all" * 1_000)
    source = VideoFile(path, 1, told.notes, follow=False, detector=brightness())
    with pytest.raises(InputError, match=r"clip\.ts"):
        flat(source.batches())
