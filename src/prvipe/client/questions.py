"""Requests made of what a caller hands over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import ValidationError

from prvipe.errors import InputError
from prvipe.model.inputs import as_poses_of
from prvipe.poses import Poses
from prvipe.wire.base import WireModel
from prvipe.wire.poses import PosesBody

Question = TypeVar("Question", bound=WireModel)

POSES_AT_ONCE = 4_096
"""Poses of one request; more are sent one part after the other."""

NAMING_FIELDS = ("source", "sequence", "camera", "frame")
"""Fields by which messages say which pose is meant."""

MOTION_FIELDS = (*NAMING_FIELDS, "time", "person")
"""Fields that say what of a recording a pose is."""


def question(model: type[Question], /, **values: Any) -> Question:
    """Make a request.

    Raises:
        InputError: it asks for more than any server gives.
    """
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the request"
        raise InputError(f"{place}: {first['msg']}") from error


def describe_poses(poses: Poses, skeleton: str, fields: tuple[str, ...]) -> PosesBody:
    """Describe poses in the skeleton that a model reads, with some of their fields.

    Raises:
        InputError: they are 3D, or have more than a request may.
    """
    own = as_poses_of(skeleton, poses)
    try:
        return PosesBody.of(own, fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"poses.{place}: {first['msg']}") from error


def parts(count: int, at_once: int) -> Iterator[slice]:
    """Yield the parts in which a long list is sent."""
    for start in range(0, count, at_once):
        yield slice(start, min(start + at_once, count))


@contextmanager
def part_of(start: int, stop: int, count: int) -> Iterator[None]:
    """Say in errors which poses of a longer list were sent, as rows are counted from its start."""
    try:
        yield
    except InputError as error:
        if stop - start == count:
            raise
        raise InputError(
            f"poses {start:,} to {stop - 1:,}, counted from {start:,}: {error}"
        ) from error
