from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.report.video import open_video, write_video

av = pytest.importorskip("av", reason="needs the extra detect")


def moving_square(count: int, height: int = 64, width: int = 96) -> Iterator[np.ndarray]:
    for number in range(count):
        image = np.full((height, width, 3), [20, 120, 40], np.uint8)
        image[10:30, 3 * number : 3 * number + 20] = [250, 30, 30]
        yield image


def read(path: Path) -> tuple[list[np.ndarray], list[float], object]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        return (
            [frame.to_ndarray(format="rgb24") for frame in frames],
            [frame.time for frame in frames],
            stream,
        )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "größe mit spaces.mp4"
    assert write_video(file, moving_square(12), 25) == 12
    images, times, stream = read(file)
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    np.testing.assert_allclose(times, np.arange(12) / 25, atol=1e-4)
    for image, original in zip(images, moving_square(12), strict=True):
        assert np.abs(image.astype(int) - original).mean() < 6
    assert [p.name for p in tmp_path.iterdir()] == [file.name]


def test_odd_sizes_get_a_column_and_a_row(tmp_path: Path) -> None:
    write_video(tmp_path / "odd.mp4", moving_square(3, 63, 95), 30)
    images, _, _ = read(tmp_path / "odd.mp4")
    assert images[0].shape == (64, 96, 3)
    assert np.abs(images[0][:63, :95].astype(int) - next(moving_square(1, 63, 95))).mean() < 6


def test_frame_rates_that_are_no_whole_numbers(tmp_path: Path) -> None:
    write_video(tmp_path / "ntsc.mp4", moving_square(4), 30000 / 1001)
    _, times, _ = read(tmp_path / "ntsc.mp4")
    np.testing.assert_allclose(times, np.arange(4) * 1001 / 30000, atol=1e-4)


def test_times_of_frames_are_kept(tmp_path: Path) -> None:
    wanted = [0.0, 0.1, 0.15, 0.9]
    with open_video(tmp_path / "uneven.mp4", Fraction(30)) as video:
        for time, image in zip(wanted, moving_square(4), strict=True):
            video.write(image, time)
    _, times, _ = read(tmp_path / "uneven.mp4")
    np.testing.assert_allclose(times, wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("frames", "fps", "name", "message"),
    [
        ([], 30, "a.mp4", "at least one frame"),
        ([np.zeros((4, 4), np.uint8)], 30, "a.mp4", r"frame 0 .* got uint8 \(4, 4\)"),
        ([np.zeros((4, 4, 3))], 30, "a.mp4", "got float64"),
        ([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 6, 3), np.uint8)], 30, "a.mp4", "frame 1"),
        ([np.zeros((4, 4, 3), np.uint8)], 0, "a.mp4", "0 frames per second"),
        ([np.zeros((4, 4, 3), np.uint8)], float("nan"), "a.mp4", "nan frames per second"),
        ([np.zeros((4, 4, 3), np.uint8)], 30, "a.gif", r"names ending in \.mp4"),
        ([np.zeros((4, 4, 3), np.uint8)], 30, "no/a.mp4", "there is no folder"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    tmp_path: Path, frames: list[np.ndarray], fps: float, name: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_video(tmp_path / name, frames, fps)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    write_video(file, moving_square(3), 30)
    before = file.read_bytes()

    def broken() -> Iterator[np.ndarray]:
        yield from moving_square(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(file, broken(), 30)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_time_does_not_go_back(tmp_path: Path) -> None:
    first, second = moving_square(2)
    with open_video(tmp_path / "a.mp4", 30) as video:
        video.write(first, 1.0)
        with pytest.raises(InputError, match="not later"):
            video.write(second, 0.5)
