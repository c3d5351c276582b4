"""MediaPipe's 33 pose landmarks, however they are saved.

MediaPipe itself writes no files; `prvipe.io.mediapipe_json` and `prvipe.io.mediapipe_csv` read what
programs commonly save. Coordinates are divided by the width and height of the image. The score is
MediaPipe's ``visibility``, 1 where there is none. As in `prvipe.detection.MediaPipeDetector`, what
MediaPipe merely guesses is missing: joints outside the image, and those of little visibility. z, a
guess of the depth, is left out: these poses are 2D.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from prvipe.detection.mediapipe_pose import seen_landmarks
from prvipe.errors import InputError
from prvipe.io.detected_people import check_people
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import MEDIAPIPE33

FARTHEST = 10.0
"""Landmarks outside of the image are guesses, but never this many image sizes away."""


def landmarks_in_pixels(
    found: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    describe: Callable[[int], str],
    remedy: str,
) -> Float32Array:
    """Return x, y and score (N, 33, 3) in pixels; guesses are missing (`seen_landmarks`).

    Args:
        found (N, 33, 3): x and y divided by the image size, and visibility.
        sizes (N, 2): width and height of the images in pixels.
        describe: names a person by the row.
        remedy: what to do if coordinates are pixels already.

    Raises:
        InputError: naming the first joint that cannot be, or that is in pixels.
    """
    people = check_people(found, MEDIAPIPE33.joints, describe)
    beyond = np.argwhere((np.abs(people[..., :2]) > FARTHEST).any(axis=-1))
    if len(beyond):
        row, joint = beyond[0]
        x, y, _ = found[row, joint]
        raise InputError(
            f"{describe(int(row))}: joint {MEDIAPIPE33.joints[joint]} is at x {x:g}, y {y:g}, "
            f"pixels it seems; MediaPipe's landmarks are divided by the image size. {remedy}"
        )
    people[~seen_landmarks(people)] = (np.nan, np.nan, 0)
    people[..., :2] *= sizes[:, None].astype(np.float32)
    return people
