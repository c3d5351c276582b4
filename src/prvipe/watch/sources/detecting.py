"""From frames to instants, by a detector."""

from __future__ import annotations

from prvipe.detection.detector import Detector, Image
from prvipe.watch.instants import Instant


class FrameDetector:
    """Finds the people of frames that come one after the other, some perhaps left out.

    Args:
        detector: finds them.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._ticks = 0

    def instant(self, image: Image, number: int, time: float | None, arrived: float) -> Instant:
        """Return the people of a frame."""
        # Detectors want times that rise, and time stamps of streams do as they please.
        self._ticks += 1
        people = self._detector.detect(image, self._ticks / 30)
        return Instant(
            people.keypoints, people.scores, self._detector.skeleton, number, time, arrived, image
        )

    def reset(self) -> None:
        """What comes next does not follow what came before."""
        self._detector.reset()
