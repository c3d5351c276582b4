"""What a server has: its libraries and the recordings in them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import Field

from prvipe.index import PoseIndex
from prvipe.index.facets import Facet
from prvipe.index.recordings import Recording
from prvipe.wire.arrays import Keypoints
from prvipe.wire.base import WireAnswer
from prvipe.wire.values import from_json_value, to_json_value


class MatchingBody(WireAnswer):
    """The sigmoid that makes a matching probability of a distance between embeddings."""

    a: float = Field(description="Slope.")
    b: float = Field(description="Offset.")


class LibraryBody(WireAnswer):
    """A library of poses."""

    name: str
    poses: int = Field(description="How many it has.")
    model: str = Field(description="Name of the model that embedded them.")
    fingerprint: str = Field(description="Of that model's weights.")
    dimension: int = Field(description="Of the model's embeddings.")
    matching: MatchingBody = Field(description="The model's matching probability.")
    reads_scores: bool = Field(
        description="Whether the model reads scores and takes poses with missing joints."
    )
    skeleton: str = Field(description="Of the keypoints that it reads and answers have.")
    columns: dict[str, str] = Field(description="Arrow type of every column, by its name.")
    generation: int = Field(description="Counts the changes of the library.")
    sources: int = Field(description="How many files its poses are from.")
    has_images: bool = Field(description="Whether frames can be shown.")
    has_3d: bool = Field(description="Whether it has measured 3D.")

    @classmethod
    def of(
        cls,
        name: str,
        index: PoseIndex,
        generation: int,
        *,
        has_images: bool = False,
        has_3d: bool = False,
        **more: Any,
    ) -> Self:
        """Describe a library; `more` is what models made of this one have besides."""
        model = index.model
        return cls(
            name=name,
            poses=len(index),
            model=model.name,
            fingerprint=model.fingerprint,
            dimension=model.dimension,
            matching=MatchingBody(a=float(model.matching.a), b=float(model.matching.b)),
            reads_scores=model.embedder.reads_scores,
            skeleton=model.skeleton.name,
            columns=index.columns,
            generation=generation,
            sources=len(index.sources()),
            has_images=has_images,
            has_3d=has_3d,
            **more,
        )


class LibrariesAnswer(WireAnswer):
    """All libraries, the first of which gives the model to embed by."""

    libraries: list[LibraryBody]


class ValueCount(WireAnswer):
    """A value of a column, and how many poses have it."""

    value: Any = Field(description="Text, number or truth value.")
    count: int


class FacetBody(WireAnswer):
    """What can be chosen in a column: a value, or a part of a range."""

    values: list[ValueCount] | None = Field(None, description="The most frequent values.")
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Smallest and largest number."
    )
    unknown: int = Field(0, description="Poses of which it is not known.")
    more: int = Field(0, description="Values that are not listed.")

    @classmethod
    def of(cls, facet: Facet) -> FacetBody:
        """Describe the values of a column."""
        values = [
            ValueCount(value=to_json_value(value), count=count) for value, count in facet.values
        ]
        limits = None if facet.range is None else [to_json_value(each) for each in facet.range]
        return cls(
            values=None if limits is not None else values,
            range=limits,
            unknown=facet.unknown,
            more=facet.more,
        )

    def to_facet(self, kind: str) -> Facet:
        """Return what is described; `kind` is the Arrow type of the column.

        Raises:
            InputError: a value is none of this type.
        """
        values = tuple(
            (from_json_value(each.value, kind), each.count) for each in self.values or ()
        )
        limits = None if self.range is None else (self.range[0], self.range[1])
        return Facet(values, limits, self.unknown, self.more)


class LibraryAnswer(LibraryBody):
    """A library and what can be chosen in its columns."""

    facets: dict[str, FacetBody]


class RecordingBody(WireAnswer):
    """One person in one recording of a library."""

    id: str = Field(description="Names it for as long as the library does not change.")
    source: str | None
    sequence: str | None = Field(description="Name of the motion.")
    camera: str | None
    person: int | None
    poses: int = Field(description="How many the library has of it.")
    first_time: float | None
    last_time: float | None
    first_frame: int | None
    last_frame: int | None

    @classmethod
    def of(cls, recording: Recording) -> RecordingBody:
        """Describe a recording."""
        return cls(**asdict(recording))

    def to_recording(self) -> Recording:
        """Return what is described."""
        return Recording(**self.model_dump())


class RecordingsAnswer(WireAnswer):
    """All recordings of a library."""

    recordings: list[RecordingBody]


class RecordingPoses(WireAnswer):
    """The poses of a recording in the order of its frames."""

    rows: list[int]
    frames: list[int | None]
    times: list[float | None]
    keypoints: Keypoints
    width: int | None = Field(description="Of the frames, in pixels, if known.")
    height: int | None
