"""Arrays in JSON: nested lists of numbers, `null` for a joint that is not known.

pydantic checks the lists while it reads the JSON, and says which number is wrong; then they become
an array. From Python an array may be given as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, GetCoreSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from prvipe.poses.arrays import Float32Array
from prvipe.wire.base import MOST_DIMENSIONS, MOST_POSES

LARGEST_NUMBER = 3e38
"""What still is a float32; larger coordinates need another unit."""

MOST_JOINTS = 256
"""Joints of a skeleton."""

_Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
_Point = Annotated[list[_Number], Field(min_length=2, max_length=2)]
_Place = Annotated[list[_Number], Field(min_length=3, max_length=3)]
_Pose = Annotated[list[_Point | None], Field(min_length=1, max_length=MOST_JOINTS)]
_JointNumbers = Annotated[list[_Number], Field(min_length=1, max_length=MOST_JOINTS)]
_Row = Annotated[list[_Number], Field(min_length=1, max_length=MOST_DIMENSIONS)]


@dataclass(frozen=True)
class NestedLists:
    """How an array lies in JSON.

    Attributes:
        lists: type of the nested lists, from which the schema is made.
        shape: length of each axis; None: any.
        gaps: whether the innermost lists may be `null`, which is NaN in the array.
    """

    lists: Any
    shape: tuple[int | None, ...]
    gaps: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        lists = handler.generate_schema(self.lists)
        return core_schema.json_or_python_schema(
            # A wrapper would make Python objects of all JSON before it is checked.
            core_schema.no_info_after_validator_function(self._to_array, lists),
            core_schema.no_info_wrap_validator_function(self._take, lists),
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.serialize, return_schema=lists
            ),
        )

    def serialize(self, array: Float32Array) -> list[Any]:
        """Return an array as nested lists."""
        if not self.gaps or np.isfinite(array).all():
            lists: list[Any] = array.tolist()
            return lists
        vectors = array.reshape(-1, array.shape[-1])
        known = np.isfinite(vectors).all(axis=1).tolist()
        leaves = [v if k else None for v, k in zip(vectors.tolist(), known, strict=True)]
        for width in reversed(array.shape[1:-1]):
            leaves = [leaves[start : start + width] for start in range(0, len(leaves), width)]
        return leaves

    def _take(self, value: Any, handler: ValidatorFunctionWrapHandler) -> Float32Array:
        """Take an array as it is, and lists as those in JSON."""
        if isinstance(value, np.ndarray):
            self._require_array(value)
            return value.astype(np.float32, copy=False)
        return self._to_array(handler(value))

    def _to_array(self, lists: list[Any]) -> Float32Array:
        if not lists:
            return np.empty([length or 0 for length in (0, *self.shape[1:])], np.float32)
        try:
            return np.array(self._without_gaps(lists), np.float32)
        except ValueError as error:
            raise PydanticCustomError(
                "irregular_array", "the rows have different lengths, and all must have one"
            ) from error

    def _without_gaps(self, lists: list[Any]) -> list[Any]:
        if not self.gaps:
            return lists
        gap = [np.nan] * (self.shape[-1] or 0)
        if len(self.shape) == 2:
            return [gap if vector is None else vector for vector in lists]
        return [[gap if vector is None else vector for vector in row] for row in lists]

    def _require_array(self, array: npt.NDArray[Any]) -> None:
        if array.dtype.kind != "f" or array.ndim != len(self.shape):
            raise PydanticCustomError(
                "wrong_array",
                "expected an array of {dimensions} axes",
                {"dimensions": len(self.shape)},
            )
        if len(array) > MOST_POSES:
            raise PydanticCustomError(
                "long_array",
                "{length} rows, more than {most}",
                {"length": len(array), "most": MOST_POSES},
            )
        if not self.gaps and not np.isfinite(array).all():
            raise PydanticCustomError("infinite_array", "NaN or infinite")


Keypoints = Annotated[
    Float32Array,
    NestedLists(Annotated[list[_Pose], Field(max_length=MOST_POSES)], (None, None, 2), True),
]
"""(N, J, 2): x, y of every joint, `null` for one that is not known."""

Pose = Annotated[Float32Array, NestedLists(_Pose, (None, 2), True)]
"""(J, 2): x, y of every joint, `null` for one that is not known."""

Scores = Annotated[
    Float32Array,
    NestedLists(Annotated[list[_JointNumbers], Field(max_length=MOST_POSES)], (None, None)),
]
"""(N, J): how sure the detector is of every joint."""

Rows = Annotated[
    Float32Array, NestedLists(Annotated[list[_Row], Field(max_length=MOST_POSES)], (None, None))
]
"""(N, d): a row of numbers per pose, such as the means of its embedding."""

Body = Annotated[
    Float32Array,
    NestedLists(Annotated[list[_Place], Field(max_length=MOST_JOINTS)], (None, 3)),
]
"""(J, 3): x, y, z of every joint."""
