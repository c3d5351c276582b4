import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prvipe import load
from prvipe.errors import InputError
from prvipe.progress import reading
from prvipe.report.video import write_video


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    pytest.importorskip("mediapipe", reason="needs the extra detect")
    pytest.importorskip("av", reason="needs the extra detect")
    data = pytest.importorskip("skimage.data", reason="needs scikit-image")
    return np.asarray(data.astronaut())


def test_an_image(tmp_path: Path, astronaut: np.ndarray) -> None:
    Image.fromarray(astronaut).save(tmp_path / "a.JPG")
    poses = load(tmp_path / "a.JPG")
    assert (len(poses), poses.skeleton.name) == (1, "mediapipe33")
    assert poses.table["width"].to_pylist() == [512]
    assert len(load(tmp_path / "a.JPG", "mediapipe33")) == 1
    with pytest.raises(InputError, match="its poses are mediapipe33, not coco17"):
        load(tmp_path / "a.JPG", "coco17")


def test_a_video_says_how_far_it_is(tmp_path: Path, astronaut: np.ndarray) -> None:
    def frames() -> Iterator[np.ndarray]:
        for number in range(4):
            yield np.roll(astronaut, 10 * number, axis=1)

    write_video(tmp_path / "a.mp4", frames(), 10)
    told: list[tuple[int, int]] = []
    token = reading.set(lambda *each: told.append(each))
    try:
        poses = load(tmp_path / "a.mp4")
    finally:
        reading.reset(token)
    np.testing.assert_allclose(poses.table["time"].to_pylist(), [0, 0.1, 0.2, 0.3], atol=1e-3)
    assert told[-1][0] == told[-1][1]
    assert len(told) >= 4


def test_a_folder(tmp_path: Path, astronaut: np.ndarray) -> None:
    for name in ("b.png", "a.png"):
        Image.fromarray(astronaut).save(tmp_path / name)
    sources = load(tmp_path).table["source"].to_pylist()
    assert sources == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]


def test_a_folder_of_keypoints_with_its_images(tmp_path: Path) -> None:
    """A folder that is OpenPose's is read as such, whatever images lie beside."""
    person = {"pose_keypoints_2d": [5, 6, 0.9] * 25}
    (tmp_path / "a_0.json").write_text(json.dumps({"people": [person]}))
    Image.new("RGB", (8, 8)).save(tmp_path / "a_0.png")
    assert load(tmp_path, "body25").skeleton.name == "body25"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.png", b"", "the file is empty"),
        ("a.png", b"no image", "is no image"),
        ("a.mp4", b"no video", "cannot be read as a video"),
    ],
)
def test_files_that_are_no_media(
    tmp_path: Path, astronaut: np.ndarray, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_without_the_extra_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("av", "mediapipe"):
        monkeypatch.setitem(sys.modules, module, None)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "a.mp4").write_bytes(b"x")
    for name in ("a.png", "a.mp4"):
        with pytest.raises(InputError, match=r'a\..*: .* pip install "prvipe\[detect\]"'):
            load(tmp_path / name)
