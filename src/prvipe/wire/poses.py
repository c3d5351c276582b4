"""Poses, one pose and one recording, as requests give them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.skeleton import COCO13, get_skeleton
from prvipe.wire.arrays import Keypoints, Rows, Scores
from prvipe.wire.base import MOST_POSES, MOST_TEXT, WireModel
from prvipe.wire.values import FieldValue, to_json_value

FieldName = Annotated[str, Field(min_length=1, max_length=256)]
LibraryName = Annotated[str, Field(min_length=1, max_length=256)]
Row = Annotated[int, Field(ge=0, le=2**62)]

_STANDING = [
    [50, 10], [40, 30], [60, 30], [35, 50], [65, 50], [33, 70], [67, 70],
    [43, 70], [57, 70], [42, 100], [58, 100], [41, 130], [59, 130],
]  # fmt: skip
EXAMPLE_POSES: dict[str, Any] = {
    "skeleton": "coco13",
    "keypoints": [[None, *_STANDING[1:]]],
    "scores": [[0, *[0.9] * 12]],
    "fields": {"frame": [7], "time": [0.28]},
}


class PosesBody(WireModel):
    """Poses of one skeleton, with what is known of each."""

    skeleton: str = Field(
        COCO13.name,
        max_length=256,
        description="Name of a built-in skeleton, which says what the joints are.",
    )
    keypoints: Keypoints = Field(
        description="For every pose x, y of every joint: x to the right, y down, in any unit that "
        "is the same on both axes. null for a joint that is not known.",
        examples=[EXAMPLE_POSES["keypoints"]],
    )
    scores: Scores | None = Field(
        None,
        description="How sure the detector is of every joint, 0 to 1; 0 for one that is not known.",
    )
    fields: (
        Annotated[
            dict[FieldName, Annotated[list[FieldValue], Field(max_length=MOST_POSES)]],
            Field(max_length=256),
        ]
        | None
    ) = Field(None, description="One value per pose of every field, such as frame or time (s).")

    @classmethod
    def of(cls, poses: Poses, fields: Collection[str] | None = None) -> PosesBody:
        """Describe 2D poses of a built-in skeleton.

        Args:
            poses: the poses; joints that are not finite travel as not known.
            fields: those that travel; None: all.
        """
        names = [name for name in poses.table.column_names if fields is None or name in fields]
        columns = {
            name: [to_json_value(each) for each in poses.table[name].to_pylist()] for name in names
        }
        return cls(
            skeleton=poses.skeleton.name,
            keypoints=poses.keypoints,
            scores=poses.scores,
            fields=columns or None,
        )

    def to_poses(self) -> Poses:
        """Return what is described.

        Raises:
            InputError: no such skeleton, or another number of joints, scores or values.
        """
        skeleton = get_skeleton(self.skeleton)
        keypoints = self.keypoints
        if len(keypoints) == 0:
            keypoints = np.empty((0, len(skeleton.joints), 2), np.float32)
        scores = (
            self.scores
            if self.scores is None or len(self.scores)
            else np.empty(keypoints.shape[:2], np.float32)
        )
        return Poses(keypoints, scores, skeleton, self.fields)


class EmbeddingsBody(WireModel):
    """Embeddings of a model: a Gaussian per pose."""

    mean: Rows = Field(description="Means, d numbers per pose.")
    std: Rows = Field(description="Standard deviations, likewise.")
    fingerprint: Annotated[str, Field(max_length=64)] | None = Field(
        None,
        description="Of the weights of the model that made them, as /v1/embed says it: embeddings "
        "of another than that of the library are then refused.",
    )


class PoseReference(WireModel):
    """One pose: given, or by its row in a library."""

    poses: PosesBody | None = Field(None, description="One pose.")
    library: LibraryName | None = Field(None, description="Name of a library, and `row`:")
    row: Row | None = Field(None, description="number of a pose in it.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.poses is None) == (self.row is None) or (self.library is None) != (
            self.row is None
        ):
            raise ValueError("give either poses, or library and row")
        return self

    def pose(self) -> Poses:
        """Return the pose that is given.

        Raises:
            InputError: see `PosesBody.to_poses`; or it is not one.
        """
        if self.poses is None:
            raise InputError("expected a pose, got a row of a library")
        return self.poses.to_poses()


class Clip(WireModel):
    """One person through one recording: given, or by its id in a library."""

    poses: PosesBody | None = Field(
        None, description="At most one pose per frame, with the fields frame and time if known."
    )
    library: LibraryName | None = Field(None, description="Name of a library, and `recording`:")
    recording: Annotated[str, Field(max_length=MOST_TEXT)] | None = Field(
        None, description="id of a recording in it."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.poses is None) == (self.recording is None) or (self.library is None) != (
            self.recording is None
        ):
            raise ValueError("give either poses, or library and recording")
        return self
