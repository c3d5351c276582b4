"""Files read by the server."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prvipe.wire.base import WireAnswer
from prvipe.wire.poses import PosesBody


class ReadAnswer(WireAnswer):
    """The people in an image, a video or a keypoint file; nothing of it is kept."""

    kind: Literal["image", "video", "keypoints"]
    poses: PosesBody = Field(
        description="Everybody in every frame, in coco13, with source, frame and time."
    )
    suggested: int | None = Field(description="Row of the pose most likely meant; null if none.")
    notes: list[str] = Field(description="What is doubtful, such as sides exchanged.")
