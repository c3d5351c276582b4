"""Poses of a library, as they are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from prvipe.index import Hit
from prvipe.wire.arrays import Pose
from prvipe.wire.base import WireAnswer
from prvipe.wire.values import from_json_value, to_json_value


class HitBody(WireAnswer):
    """A pose of a library."""

    row: int = Field(description="Its number in the library, which it keeps.")
    probability: float = Field(description="That it matches the query, by the model.")
    source: str | None = Field(description="File it is from.")
    frame: int | None = Field(description="Number of its frame in the recording.")
    time: float | None = Field(description="Seconds from the start of the recording.")
    person: int | None = Field(description="Which of the people in the frame.")
    fields: dict[str, Any] = Field(
        description="Every column of the library; dates, times and decimals as text, bytes as "
        "base64, durations as microseconds in text."
    )
    keypoints: Pose = Field(description="x, y of every joint of the model's skeleton.")
    image: bool = Field(description="Whether the frame it is from can be shown.")
    pose3d: bool = Field(description="Whether the library has measured 3D of it.")

    @classmethod
    def of(cls, hit: Hit, image: bool = False, pose3d: bool = False) -> HitBody:
        """Describe a hit."""
        return cls(
            row=hit.row,
            probability=hit.probability,
            source=hit.source,
            frame=hit.frame,
            time=to_json_value(hit.time),
            person=hit.person,
            fields={name: to_json_value(value) for name, value in hit.fields.items()},
            keypoints=hit.keypoints,
            image=image,
            pose3d=pose3d,
        )

    def to_hit(self, columns: Mapping[str, str]) -> Hit:
        """Return what is described.

        Args:
            columns: name -> Arrow type of every column of the library.

        Raises:
            InputError: a value is none of its column's type.
        """
        fields = {
            name: from_json_value(value, columns.get(name, "string"))
            for name, value in self.fields.items()
        }
        return Hit.of(self.row, self.probability, fields, self.keypoints)


class PosesOfLibrary(WireAnswer):
    """Poses of a library by their rows; each matches itself with probability 1."""

    poses: list[HitBody]
