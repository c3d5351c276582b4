import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.io.coco import read_coco_json, read_coco_npz
from prvipe.poses.fields import rows_left_out
from prvipe.skeleton import COCO17

NOSE, LEFT_EYE, RIGHT_ANKLE = 0, 1, 16


def make_people(count: int = 3) -> np.ndarray:
    """Keypoints (count, 17, 3), all visible but the left eye, which is not labelled."""
    rng = np.random.default_rng(0)
    people = rng.uniform(1, 400, (count, 17, 3)).round(1)
    people[..., 2] = 2
    people[:, LEFT_EYE] = 0
    people[:, RIGHT_ANKLE, 2] = 1
    return people


def make_content(people: np.ndarray, **changes: Any) -> dict[str, Any]:
    annotations = [
        {
            "segmentation": [[1.0, 2.0, 3.0]],
            "num_keypoints": int((person[:, 2] > 0).sum()),
            "iscrowd": 0,
            "keypoints": person.ravel().tolist(),
            "image_id": 500 + number % 2,
            "bbox": [10.0, 20.0, 30.0 + number, 40.0],
            "category_id": 1,
            "id": 9000 + number,
        }
        for number, person in enumerate(people)
    ]
    person = {"id": 1, "name": "person", "supercategory": "person"}
    return {
        "info": {"description": "made up"},
        "licenses": [],
        "images": [
            {"id": 500, "width": 640, "height": 480, "file_name": "000000000500.jpg"},
            {"id": 501, "width": 427, "height": 640, "file_name": "000000000501.jpg"},
        ],
        "annotations": annotations,
        "categories": [person | {"keypoints": list(COCO17.joints), "skeleton": [[16, 14]]}],
    } | changes


@pytest.fixture
def write_json(tmp_path: Path) -> Any:
    def write(content: Any) -> Path:
        path = tmp_path / "person_keypoints_made2017.json"
        path.write_text(json.dumps(content))
        return path

    return write


def test_people_of_the_official_file(write_json: Any) -> None:
    people = make_people()
    poses = load(write_json(make_content(people)))
    assert poses.skeleton is COCO17
    known = people[..., 2] > 0
    np.testing.assert_allclose(poses.keypoints[known], people[known][:, :2], rtol=1e-6)
    assert np.isnan(poses.keypoints[:, LEFT_EYE]).all()
    np.testing.assert_array_equal(poses.scores, known)
    assert poses.to("coco13").valid().all()
    assert poses.table.drop_columns(["source"]).to_pylist()[1] == {
        "image_id": 501,
        "frame": 501,
        "person": 0,
        "width": 427,
        "height": 640,
        "bbox": [10, 20, 31, 40],
        "annotation": 1,
    }


def test_annotations_without_a_joint_are_left_out_and_counted(write_json: Any) -> None:
    people = make_people(4)
    people[[0, 2]] = 0
    read = read_coco_json(write_json(make_content(people)))
    assert read.dropped == 2
    assert read.poses.table["annotation"].to_pylist() == [1, 3]


def test_how_many_are_left_out_is_noted_until_the_rest_is_saved(
    write_json: Any, tmp_path: Path
) -> None:
    people = make_people(4)
    people[[0, 2]] = 0
    poses = load(write_json(make_content(people))).to("coco13")[:1]
    assert rows_left_out(poses.table) == 2
    poses.save(tmp_path / "one.parquet")
    assert rows_left_out(load(tmp_path / "one.parquet").table) == 0


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in make_content(make_people()).items() if k != key}


def changed(**changes: Any) -> dict[str, Any]:
    content = make_content(make_people())
    content["annotations"][1] |= changes
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (without("annotations"), "has no annotations; expected COCO's person_keypoints"),
        (without("images"), "has no images"),
        (make_content(make_people(), categories=[{"name": "dog"}]), "holds boxes or captions"),
        (
            make_content(make_people(), categories=[{"keypoints": ["nose", "tail"]}]),
            "its keypoints are nose, tail; expected nose, left_eye",
        ),
        (make_content(make_people(), annotations=[]), "has no annotations; expected"),
        (make_content(0 * make_people()), "none of its 3 rows has a labelled joint"),
        (
            changed(keypoints=[1, 2, 2]),
            r"annotation 1 \(id 9001\): keypoints must be 51 numbers, not 3",
        ),
        (changed(image_id=502), r"annotation 1 \(id 9001\): is of image 502, which images"),
        (
            changed(keypoints=[1, 2, 2, "5px"] + [1] * 47),
            r"annotation 1 \(id 9001\): keypoints\[3\] is '5px', no number",
        ),
        (changed(keypoints=None), "keypoints must be 51 numbers, not None"),
        (changed(bbox=[1, None, 3, 4]), r"\(id 9001\): bbox\[1\] is None, no number"),
        (changed(keypoints=[5] * 51), "row 1, joint nose has visibility 5; COCO's are 0, 1 and 2"),
    ],
)
def test_files_that_are_something_else_are_refused(
    write_json: Any, content: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(write_json(content))
    assert "person_keypoints_made2017.json: " in str(caught.value)


def test_a_truncated_file_is_refused(write_json: Any) -> None:
    path = write_json(make_content(make_people()))
    path.write_text(path.read_text()[:-200])
    with pytest.raises(InputError, match="truncated or no JSON"):
        load(path)


def test_other_json_lists_what_is_known(write_json: Any) -> None:
    with pytest.raises(InputError, match=r"no known content .* expected one of: .*COCO people"):
        load(write_json({"version": 1.3, "shapes": []}))


def make_arrays(**changes: Any) -> dict[str, Any]:
    return {
        "keypoints": make_people().astype(np.float32),
        "wh": np.array([[640, 480], [0, 0], [427, 640]], np.int16),
        "image_id": np.array([500, 501, 502]),
        "bbox_cxcywh": np.array([[30, 40, 20, 10]] * 3, np.float32),
    } | changes


def test_rows_of_unknown_images_are_left_out_and_counted(write_npz: Any) -> None:
    path = write_npz(**make_arrays())
    read = read_coco_npz(path)
    assert read.dropped == 1
    assert read.poses.table["annotation"].to_pylist() == [0, 2]
    assert read.poses.table["bbox"].to_pylist() == [[20, 35, 20, 10]] * 2
    np.testing.assert_array_equal(load(path).keypoints, read.poses.keypoints)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"keypoints": np.ones((3, 13, 3))},
            r"keypoints is float64 \(3, 13, 3\), expected",
        ),
        ({"wh": np.ones(3)}, r"wh is float64 \(3,\), expected numbers \(3, 2\)"),
        ({"wh": np.zeros((3, 2))}, "none of its 3 rows has a labelled joint in a known image"),
        ({"bbox_cxcywh": np.ones((3, 2))}, r"bbox_cxcywh is float64 \(3, 2\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    write_npz: Any, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load(write_npz(**make_arrays(**changes)))


def test_another_skeleton_is_refused(write_npz: Any) -> None:
    with pytest.raises(InputError, match="its poses are coco17, not coco13"):
        load(write_npz(**make_arrays()), "coco13")


def test_the_real_validation_people(shared_data: Path, tmp_path: Path) -> None:
    read = read_coco_npz(shared_data / "coco" / "coco17_val2017.npz")
    assert (len(read.poses), read.dropped) == (5349, 1003)
    np.testing.assert_array_equal(np.isnan(read.poses.keypoints[..., 0]), read.poses.scores == 0)
    people = read.poses.to("coco13")
    assert people.valid().sum() == 1111
    people[people.valid()].save(tmp_path / "people.parquet")
    assert len(load(tmp_path / "people.parquet")) == 1111


def test_real_boxes_hold_their_people(shared_data: Path) -> None:
    poses = read_coco_npz(shared_data / "coco" / "coco17_val2017.npz").poses
    x, y, width, height = np.array(poses.table["bbox"].to_pylist()).T
    corner, size = np.stack([x, y], axis=-1)[:, None], np.stack([width, height], axis=-1)[:, None]
    with np.errstate(invalid="ignore"):
        outside = np.abs(poses.keypoints - corner - size / 2) > size / 2 + 2
    inside = ~outside.any(axis=-1)
    assert inside[poses.scores > 0].mean() > 0.95
