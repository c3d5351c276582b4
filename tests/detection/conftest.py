"""A detector that needs no weights, and small media for it."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prvipe.detection import FunctionDetector
from prvipe.skeleton import Skeleton

FindPeople = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

CORNERS = Skeleton(
    name="corners",
    joints=("middle", "left_edge", "right_edge"),
    edges=(("middle", "left_edge"), ("middle", "right_edge")),
    mirror_pairs=(("left_edge", "right_edge"),),
)
"""Three points of a white square."""


def find_square(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the white square of an image: nobody where there is none."""
    rows, columns = np.nonzero(image.min(axis=2) > 200)
    if len(rows) < 20:
        return np.empty((0, 3, 2)), np.empty((0, 3))
    y = (rows.min() + rows.max() + 1) / 2
    left, right = columns.min(), columns.max() + 1
    points = [[(left + right) / 2, y], [left, y], [right, y]]
    return np.array([points]), np.array([[1.0, 0.75, 0.5]])


def square_at(x: float, y: float, size: tuple[int, int] = (120, 80), side: int = 20) -> np.ndarray:
    """Image (height, width, 3) of a size (width, height): dark, with a white square around x, y."""
    image = np.full((size[1], size[0], 3), 40, np.uint8)
    left, top = round(x - side / 2), round(y - side / 2)
    image[max(top, 0) : top + side, max(left, 0) : left + side] = 255
    return image


@pytest.fixture
def detector() -> FunctionDetector:
    """Finds white squares."""
    return FunctionDetector(find_square, CORNERS)


@pytest.fixture
def corners() -> Skeleton:
    return CORNERS


@pytest.fixture(name="find_square")
def find_square_() -> FindPeople:
    return find_square


@pytest.fixture
def write_clip(tmp_path: Path) -> Callable[..., Path]:
    """`write_clip(name, count, ...)`: a square that moves 2 pixels a frame from x = 20, y = 40."""

    def write(
        name: str = "clip.mp4",
        count: int = 20,
        fps: float = 10,
        size: tuple[int, int] = (120, 80),
        times: list[float] | None = None,
        empty: tuple[int, ...] = (),
        options: dict[str, str] | None = None,
    ) -> Path:
        av = pytest.importorskip("av", reason="needs the extra detect")
        path = tmp_path / name
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream("libx264", rate=Fraction(fps), options={"crf": "12"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
            stream.codec_context.time_base = Fraction(1, 1000)
            for number in range(count):
                x = 1000 if number in empty else 20 + 2 * (number % 40)
                frame = av.VideoFrame.from_ndarray(square_at(x, 40, size), format="rgb24")
                frame.pts = round(1000 * (times[number] if times else number / fps))
                frame.time_base = Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture
def write_sound(tmp_path: Path) -> Callable[[str], Path]:
    """`write_sound(name)`: half a second of silence, without pictures."""

    def write(name: str) -> Path:
        av = pytest.importorskip("av", reason="needs the extra detect")
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=44100)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 22050), np.float32), "fltp", "mono")
            frame.rate = 44100
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture
def photos(tmp_path: Path) -> Iterator[Path]:
    """A folder: two squares, an empty image, a truncated and an empty file, one in a folder."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    Image.fromarray(square_at(30, 40)).save(folder / "a 2.png")
    Image.fromarray(square_at(70, 40)).save(folder / "a 10.png")
    Image.fromarray(square_at(999, 40)).save(folder / "nobody.png")
    (folder / "cut.png").write_bytes((folder / "a 2.png").read_bytes()[:100])
    (folder / "empty.jpg").touch()
    (folder / ".hidden.png").write_bytes((folder / "a 2.png").read_bytes())
    (folder / "notes.txt").write_text("no image")
    Image.fromarray(square_at(50, 40)).save(folder / "more" / "ü.png")
    return folder
