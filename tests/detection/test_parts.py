import os
from pathlib import Path

import numpy as np
import pytest

from prvipe.detection import FunctionDetector
from prvipe.detection.parts import Part, PartFolder
from prvipe.detection.sampling import Sampling
from prvipe.errors import InputError

PART = Part(
    keypoints=np.ones((2, 3, 2), np.float32),
    scores=np.ones((2, 3), np.float32),
    frame=np.array([4, 7]),
    time=np.array([0.4, np.nan]),
    person=np.array([0, 0]),
    size=np.array([[120, 80]] * 2),
    frames=5,
    without_people=3,
    ended=True,
    problem="ü: cut",
)


@pytest.fixture
def parts(tmp_path: Path, detector: FunctionDetector) -> PartFolder:
    folder = PartFolder.beside(tmp_path / "poses.parquet")
    folder.open(detector, Sampling(2), resume=False)
    return folder


@pytest.fixture
def media(tmp_path: Path) -> Path:
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"a video")
    return file


def test_a_part_comes_back(parts: PartFolder, media: Path) -> None:
    assert parts.folder.name == "poses.parquet.parts"
    assert parts.get(media, 0) is None
    parts.put(media, 0, PART)
    kept = parts.get(media, 0)
    assert kept is not None
    for name, value in vars(PART).items():
        np.testing.assert_array_equal(getattr(kept, name), value)
    assert parts.get(media, 1) is None
    parts.remove()
    assert not parts.folder.exists()


def test_a_file_that_changed_is_looked_at_anew(parts: PartFolder, media: Path) -> None:
    parts.put(media, 0, PART)
    os.utime(media, (1, 1))
    assert parts.get(media, 0) is None


def test_a_damaged_part_is_not_there(parts: PartFolder, media: Path) -> None:
    parts.put(media, 0, PART)
    (file,) = parts.folder.glob("*.npz")
    whole = file.read_bytes()
    for content in (b"", b"x", whole[: len(whole) // 2], whole[:200] + bytes(50) + whole[250:]):
        file.write_bytes(content)
        assert parts.get(media, 0) is None


def test_an_earlier_run_is_not_lost_by_mistake(
    parts: PartFolder, media: Path, detector: FunctionDetector
) -> None:
    parts.put(media, 0, PART)
    with pytest.raises(InputError, match=r"poses.parquet.parts: a stopped run left .* --resume"):
        parts.open(detector, Sampling(2), resume=False)
    with pytest.raises(InputError, match="the stopped run had every 2, this one has 3"):
        parts.open(detector, Sampling(3), resume=True)
    other = FunctionDetector(lambda image: ([], []), "coco17", "other")
    with pytest.raises(InputError, match="had detector find_square, this one has other"):
        parts.open(other, Sampling(2), resume=True)
    parts.open(detector, Sampling(2), resume=True)
    assert parts.get(media, 0) is not None


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_damaged_settings(parts: PartFolder, detector: FunctionDetector, content: str) -> None:
    (parts.folder / "settings.json").write_text(content)
    with pytest.raises(InputError, match=r"settings.json: damaged.*remove"):
        parts.open(detector, Sampling(2), resume=True)


def test_resuming_without_an_earlier_run_starts_one(
    tmp_path: Path, detector: FunctionDetector
) -> None:
    PartFolder(tmp_path / "new").open(detector, Sampling(), resume=True)
    assert (tmp_path / "new" / "settings.json").exists()
