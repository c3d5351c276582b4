"""What every motion capture reader returns."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Recording:
    """Motion as a file has it: its own joints, unit and axes.

    Attributes:
        positions (T, J, 3): where each joint (or marker) is in each frame; NaN where it was not
            seen.
        joints: the J names, in the file's spelling.
        fps: frames per second.
        unit: one of `prvipe.poses.world_frame.METRES_PER_UNIT`; None where the format has no place
            to say.
        up: the axis that points up, by the file or else by the custom of its format.
        source: the file.
    """

    positions: npt.NDArray[np.float64]
    joints: tuple[str, ...]
    fps: float
    unit: str | None
    up: str
    source: str
