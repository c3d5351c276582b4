import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standing_person import standing

from prvipe import load
from prvipe.errors import InputError
from prvipe.skeleton import COCO17


def result(image: Any = 7, scores: Any = 0.8, **changes: Any) -> dict[str, Any]:
    points = np.column_stack([standing(COCO17), np.broadcast_to(scores, 17)])
    person = {"image_id": image, "category_id": 1, "keypoints": points.ravel().tolist()}
    return person | {"score": 0.5} | changes


def write(tmp_path: Path, *people: Any) -> Path:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(people))
    return path


def test_people_are_kept_apart_and_scores_are_kept(tmp_path: Path) -> None:
    scores = np.linspace(0, 1.6, 17)
    poses = load(write(tmp_path, result(7, scores), result(9), result(7, score=None)))
    assert poses.skeleton is COCO17
    np.testing.assert_allclose(poses.scores[0], np.minimum(scores, 1), rtol=1e-6)
    assert np.isnan(poses.keypoints[0, 0]).all()
    np.testing.assert_allclose(poses.keypoints[1], standing(COCO17))
    assert poses.table.drop_columns(["source"]).to_pydict() == {
        "image_id": [7, 9, 7],
        "frame": [7, 9, 7],
        "person": [0, 0, 1],
        "person_score": [0.5, 0.5, None],
    }


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([], "holds no people: the detector found nobody"),
        ([result(), result(keypoints=[1] * 50)], r"person 1 \(image 7\): keypoints has 50 numbers"),
        ([result(), 5], "item 1 is 5; expected a list of people"),
        ([result(), result("b.jpg")], "person 1: image_id is 'b.jpg', those before are numbers"),
        ([result(), result(1.5)], r"person 1 \(image 1.5\): image_id should be"),
        ([result(), result(1 << 63)], "image_id should be the number or name"),
        ([result(score="high")], r"score\[0\] is 'high', no number"),
        ([result(scores=0)], "every score of its 1 people is 0"),
        ([result(scores=-3)], r"person 0 \(image 7\): joint nose has the score -3"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, people: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(write(tmp_path, *people))
    assert str(caught.value).startswith(str(tmp_path / "results.json"))


def test_real_people(shared_data: Path, tmp_path: Path) -> None:
    with np.load(shared_data / "coco" / "coco17_val2017.npz") as file:
        known = (file["wh"] > 0).all(axis=1) & (file["keypoints"][..., 2] > 0).any(axis=1)
        people, images = file["keypoints"][known][:200], file["image_id"][known][:200]
    rows = [
        result(int(image), keypoints=person.ravel().astype(float).tolist())
        for person, image in zip(people, images, strict=True)
    ]
    poses = load(write(tmp_path, *rows))
    expected = load(shared_data / "coco" / "coco17_val2017.npz")[:200]
    np.testing.assert_array_equal(poses.keypoints, expected.keypoints)
    np.testing.assert_array_equal(poses.scores, expected.scores)
    assert poses.table["person"].to_pylist() == expected.table["person"].to_pylist()
