"""MediaPipe's pose landmarks (BlazePose), whose weights come with the package: no network needed.

In videos it looks for the person near where it was in the frame before. On the four recordings of
Pose2Sim's demonstration that agrees with OpenPose as well as looking at every frame by itself, with
a third less jitter; its smoothing filter, which makes fast motion lag, is off.
"""

from __future__ import annotations

import weakref
from typing import Any, Final

import numpy as np

from prvipe.detection.detector import Image, People, nobody
from prvipe.detection.extras import import_extra
from prvipe.detection.quiet import native_messages_held
from prvipe.errors import InputError
from prvipe.poses.arrays import BoolArray, Float32Array
from prvipe.skeleton import get_skeleton

LEAST_VISIBILITY = 0.3
"""Joints of less visibility are missing: MediaPipe guesses where they might be.

Measured on Pose2Sim's demonstration with the lower body cut off or covered: joints below it are
half a torso off and more (median), those above 0.5 about a tenth.
"""

_COMPLEXITY = 1  # the one whose weights are in the package; 0 and 2 are downloaded


class MediaPipeDetector:
    """MediaPipe's pose landmarks with their visibility as score: one person per image.

    A joint is missing if its visibility is below `LEAST_VISIBILITY`, or if it lies outside the
    image, where MediaPipe goes on guessing however visible it says the joint is.

    Raises:
        InputError: the extra `detect` is not installed, or another mediapipe without weights is.
    """

    skeleton: Final = get_skeleton("mediapipe33")
    several_people: Final = False

    def __init__(self) -> None:
        with native_messages_held():
            package = import_extra("mediapipe", "finding people in images")
        if not hasattr(package, "solutions"):
            raise InputError(
                f"mediapipe {package.__version__} comes without weights; install the last that has "
                'them with pip install "prvipe[detect]"'
            )
        self.name = f"mediapipe {package.__version__}, complexity {_COMPLEXITY}, tracking"
        self._make = package.solutions.pose.Pose
        self._graphs: dict[bool, Any] = {}
        # A graph that is not closed keeps its threads and about 100 MB for as long as the process.
        weakref.finalize(self, _close_all, self._graphs).atexit = False

    def detect(self, image: Image, time: float | None = None) -> People:
        """Return the person in an image, if there is one (see `Detector.detect`)."""
        graph = self._graphs.get(time is None)
        result = self._start(image, still=time is None) if graph is None else graph.process(image)
        if result.pose_landmarks is None:
            return nobody(len(self.skeleton.joints))
        landmarks = result.pose_landmarks.landmark
        found = np.array([(each.x, each.y, each.visibility) for each in landmarks], np.float32)
        return _in_pixels(found, image)

    def reset(self) -> None:
        """Forget earlier frames (see `Detector.reset`)."""
        if graph := self._graphs.pop(False, None):
            graph.close()

    def _start(self, image: Image, still: bool) -> Any:
        # Its threads talk from when it is made until the first image is through.
        with native_messages_held():
            self._graphs[still] = self._make(
                static_image_mode=still, model_complexity=_COMPLEXITY, smooth_landmarks=False
            )
            return self._graphs[still].process(image)


def _close_all(graphs: dict[bool, Any]) -> None:
    while graphs:
        graphs.popitem()[1].close()


def seen_landmarks(found: Float32Array) -> BoolArray:
    """Which landmarks (..., 3) are no guesses: inside the image and visible enough.

    Args:
        found (..., 3): x and y divided by the image size, visibility.
    """
    inside = ((found[..., :2] >= 0) & (found[..., :2] <= 1)).all(axis=-1)
    return np.asarray(inside & (found[..., 2] >= LEAST_VISIBILITY))


def _in_pixels(found: Float32Array, image: Image) -> People:
    height, width = image.shape[:2]
    seen = seen_landmarks(found)
    if not seen.any():
        return nobody(len(found))
    pixels = np.where(seen[:, None], found[:, :2] * np.array([width, height]), np.nan)
    scores = np.where(seen, np.minimum(found[:, 2], 1), 0)
    return People(pixels[None].astype(np.float32), scores[None].astype(np.float32))
