import builtins
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.skeleton import MPII16

PELVIS, LEFT_WRIST = MPII16.index("hip"), MPII16.index("left_wrist")


def make_points(count: int = 3) -> np.ndarray:
    """Joints (count, 16, 2); the first person's left wrist is missing."""
    points = np.random.default_rng(0).uniform(1, 900, (count, 16, 2)).round()
    points[0, LEFT_WRIST] = 0
    return points


def write_h5(folder: Path, **arrays: Any) -> Path:
    path = folder / "valid.h5"
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path


def write_json(folder: Path, content: Any) -> Path:
    path = folder / "mpii.json"
    path.write_text(json.dumps(content))
    return path


NAMES = np.array([b"005808361.jpg", b"052475643.jpg", b"1.jpg"])


@pytest.mark.parametrize("codes", [False, True])
def test_people_of_the_hdf5_file(tmp_path: Path, codes: bool) -> None:
    names = NAMES.view(np.uint8).reshape(3, -1).astype(np.float64) if codes else NAMES
    points = make_points()
    poses = load(write_h5(tmp_path, part=points, imgname=names, scale=[1.5, 2.5, 3.5]))
    assert poses.skeleton is MPII16
    np.testing.assert_array_equal(poses.keypoints[1:], points[1:])
    assert np.isnan(poses.keypoints[0, LEFT_WRIST]).all()
    assert poses.scores[0].sum() == 15
    fields = poses.table.drop_columns(["source"]).to_pydict()
    names = [n.decode() for n in NAMES]
    assert fields == {
        "image": names,
        "frame": [0, 1, 2],
        "person": [0, 0, 0],
        "scale": [1.5, 2.5, 3.5],
    }


def test_points_beyond_the_image_border_are_points(tmp_path: Path) -> None:
    points = make_points()
    points[1, PELVIS], points[2, PELVIS] = [-3, 200], [0, 200]
    poses = load(write_h5(tmp_path, part=points, imgname=NAMES))
    np.testing.assert_array_equal(poses.keypoints[1:, PELVIS], [[-3, 200], [0, 200]])


def test_both_json_layouts(tmp_path: Path) -> None:
    points = make_points()
    first = [
        {
            "joints_vis": [int(x != 0) for x, _ in person],
            "joints": [[-1, -1] if x == 0 else [x, y] for x, y in person.tolist()],
            "image": name.decode(),
            "scale": 2.0,
            "center": [5, 6],
        }
        for person, name in zip(points, NAMES, strict=True)
    ]
    second = [
        {
            "dataset": "MPI",
            "isValidation": 1.0,
            "img_paths": name.decode(),
            "joint_self": [[x, y, float(x != 0)] for x, y in person.tolist()],
            "scale_provided": 2.0,
        }
        for person, name in zip(points, NAMES, strict=True)
    ]
    expected = np.where((points == 0).all(-1)[..., None], np.nan, points)
    for people in (first, second):
        poses = load(write_json(tmp_path, people))
        np.testing.assert_array_equal(poses.keypoints, expected)
        assert poses.table["image"].to_pylist() == [n.decode() for n in NAMES]
        assert poses.table["scale"].to_pylist() == [2, 2, 2]


def test_the_head_is_the_middle_of_the_head(tmp_path: Path) -> None:
    points = make_points()
    mapped = load(write_h5(tmp_path, part=points, imgname=NAMES)).to("coco13")
    ends = points[:, [MPII16.index("head_top"), MPII16.index("upper_neck")]]
    np.testing.assert_allclose(mapped.keypoints[:, 0], ends.mean(axis=1))
    assert mapped.valid().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"imgname": NAMES}, "has no data set part; expected MPII's train.h5 or valid.h5"),
        ({"part": make_points()}, "has no data set imgname"),
        ({"part": np.ones((3, 17, 2)), "imgname": NAMES}, r"\(3, 17, 2\), expected numbers"),
        ({"part": make_points(2), "imgname": NAMES}, r"expected numbers \(3, 16, 2\)"),
    ],
)
def test_hdf5_that_is_something_else_is_refused(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(write_h5(tmp_path, **arrays))
    assert str(caught.value).startswith(str(tmp_path / "valid.h5"))


def test_a_truncated_hdf5_file_is_refused(tmp_path: Path) -> None:
    path = write_h5(tmp_path, part=make_points(), imgname=NAMES)
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(InputError, match="truncated, damaged or no HDF5"):
        load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"joints": [[1, 2]] * 15}], r"person 0: joints has shape \(15, 2\), expected 16"),
        ([{"joints": [[1, 2]] * 16}, {}], "person 1: joints has shape"),
        ([{"joints": [["a", 2]] * 16}], "person 0: joints holds no numbers"),
        ([{"joints": [[1, 2]] * 16}, 5], "is no list of people"),
    ],
)
def test_json_that_is_something_else_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(write_json(tmp_path, content))


def test_a_truncated_json_file_is_refused(tmp_path: Path) -> None:
    path = write_json(tmp_path, [{"joints": [[1, 2]] * 16}])
    path.write_text(path.read_text()[:-10])
    with pytest.raises(InputError, match="truncated or no JSON"):
        load(path)


def test_without_h5py_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_h5(tmp_path, part=make_points(), imgname=NAMES)
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "h5py":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"pip install 'prvipe\[datasets\]'"):
        load(path)


def test_the_real_validation_people(shared_data: Path) -> None:
    poses = load(shared_data / "mpii" / "valid.h5")
    assert len(poses) == 2958
    assert poses.to("coco13").valid().sum() == 2017


def test_real_people_stand_upright_with_left_and_right_in_place(shared_data: Path) -> None:
    poses = load(shared_data / "mpii" / "valid.h5").to("coco13")
    people = poses[poses.valid()]
    place = people.skeleton.index
    head, ankles = people.keypoints[:, place("head")], people.keypoints[:, place("left_ankle")]
    assert (head[:, 1] < ankles[:, 1]).mean() > 0.9
    shoulders = people.keypoints[:, place("left_shoulder")] - people.keypoints[:, 2]
    hips = people.keypoints[:, place("left_hip")] - people.keypoints[:, place("right_hip")]
    assert (np.sign(shoulders[:, 0]) == np.sign(hips[:, 0])).mean() > 0.85


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": None}, "person 1: image is None, expected the name of an image"),
        ({"image": 7}, "person 1: image is 7, expected the name"),
        ({"scale": "tall"}, r"person 1: scale\[0\] is 'tall', no number"),
        ({"scale": [2.0]}, r"person 1: scale\[0\] is \[2.0\], no number"),
    ],
)
def test_a_person_of_no_image_or_scale_is_named(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    people = [{"image": "a.jpg", "scale": 1, "joints": p.tolist()} for p in make_points(2)]
    people[1] |= changes
    with pytest.raises(InputError, match=message):
        load(write_json(tmp_path, people))


def test_joints_divided_by_the_image_size_are_refused(tmp_path: Path) -> None:
    joints = (make_points(1)[0] / 1000).tolist()
    with pytest.raises(InputError, match=r"row 0 .*: all its joints lie within 0 and 1.5"):
        load(write_json(tmp_path, [{"image": "a.jpg", "scale": 1, "joints": joints}]))


def test_h5_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "valid.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("part", (10**9, 16, 2), np.float64, chunks=(1000, 16, 2))
    with pytest.raises(InputError, match=r"valid\.h5: unpacks to 256,000,000,000 bytes"):
        load(path)


def test_want_of_memory_is_no_fault_of_the_h5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError("Unable to allocate 11.1 GiB")

    file = write_h5(tmp_path, part=make_points(), imgname=NAMES)
    monkeypatch.setattr("prvipe.io.mpii.np.asarray", fail)
    with pytest.raises(MemoryError, match=r"11\.1 GiB"):
        load(file)
