"""Arrays in JSON: nested lists of numbers, `null` for a joint that is not known.

The lists become an array in a few passes that make no Python object per number. Only where that
fails does pydantic walk through them, number by number, to say which one is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
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

MOST_NUMBERS = 8_000_000
"""Numbers of one array."""

_Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
_Point = Annotated[list[_Number], Field(min_length=2, max_length=2)]
_Place = Annotated[list[_Number], Field(min_length=3, max_length=3)]
_Pose = Annotated[list[_Point | None], Field(min_length=1, max_length=MOST_JOINTS)]
_JointNumbers = Annotated[list[_Number], Field(min_length=1, max_length=MOST_JOINTS)]
_Row = Annotated[list[_Number], Field(min_length=1, max_length=MOST_DIMENSIONS)]

_IRREGULAR = "the rows have different lengths, and all must have one; or there are too many numbers"


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
        return core_schema.no_info_wrap_validator_function(
            self.validate,
            lists,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.serialize, return_schema=lists
            ),
        )

    def validate(self, value: Any, handler: ValidatorFunctionWrapHandler) -> Float32Array:
        """Return nested lists as an array; an array of the right shape stays as it is."""
        if isinstance(value, np.ndarray):
            self._require_array(value)
            return value.astype(np.float32, copy=False)
        array = self._read(value)
        if array is None:
            checked = handler(value)  # which says where the mistake is
            array = self._read(checked)
        if array is None:
            raise PydanticCustomError("irregular_array", _IRREGULAR)
        return array

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

    def _read(self, value: Any) -> Float32Array | None:
        """The array; None if the lists are not what they should be."""
        try:
            return self._read_lists(value)
        except (TypeError, ValueError, OverflowError):
            return None

    def _read_lists(self, value: Sequence[Any]) -> Float32Array | None:
        if not isinstance(value, list):
            return None
        shape, vectors = [len(value)], value
        for _ in self.shape[2:]:
            shape.append(_one_length(vectors))
            vectors = list(chain.from_iterable(vectors))
        missing = None
        if self.gaps and None in vectors:
            missing = np.array([vector is None for vector in vectors])
            gap = [0.0] * (self.shape[-1] or 0)
            vectors = [gap if vector is None else vector for vector in vectors]
        shape.append(_one_length(vectors) if vectors else self.shape[-1] or 0)
        numbers = list(chain.from_iterable(vectors))
        if len(numbers) > MOST_NUMBERS or not {int, float}.issuperset(map(type, numbers)):
            return None
        flat = np.array(numbers, np.float64)
        # Comparisons with NaN are false.
        if not bool((np.abs(flat) <= LARGEST_NUMBER).all()) or not self._fits(shape):
            return None
        array = flat.astype(np.float32).reshape(shape)
        if missing is not None:
            array.reshape(-1, shape[-1])[missing] = np.nan
        return array

    def _fits(self, shape: Sequence[int]) -> bool:
        if shape[0] > MOST_POSES or (len(shape) > 2 and not 0 < shape[1] <= MOST_JOINTS):
            return shape[0] == 0
        return all(own in (None, given) for own, given in zip(self.shape, shape, strict=True))

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


def _one_length(rows: Sequence[Any]) -> int:
    lengths = set(map(len, rows))
    if len(lengths) > 1:
        raise ValueError(_IRREGULAR)
    return lengths.pop() if lengths else 0


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
