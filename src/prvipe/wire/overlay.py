"""Two poses in space, one laid over the other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from prvipe.wire.arrays import Body
from prvipe.wire.base import WireAnswer, WireModel
from prvipe.wire.poses import LibraryName, PoseReference, Row

Edge = Annotated[list[int], Field(min_length=2, max_length=2)]


class OverlayRequest(WireModel):
    """A pose of a library and the query to lay it over."""

    library: LibraryName | None = Field(
        None, description="Name of the library; may be left out where there is only one."
    )
    row: Row
    query: PoseReference


class OverlayAnswer(WireAnswer):
    """Both poses in space, the hit aligned to the query."""

    skeleton: str
    edges: list[Edge] = Field(description="Pairs of joints that bones connect, by their numbers.")
    query: Body = Field(description="x, y, z of every joint, in torso lengths.")
    query_estimated: bool = Field(
        description="Whether the query's joints are estimated from its keypoints, not measured."
    )
    hit: Body = Field(description="Likewise, laid over the query as well as possible.")
    hit_estimated: bool = Field(description="As query_estimated.")
    np_mpjpe: float = Field(description="Mean distance of the joints after normalisation.")
    distances: list[float] = Field(description="Distance of each joint, in torso lengths.")
