"""What a worker found in an upload, on its way to the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.poses.validity import finite_joints
from prvipe.service.decoding.messages import MOST_NOTE, Message
from prvipe.skeleton import BUILT_IN, get_skeleton

Kind = Literal["image", "video", "keypoints"]
KINDS = ("image", "video", "keypoints")

_LONGEST_TEXT = 300
_MOST_FIELDS = 64


@dataclass(frozen=True, eq=False)
class ReadUpload:
    """Poses of an upload.

    Attributes:
        kind: what was uploaded.
        poses: 2D, at least one, with the fields that it has; in a built-in skeleton.
        suggested: row of the largest person, who is probably meant.
        notes: what its reader should know, in sentences.
    """

    kind: Kind
    poses: Poses
    suggested: int
    notes: tuple[str, ...]

    def as_message(self) -> Message:
        """For the server, without fields that hold several values; of large ones a note says so."""
        table = self.poses.table
        single = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
        fields = {name: _values(table[name]) for name in single}
        small = dict(list(fields.items())[:_MOST_FIELDS])
        while sum(map(_size, small.values())) > MOST_NOTE // 2:
            small.popitem()
        left = [name for name in fields if name not in small]
        about = [f"fields left out, as they are too large: {', '.join(left)[:200]}"] if left else []
        note = {
            "kind": self.kind,
            "skeleton": self.poses.skeleton.name,
            "poses": len(self.poses),
            "fields": small,
            "suggested": self.suggested,
            "notes": [*self.notes, *about],
        }
        arrays = (self.poses.keypoints, self.poses.scores)
        return Message(note, b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays))

    @classmethod
    def from_message(cls, message: Message) -> ReadUpload:
        """Check what a worker sent.

        Raises:
            ValueError: it is not what `as_message` makes.
        """
        try:
            return _checked(message.note, message.body)
        except (InputError, LookupError, TypeError, OverflowError, pa.ArrowException) as error:
            raise ValueError(f"an upload read as nonsense: {error!r:.200}") from error


def largest(poses: Poses) -> int:
    """Row of the person who takes most room, less so the fewer joints are known."""
    seen = poses.to("coco13")
    known = finite_joints(seen.keypoints)
    low = np.where(known[..., None], seen.keypoints, np.inf).min(axis=1)
    high = np.where(known[..., None], seen.keypoints, -np.inf).max(axis=1)
    extent = np.where(known.any(axis=1), np.hypot(*(high - low).T), 0)
    return int(np.argmax(extent * known.mean(axis=1)))


def _checked(note: dict[str, Any], body: bytes) -> ReadUpload:
    count, suggested, notes, kind = note["poses"], note["suggested"], note["notes"], note["kind"]
    columns = note["fields"]
    if not isinstance(columns, dict) or not isinstance(notes, list):
        raise ValueError("an upload without fields or notes")
    skeleton = get_skeleton(str(note["skeleton"]))
    if skeleton not in BUILT_IN.values() or kind not in KINDS:
        raise ValueError("an upload of no known kind or skeleton")
    if type(count) is not int or type(suggested) is not int or not 0 <= suggested < count:
        raise ValueError("an upload that suggests nobody who is in it")
    joints = len(skeleton.joints)
    if len(body) != 4 * 3 * count * joints or np.isinf(values := np.frombuffer(body, "<f4")).any():
        raise ValueError("an upload with too many, too few or infinite coordinates")
    keypoints, scores = np.split(values, [2 * count * joints])
    fields = {str(name): pa.array(column) for name, column in columns.items()}
    poses = Poses(
        keypoints.reshape(count, joints, 2), scores.reshape(count, joints), skeleton, fields
    )
    return ReadUpload(kind, poses, suggested, tuple(str(each)[:1000] for each in notes[:20]))


def _values(column: pa.ChunkedArray) -> list[Any]:
    """A column as JSON has it: numbers, short texts, true, false and null."""
    return [_plain(value) for value in column.to_pylist()]


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return str(value)[:_LONGEST_TEXT]


def _size(values: list[Any]) -> int:
    return sum(4 * len(value) if isinstance(value, str) else 24 for value in values)
