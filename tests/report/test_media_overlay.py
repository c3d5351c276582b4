from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prvipe import Poses
from prvipe.detection import read_frames
from prvipe.errors import InputError
from prvipe.report.media_overlay import overlay_names, write_overlay
from prvipe.report.video import open_video, write_video

pytest.importorskip("av", reason="needs the extra detect")

_ARMS = [[80, 20], [95, 40], [65, 40], [110, 60], [50, 60], [115, 80], [45, 80]]
_LEGS = [[90, 85], [70, 85], [92, 110], [68, 110], [92, 138], [68, 138]]
STANDING = np.array([*_ARMS, *_LEGS], np.float32)
TIMES = [0.0, 0.1, 0.5, 0.6]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    with open_video(tmp_path / "clip.mp4", 10) as video:
        for time in TIMES:
            video.write(np.full((150, 161, 3), 120, np.uint8), time)
    return tmp_path / "clip.mp4"


def poses_of(source: Path, frames: list[int]) -> Poses:
    fields = {"source": [str(source)] * len(frames), "frame": frames}
    return Poses(np.stack([STANDING] * len(frames)), None, "coco13", fields)


def is_drawn_on(image: np.ndarray) -> bool:
    return bool(np.abs(image.astype(int) - 120).max() > 60)


def test_people_are_drawn_on_their_frames(clip: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    poses = Poses.concatenate([poses_of(clip, [1, 3]), poses_of(tmp_path / "other.mp4", [2])])
    count = write_overlay(
        clip, poses, tmp_path / "out.mp4", progress=lambda *each: told.append(each)
    )
    assert count == 4
    drawn = list(read_frames(tmp_path / "out.mp4"))
    assert [is_drawn_on(frame.image) for frame in drawn] == [False, True, False, True]
    np.testing.assert_allclose([frame.time for frame in drawn], TIMES, atol=1e-3)
    assert drawn[0].image.shape == (150, 162, 3)
    assert len(told) == 4


def test_of_frames_that_were_not_looked_at_none_is_shown(clip: Path, tmp_path: Path) -> None:
    assert write_overlay(clip, poses_of(clip, [0, 2]), tmp_path / "out.mp4", every=2) == 2
    drawn = list(read_frames(tmp_path / "out.mp4"))
    assert [is_drawn_on(frame.image) for frame in drawn] == [True, True]
    np.testing.assert_allclose([frame.time for frame in drawn], [0, 0.5], atol=1e-3)


def test_more_is_drawn_over_the_people(clip: Path, tmp_path: Path) -> None:
    drawn_on: dict[int, bool] = {}

    def darken(image: np.ndarray, frame: int) -> np.ndarray:
        drawn_on[frame] = is_drawn_on(image)
        return np.full_like(image, 40 * frame)

    write_overlay(clip, poses_of(clip, [1]), tmp_path / "out.mp4", draw_more=darken)
    assert drawn_on == {0: False, 1: True, 2: False, 3: False}
    greys = [frame.image.mean() for frame in read_frames(tmp_path / "out.mp4")]
    np.testing.assert_allclose(greys, [0, 40, 80, 120], atol=4)


def test_a_damaged_video_is_drawn_as_far_as_it_goes(tmp_path: Path) -> None:
    clip = tmp_path / "long.mkv"
    noise = np.random.default_rng(0).integers(0, 255, (30, 64, 64, 3)).astype(np.uint8)
    write_video(clip, iter(noise), 10)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    count = write_overlay(clip, poses_of(clip, [0]), tmp_path / "out.mp4")
    assert 3 < count < 30
    assert len(list(read_frames(tmp_path / "out.mp4"))) == count
    clip.write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read as a video"):
        write_overlay(clip, poses_of(clip, [0]), tmp_path / "other.mp4")
    assert not (tmp_path / "other.mp4").exists()


def test_an_image(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    Image.new("RGB", (160, 150), (120, 120, 120)).save(file)
    assert write_overlay(file, poses_of(file, [0]), tmp_path / "out.png") == 1
    image = np.asarray(Image.open(tmp_path / "out.png"))
    assert image.shape == (150, 160, 3)
    assert is_drawn_on(image)
    with pytest.raises(InputError, match=r"out\.jpg: images are written as PNG"):
        write_overlay(file, poses_of(file, [0]), tmp_path / "out.jpg")


def test_poses_without_source_and_frame_are_on_an_image(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", (160, 150), (120, 120, 120)).save(file)
    write_overlay(file, Poses(STANDING[None], None, "coco13"), tmp_path / "out.png")
    assert is_drawn_on(np.asarray(Image.open(tmp_path / "out.png")))


def test_names_of_overlays_differ() -> None:
    media = [Path("a/x.jpg"), Path("b/x.png"), Path("c/x.mp4"), Path("d/X.tif"), Path("y.gif")]
    names = [path.name for path in overlay_names(media, Path("out"))]
    assert names == ["x.jpg.png", "x.png.png", "x.mp4", "X.tif.png", "y.mp4"]


def test_overlays_tell_which_file_they_are_of() -> None:
    media = [Path("same/a/x.jpg"), Path("same/a/x.png"), Path("same/b/x.png"), Path("/top/z.mp4")]
    names = [path.name for path in overlay_names(media, Path("out"))]
    assert names == ["x.jpg.png", "a-x.png.png", "b-x.png.png", "z.mp4"]
    twice = [Path("a/x.png"), Path("a/x.png"), Path("a/x-2.jpg")]
    again = [path.name for path in overlay_names(twice, Path("out"))]
    assert len(set(again)) == 3
    assert again[0] == "x.png"
