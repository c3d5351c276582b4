"""How well a pose can be told from what is seen of it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from prvipe.wire.base import MOST_POSES, WireAnswer, WireModel
from prvipe.wire.poses import EXAMPLE_POSES, LibraryName, PosesBody, Row
from prvipe.wire.trust import TrustBody


class UncertaintyRequest(WireModel):
    """Poses to judge: given, or by their rows in a library."""

    poses: PosesBody | None = Field(None, examples=[EXAMPLE_POSES])
    library: LibraryName | None = None
    rows: Annotated[list[Row], Field(min_length=1, max_length=MOST_POSES)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.poses is None) == (self.rows is None):
            raise ValueError("give either poses, or rows of a library")
        if self.rows is None and self.library is not None:
            raise ValueError("library goes with rows")
        return self


class JointUncertainty(WireAnswer):
    """How well the place of one joint in space can be told."""

    joint: str
    visible: bool = Field(description="Whether it is known in the image.")
    error: float | None = Field(
        description="How far off it is expected to be in space, in torso lengths; null if the "
        "lifting model does not tell."
    )
    ambiguous: bool = Field(description="Whether what is seen leaves its place much open.")


class PoseUncertainty(WireAnswer):
    """How well one pose can be told."""

    trust: TrustBody
    words: str = Field(description="The same in a sentence.")
    joints: list[JointUncertainty]


class UncertaintyAnswer(WireAnswer):
    """One judgement per pose."""

    poses: list[PoseUncertainty]
