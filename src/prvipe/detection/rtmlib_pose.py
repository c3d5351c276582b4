"""RTMPose through rtmlib: several people per image, COCO's 17 joints.

Its weights are not in the package: rtmlib downloads them the first time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Literal

import numpy as np

from prvipe.detection.detector import Image, People, checked_people, nobody
from prvipe.detection.extras import import_extra
from prvipe.errors import InputError
from prvipe.skeleton import get_skeleton

Mode = Literal["lightweight", "balanced", "performance"]

_log = logging.getLogger(__name__)


class RtmlibDetector:
    """rtmlib's `Body`: a detector of people (YOLOX) and RTMPose on each of them.

    Args:
        mode: which pair of networks, from the fastest to the most accurate.
        device: where they run, as rtmlib calls it: cpu, cuda, mps.
        tell: is told, before it happens, that weights may be downloaded; by default a warning in
            the log.

    Raises:
        InputError: the extra `rtmlib` is not installed, or the weights cannot be had.
    """

    skeleton: Final = get_skeleton("coco17")
    several_people: Final = True

    def __init__(
        self,
        mode: Mode = "balanced",
        device: str = "cpu",
        tell: Callable[[str], None] = _log.warning,
    ) -> None:
        rtmlib = import_extra("rtmlib", "finding people with rtmlib")
        self.name = f"rtmlib {mode}"
        tell(
            "rtmlib downloads its weights (tens to hundreds of MB, download.openmmlab.com) unless "
            "they are in ~/.cache/rtmlib or $TORCH_HOME already"
        )
        try:
            self._body = rtmlib.Body(mode=mode, backend="onnxruntime", device=device)
        except (OSError, RuntimeError, ValueError, ImportError) as error:
            raise InputError(
                f"rtmlib cannot load its weights ({error}); without a network copy the folder "
                "~/.cache/rtmlib from a computer on which it ran, or use --detector mediapipe, "
                "which needs none"
            ) from error

    def detect(self, image: Image, time: float | None = None) -> People:
        """Return the people in an image (see `Detector.detect`).

        Raises:
            InputError: rtmlib returns something unexpected.
        """
        blue_first = np.ascontiguousarray(image[..., ::-1])
        boxes = self._body.det_model(blue_first)
        if len(boxes) == 0:  # rtmlib itself would take the whole image for a person
            return nobody(len(self.skeleton.joints))
        keypoints, scores = self._body.pose_model(blue_first, bboxes=boxes)
        return checked_people(keypoints, np.clip(scores, 0, 1), self)

    def reset(self) -> None:
        """Do nothing: every image is looked at by itself."""
