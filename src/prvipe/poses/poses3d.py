"""Recorded motion in 3D, ready to become a benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.poses.arrays import BoolArray, Float32Array, IntArray
from prvipe.poses.validity import describe_invalid, finite_joints
from prvipe.poses.world_frame import require_metres, require_z_up
from prvipe.skeleton import H36M17

_TYPES = {
    "positions": ("fiu", np.float32),
    "sequence": ("iu", np.int32),
    "frame": ("iu", np.int64),
    "sequence_names": ("U", np.str_),
    "subject": ("U", np.str_),
    "activity": ("U", np.str_),
    "fps": ("fiu", np.float32),
}


@dataclass(frozen=True, eq=False)
class Poses3D:
    """N poses of h36m17 from S recordings, in metres in a right-handed world with z up.

    Args:
        positions (N, 17, 3): float32, joints in the order of h36m17.
        sequence (N,): int32, which recording each pose is from: an index into the four tables.
        frame (N,): int64, number of the frame in its recording, counted at the recording's rate.
        sequence_names (S,): what each recording is called.
        subject (S,): who was recorded.
        activity (S,): what they did.
        fps (S,): float32, frames per second of each recording.
        source: what to call all of it in messages.
        z_is_up: the caller vouches that z is up, even if people seem to stand along another axis
            because they lie on the floor throughout.

    Arrays are converted to these types and otherwise not copied.

    Raises:
        InputError: shapes that disagree, something that is no finite number, lengths that are not
            in metres, people who stand along x or y (see `prvipe.poses.world_frame`).
    """

    positions: Float32Array
    sequence: npt.NDArray[np.int32]
    frame: npt.NDArray[np.int64]
    sequence_names: npt.NDArray[np.str_]
    subject: npt.NDArray[np.str_]
    activity: npt.NDArray[np.str_]
    fps: Float32Array
    source: str = "poses"
    z_is_up: bool = False

    def __post_init__(self) -> None:
        """Convert the arrays and check them (see the class)."""
        with errors_naming(self.source):
            self._convert()
            self._check_shapes()
            self._check_values()
            require_metres(self.positions, self.sequence, self.sequence_names)
            if not self.z_is_up:
                require_z_up(self.positions, self.sequence, self.sequence_names)

    def __len__(self) -> int:
        """Count the poses."""
        return len(self.positions)

    def __repr__(self) -> str:
        return f"Poses3D({len(self)} poses, {len(self.sequence_names)} recordings, {self.source!r})"

    def select(self, rows: slice | IntArray | BoolArray) -> "Poses3D":
        """Return some of the poses, with all the tables.

        Args:
            rows: a slice, row numbers or a mask (N,).

        Raises:
            InputError: no rows are left.
        """
        return replace(
            self,
            positions=self.positions[rows],
            sequence=self.sequence[rows],
            frame=self.frame[rows],
            # Judged as whole recordings before; a part may well lie on the floor.
            z_is_up=True,
        )

    @classmethod
    def concatenate(cls, parts: Sequence["Poses3D"]) -> "Poses3D":
        """Return the poses of all parts, one after the other, and all their recordings.

        Raises:
            InputError: there are no parts.
        """
        if not parts:
            raise InputError("cannot concatenate 3D poses: there are none")
        counts = [len(part.sequence_names) for part in parts]
        firsts = np.cumsum([0, *counts[:-1]])
        sources = list(dict.fromkeys(part.source for part in parts))
        return cls(
            positions=np.concatenate([part.positions for part in parts]),
            sequence=np.concatenate(
                [part.sequence + first for part, first in zip(parts, firsts, strict=True)]
            ),
            frame=np.concatenate([part.frame for part in parts]),
            sequence_names=np.concatenate([part.sequence_names for part in parts]),
            subject=np.concatenate([part.subject for part in parts]),
            activity=np.concatenate([part.activity for part in parts]),
            fps=np.concatenate([part.fps for part in parts]),
            source=sources[0] if len(sources) == 1 else f"{sources[0]} and {len(sources) - 1} more",
            z_is_up=True,  # each part was judged or vouched for when it was made
        )

    def _convert(self) -> None:
        for name, (accepted, kind) in _TYPES.items():
            array = np.asarray(getattr(self, name))
            if array.dtype.kind not in accepted:
                wanted = {"iu": "whole numbers", "U": "text"}.get(accepted, "numbers")
                raise InputError(f"{name}: expected {wanted}, got an array of {array.dtype}")
            object.__setattr__(self, name, array.astype(kind, copy=False))

    def _check_shapes(self) -> None:
        poses, recordings = self.positions.shape[:1], self.sequence_names.shape[:1]
        if 0 in poses:
            raise InputError("holds no poses")
        tables = ("sequence_names", "subject", "activity", "fps")
        expected = {
            "positions": (*poses, len(H36M17.joints), 3),
            "sequence": poses,
            "frame": poses,
            **dict.fromkeys(tables, recordings),
        }
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise InputError(f"{name}: expected an array {shape}, got {found}")

    def _check_values(self) -> None:
        finite = finite_joints(self.positions).all(axis=1)
        numbers = self.sequence
        if numbers.min() < 0 or numbers.max() >= len(self.sequence_names):
            raise InputError(
                f"sequence: numbers from {numbers.min()} to {numbers.max()}, but there are "
                f"{len(self.sequence_names)} recordings, counted from 0"
            )
        if not finite.all():
            row = int(np.argmin(finite))
            raise InputError(
                f"row {row} (recording {self.sequence_names[numbers[row]]}, frame "
                f"{self.frame[row]}): {describe_invalid(self.positions[row], H36M17)}; leave such "
                "rows out"
            )
        if not (np.isfinite(self.fps) & (self.fps > 0)).all():
            wrong = int(np.argmin(np.isfinite(self.fps) & (self.fps > 0)))
            raise InputError(
                f"fps: recording {self.sequence_names[wrong]} has {self.fps[wrong]} frames per "
                "second; name its frame rate"
            )
