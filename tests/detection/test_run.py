import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prvipe.detection import FunctionDetector, detect, detect_readable, run
from prvipe.detection.parts import PartFolder
from prvipe.detection.sampling import Sampling
from prvipe.errors import InputError
from prvipe.skeleton import Skeleton

FindPeople = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
WriteClip = Callable[..., Path]


def test_people_of_a_video(
    detector: FunctionDetector, corners: Skeleton, write_clip: WriteClip
) -> None:
    clip = write_clip(empty=(3, 4))
    poses = detect(clip, detector)
    assert poses.skeleton == corners
    table = poses.table.to_pydict()
    assert table["source"] == [str(clip)] * 18
    assert table["frame"] == [n for n in range(20) if n not in (3, 4)]
    np.testing.assert_allclose(table["time"], np.array(table["frame"]) / 10, atol=1e-3)
    assert table["person"] == [0] * 18
    assert set(table["width"]) == {120}
    assert set(table["height"]) == {80}
    np.testing.assert_allclose(
        poses.keypoints[:, 0], [(20 + 2 * n, 40) for n in table["frame"]], atol=1
    )
    np.testing.assert_array_equal(poses.scores[0], np.float32([1, 0.75, 0.5]))


def test_folders_with_files_that_cannot_be_read(detector: FunctionDetector, photos: Path) -> None:
    found = detect_readable(photos, detector)
    assert [Path(s).name for s in found.poses.table["source"].to_pylist()] == [
        "a 2.png",
        "a 10.png",
        "ü.png",
    ]
    assert found.poses.table["time"].null_count == 3
    assert found.poses.table["frame"].to_pylist() == [0, 0, 0]
    files = {file.path.name: file for file in found.files}
    assert files["nobody.png"].without_people == 1
    assert "cut.png: " in files["cut.png"].problem
    assert "empty.jpg: the file is empty" in files["empty.jpg"].problem
    assert [file.frames for file in found.files] == [1, 1, 0, 0, 1, 1]
    with pytest.raises(InputError, match=r"cut\.png: "):
        detect(photos, detector)


def test_a_damaged_video_keeps_what_can_be_read(
    detector: FunctionDetector, write_clip: WriteClip
) -> None:
    clip = write_clip(count=60, options={"movflags": "faststart"})
    content = clip.read_bytes()
    clip.write_bytes(content[: (content.index(b"mdat") + len(content)) // 2])
    found = detect_readable(clip, detector)
    (file,) = found.files
    assert 5 < file.frames == file.people == len(found.poses) < 60
    assert "frames can be read" in file.problem


def test_nobody(detector: FunctionDetector, photos: Path) -> None:
    found = detect_readable(photos / "nobody.png", detector)
    assert len(found.poses) == 0
    assert found.poses.table.column_names[:2] == ["source", "frame"]
    with pytest.raises(InputError, match=r"nobody.png: nobody was found \(looked at: 1 image\)"):
        detect(photos / "nobody.png", detector)


def test_several_people_keep_their_numbers(corners: Skeleton, write_clip: WriteClip) -> None:
    """One goes right, one stays; in every other frame they are found in the other order."""
    frames = iter(range(100))

    def find(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        number = next(frames)
        walking = np.array([[10 + number, 10], [5 + number, 20], [15 + number, 20]])
        both = np.stack([walking, walking * [0, 1] + [[90, 30], [85, 30], [95, 30]]])
        return both[:: -1 if number % 2 else 1], np.ones((2, 3))

    poses = detect(write_clip(), FunctionDetector(find, corners))
    people = np.array(poses.table["person"])
    assert sorted(set(people.tolist())) == [0, 1]
    assert (poses.keypoints[people == people[0]][:, 0, 0] < 40).all()
    assert (poses.keypoints[people != people[0]][:, 0, 0] == 90).all()


def test_progress_rises_to_all(
    detector: FunctionDetector, write_clip: WriteClip, photos: Path
) -> None:
    told: list[tuple[int, int]] = []
    clip = write_clip()
    detect_readable([clip, photos], detector, progress=lambda *each: told.append(each))
    done, total = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert done[-1] == total[-1]
    assert set(total) == {total[0]}
    assert len(told) > 25


def test_every_part_starts_afresh(
    detector: FunctionDetector, write_clip: WriteClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FRAMES_PER_PART", 8)
    calls: list[object] = []

    find = detector.detect
    monkeypatch.setattr(detector, "reset", lambda: calls.append("reset"))
    monkeypatch.setattr(
        detector, "detect", lambda image, time: (calls.append(time), find(image, time))[1]
    )
    detect(write_clip(), detector)
    assert [i for i, call in enumerate(calls) if call == "reset"] == [0, 9, 18]
    times = [call for call in calls if call != "reset"]
    np.testing.assert_allclose(np.array(times, float), np.arange(20) / 10, atol=1e-3)


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from prvipe.skeleton import Skeleton
from prvipe.detection import FunctionDetector, detect_readable, run
from prvipe.detection.parts import PartFolder
from prvipe.detection.sampling import Sampling

{source}
run.FRAMES_PER_PART = 8
left = int(sys.argv[2])

def find(image):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return find_square(image)

detector = FunctionDetector(find, Skeleton("corners", {joints}, (), ()), "square")
parts = PartFolder.beside(Path("out.parquet"))
parts.open(detector, Sampling(), resume=True)
detect_readable(sys.argv[1].split("|"), detector, parts=parts)
"""


@pytest.mark.parametrize("killed_after", [0, 3, 21, 26])
def test_a_killed_run_goes_on_where_it_was(
    tmp_path: Path,
    write_clip: WriteClip,
    photos: Path,
    find_square: FindPeople,
    corners: Skeleton,
    monkeypatch: pytest.MonkeyPatch,
    killed_after: int,
) -> None:
    """3 images, then 24 frames in 3 parts: kept are whole images and parts."""
    monkeypatch.setattr(run, "FRAMES_PER_PART", 8)
    monkeypatch.chdir(tmp_path)
    media = [photos / "a 2.png", photos / "a 10.png", photos / "nobody.png", write_clip(count=24)]
    code = KILLED.format(source=inspect.getsource(find_square), joints=corners.joints)
    command = [sys.executable, "-c", code, "|".join(map(str, media)), str(killed_after)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr

    looked: list[int] = []

    def find(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        looked.append(1)
        return find_square(image)

    detector = FunctionDetector(find, corners, "square")
    parts = PartFolder.beside(tmp_path / "out.parquet")
    parts.open(detector, Sampling(), resume=True)
    found = detect_readable(media, detector, parts=parts)
    kept = killed_after if killed_after < 3 else 3 + (killed_after - 3) // 8 * 8
    assert len(looked) == 27 - kept
    whole = detect_readable(media, FunctionDetector(find_square, corners))
    np.testing.assert_array_equal(found.poses.keypoints, whole.poses.keypoints)
    assert found.poses.table.equals(whole.poses.table)
    assert found.files == whole.files
