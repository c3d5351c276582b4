"""What every format must say about files that are not what they should be."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keypoint_samples import NAMES, Sample, write_samples
from standing_person import standing

from prvipe import Poses, load
from prvipe.errors import InputError
from prvipe.skeleton import BODY25, COCO17, MEDIAPIPE33

JSON = [
    *("coco", "coco_results", "alphapose", "halpe", "mmpose", "mmpose_demo", "mmpose_image"),
    *("mediapipe", "mpii", "openpose body25 file", "openpose coco18 file"),
]
CSV = ["csv", "mediapipe_csv", "mediapipe_numbered", "poem"]
TEXT = [*JSON, *CSV, "yolo file", "bvh", "trc", "amc"]
BINARY = ["xview", "npz", "coco_npz", "npy", "parquet", "mpii_h5", "c3d"]
FILES = [*TEXT, *BINARY]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return write_samples(tmp_path_factory.mktemp("samples"))


def refuse(path: Path, sample: Sample) -> str:
    with pytest.raises(InputError) as caught:
        load(path, **sample.options)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize("name", FILES)
def test_empty_files_are_said_to_be_empty(
    name: str, samples: dict[str, Sample], tmp_path: Path
) -> None:
    path = tmp_path / samples[name].path.name
    path.write_bytes(b"")
    assert "the file is empty" in refuse(path, samples[name])


@pytest.mark.parametrize("name", [*JSON, "bvh", "trc", *BINARY])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files_are_refused(
    name: str, share: float, samples: dict[str, Sample], tmp_path: Path
) -> None:
    path = tmp_path / samples[name].path.name
    whole = samples[name].path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refuse(path, samples[name])


@pytest.mark.parametrize("name", [*CSV, "yolo file"])
def test_a_row_cut_in_two_is_refused(name: str, samples: dict[str, Sample], tmp_path: Path) -> None:
    path = tmp_path / samples[name].path.name
    whole = samples[name].path.read_bytes().rstrip()
    path.write_bytes(whole[: whole.rfind(b"," if name in CSV else b" ", 0, -40)])
    refuse(path, samples[name])


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_other_encodings_are_refused(
    name: str, encoding: str, samples: dict[str, Sample], tmp_path: Path
) -> None:
    path = tmp_path / samples[name].path.name
    for beside in samples[name].path.parent.glob("*.asf"):
        shutil.copy(beside, tmp_path)
    path.write_bytes(samples[name].path.read_text().encode(encoding))
    message = refuse(path, samples[name])
    if name in JSON or encoding == "utf-16":
        assert "UTF-" in message or "is no text" in message


@pytest.mark.parametrize("name", TEXT)
def test_a_byte_order_mark_is_no_matter(
    name: str, samples: dict[str, Sample], tmp_path: Path
) -> None:
    path = tmp_path / samples[name].path.name
    for beside in samples[name].path.parent.glob("*.asf"):
        shutil.copy(beside, tmp_path)
    path.write_text(samples[name].path.read_text(), encoding="utf-8-sig")
    assert len(load(path, **samples[name].options)) == samples[name].people


@pytest.mark.parametrize(
    "name", ["coco_results", "mmpose", "mediapipe", "csv", "poem", "yolo file"]
)
def test_latin_1_is_refused(name: str, samples: dict[str, Sample], tmp_path: Path) -> None:
    path = tmp_path / samples[name].path.name
    text = samples[name].path.read_text()
    # A word with an accent, where nothing else would be wrong with it.
    words = {"csv": ("frame", "fr\u00e4me"), "poem": ("image/width", "image/w\u00efdth")}
    old, new = words.get(name, (text[-4:], f"{text[-4:]} \u00e9 \u00e9"))
    path.write_bytes(text.replace(old, new).encode("latin-1"))
    assert "UTF-8" in refuse(path, samples[name])


@pytest.mark.parametrize("name", NAMES)
def test_blanks_and_any_letters_in_paths_are_no_matter(
    name: str, samples: dict[str, Sample], tmp_path: Path
) -> None:
    folder = tmp_path / "Läufe von Ōé 走る"
    source = samples[name].path
    if source.is_dir():
        path = Path(shutil.copytree(source, folder / "ein Ordner"))
    else:
        folder.mkdir()
        path = folder / f"é ü 走 1{source.suffix}"
        shutil.copy(source, path)
        for beside in source.parent.glob("*.asf") if source.suffix == ".amc" else ():
            shutil.copy(beside, path.with_suffix(".asf"))
    poses = load(path, **samples[name].options)
    assert len(poses) == samples[name].people
    assert poses.table["source"].to_pylist()[0] == str(path)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_place_of_a_file_is_refused(
    name: str, samples: dict[str, Sample], tmp_path: Path
) -> None:
    path = tmp_path / samples[name].path.name
    path.mkdir()
    assert "no known content for a folder" in refuse(path, samples[name])


# Contents with any number of people, with or without scores.
def coco_results(people: np.ndarray, scored: bool) -> Any:
    width = 3 if scored else 2
    return [
        {"image_id": 1, "category_id": 1, "keypoints": body[:, :width].ravel().tolist()}
        for body in people
    ]


def openpose(people: np.ndarray, scored: bool) -> Any:
    width = 3 if scored else 2
    return {"people": [{"pose_keypoints_2d": b[:, :width].ravel().tolist()} for b in people]}


def mmpose(people: np.ndarray, scored: bool) -> Any:
    bodies = [
        {"keypoints": body[:, :2].tolist()} | ({"keypoint_scores": [1.0] * 17} if scored else {})
        for body in people
    ]
    return [{"frame_id": 0, "instances": bodies}]


def mediapipe(people: np.ndarray, scored: bool) -> Any:
    bodies = [
        [{"x": x, "y": y} | ({"visibility": 1.0} if scored else {}) for x, y, _ in body.tolist()]
        for body in people / (640, 480, 1)
    ]
    return {"width": 640, "height": 480, "frames": [{"landmarks": bodies}]}


CONTENTS: dict[str, tuple[Callable[[np.ndarray, bool], Any], Any]] = {
    "coco_results": (coco_results, COCO17),
    "openpose": (openpose, BODY25),
    "mmpose": (mmpose, COCO17),
    "mediapipe": (mediapipe, MEDIAPIPE33),
}


def read(name: str, tmp_path: Path, count: int, scored: bool = True) -> Poses:
    write, skeleton = CONTENTS[name]
    bodies = [standing(skeleton, number) for number in range(count)]
    people = np.array(bodies).reshape(count, len(skeleton.joints), 2)
    people = np.concatenate([people, np.ones((*people.shape[:2], 1))], axis=-1)
    path = tmp_path / "frame_1.json"
    path.write_text(json.dumps(write(people, scored)))
    return load(path)


@pytest.mark.parametrize("name", CONTENTS)
def test_fifty_people_stay_fifty(name: str, tmp_path: Path) -> None:
    poses = read(name, tmp_path, 50)
    assert poses.table["person"].to_pylist() == list(range(50))
    np.testing.assert_allclose(poses.keypoints[49], standing(CONTENTS[name][1], 49), rtol=1e-5)


@pytest.mark.parametrize("name", CONTENTS)
def test_nobody_at_all_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found (nobody|no people)"):
        read(name, tmp_path, 0)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("coco_results", "keypoints has 34 numbers, expected x, y, score"),
        ("openpose", "pose_keypoints_2d has 50 numbers"),
        ("mmpose", "frame 0, person 0: has no keypoint_scores"),
    ],
)
def test_scores_left_out_are_asked_for(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(name, tmp_path, 2, scored=False)


def test_mediapipe_without_visibility_counts_all_as_seen(tmp_path: Path) -> None:
    assert (read("mediapipe", tmp_path, 2, scored=False).scores == 1).all()
