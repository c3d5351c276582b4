"""AlphaPose's results (``alphapose-results.json``), with COCO's 17, Halpe's 26 or 136 keypoints.

    [{"image_id": "12.jpg", "category_id": 1, "keypoints": [x, y, score, ...], "score": 2.9,
      "box": [x, y, width, height], "idx": 3}, ...]

Of Halpe's 136 the first 26, the body, are read.
"""

from collections.abc import Sequence
from pathlib import Path

from prvipe.io.detected_people import people_as_poses, places_among
from prvipe.io.keypoint_records import Record, first_record, read_records
from prvipe.io.numbered_files import frame_number, recordings_of
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.skeleton import COCO17, HALPE26, Skeleton

SKELETONS = {17: COCO17, 26: HALPE26, 136: HALPE26}
"""Number of keypoints of a model -> the skeleton that is read of them."""

_EXPECTED = 'a list of people with "image_id", "keypoints" (of 17, 26 or 136 joints), "box", "idx"'


@register_loader(
    "AlphaPose",
    suffixes=(".json",),
    expects=_EXPECTED,
    accepts=lambda path: is_alphapose(path),
    unit="pixels",
)
def load_alphapose(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read the people of a file of results.

    Returns:
        `COCO17` or `HALPE26` keypoints in pixels; scores above 1 count as 1. Fields ``image`` (its
        name) and ``frame`` (the number at the end of it; where two images have the same also
        ``sequence``, what stands before it), or ``image_id``, which is ``frame`` too, where images
        are numbered; ``person``: ``idx``, where it tells the people of every image apart, else the
        place among them; ``person_score``.

    Raises:
        InputError: no people, no whole JSON, or a person of other joints or with a number that
            cannot be.
    """
    records = list(read_records(path, SKELETONS, _EXPECTED))
    in_file = records[0].skeleton if records else COCO17
    if records:
        agreed_skeleton(skeleton, in_file)
    images = [record.image for record in records]
    columns: dict[str, Sequence[int | str | float | None]] = {}
    if all(isinstance(image, int) for image in images):
        columns["image_id"] = columns["frame"] = images
    else:
        names = [str(image) for image in images]
        columns["image"] = names
        columns["frame"] = [frame_number(Path(name).stem) for name in names]
        if recordings := recordings_of(names):
            columns["sequence"] = recordings
    columns["person"] = _people(records)
    columns["person_score"] = [record.score for record in records]
    return people_as_poses([record.found for record in records], in_file, columns)


def _people(records: Sequence[Record]) -> list[int | None]:
    # Without tracking everyone has the same idx, or none.
    tracks = [(record.image, record.track) for record in records]
    if len(set(tracks)) == len(tracks) and all(track is not None for _, track in tracks):
        return [record.track for record in records]
    return list(places_among(record.image for record in records))


def is_alphapose(path: Path) -> bool:
    """Whether a JSON file lists people as AlphaPose does, which COCO's results do not.

    Raises:
        InputError: the file is missing, empty or not in UTF-8.
    """
    record = first_record(path)
    if record is None:
        return False
    keypoints = record["keypoints"]
    return (
        isinstance(record["image_id"], str)
        or not {"box", "idx"}.isdisjoint(record)
        or (isinstance(keypoints, list) and len(keypoints) in (3 * 26, 3 * 136))
    )
