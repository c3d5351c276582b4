"""Results in COCO's format (cocodataset.org, "Results Format"), as many detectors write them.

    [{"image_id": 42, "category_id": 1, "keypoints": [x, y, score, ...], "score": 0.98}, ...]

The third number of a joint is taken as its score.
"""

from pathlib import Path

from prvipe.errors import InputError
from prvipe.io.alphapose import is_alphapose
from prvipe.io.detected_people import people_as_poses, places_among
from prvipe.io.json_items import first_items
from prvipe.io.keypoint_records import first_record, read_records
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.skeleton import COCO17, Skeleton

_EXPECTED = 'a list of people with "image_id" (a number), "keypoints" (51 numbers) and "score"'


@register_loader(
    "COCO results",
    suffixes=(".json",),
    expects=_EXPECTED,
    accepts=lambda path: _is_coco_results(path),
    unit="pixels",
)
def load_coco_results(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read the people of a file of results.

    Returns:
        `COCO17` keypoints in pixels; fields ``image_id`` and ``frame`` (both the image's number),
        ``person`` (place among those of the same image, from 0) and ``person_score`` (the score of
        the whole person).

    Raises:
        InputError: no people, no whole JSON, or a person of other than 17 joints or with a number
            that cannot be.
    """
    agreed_skeleton(skeleton, COCO17)
    people, images, scores = [], [], []
    for row, record in enumerate(read_records(path, {len(COCO17.joints): COCO17}, _EXPECTED)):
        if isinstance(record.image, str):
            raise InputError(
                f"person {row}: image_id is {record.image!r}, those before are numbers"
            )
        people.append(record.found)
        images.append(record.image)
        scores.append(record.score)
    people_in_image = places_among(images)
    fields = {"image_id": images, "frame": images, "person": people_in_image}
    return people_as_poses(people, COCO17, {**fields, "person_score": scores})


def _is_coco_results(path: Path) -> bool:
    if first_record(path):
        return not is_alphapose(path)
    # An empty list has no people to tell formats apart by; the loader says so.
    return _is_empty_list(path)


def _is_empty_list(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(64).decode("utf-8", errors="replace")
    return "".join(start.split()).startswith("[]") and not first_items(path)
