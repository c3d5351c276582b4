"""The adapter to rtmlib, whose weights cannot be had without a network.

A module with rtmlib's interface stands in for it: `Body` with `det_model` and `pose_model` that
take BGR images, as in rtmlib 0.0.13 to 0.0.16.
"""

import sys
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from prvipe.detection import RtmlibDetector
from prvipe.errors import InputError

IMAGE = np.zeros((40, 60, 3), np.uint8)
IMAGE[..., 0] = 9  # red


class Body:
    boxes: ClassVar[list[list[int]]] = [[0, 0, 20, 40], [30, 0, 50, 40]]
    made: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, **settings: Any) -> None:
        self.made.append(settings)

    def det_model(self, image: np.ndarray) -> list[list[int]]:
        assert image[0, 0].tolist() == [0, 0, 9]  # blue first
        assert image.flags.c_contiguous
        return self.boxes

    def pose_model(self, image: np.ndarray, bboxes: list[list[int]]) -> tuple[Any, Any]:
        assert image[0, 0].tolist() == [0, 0, 9]
        boxes = bboxes or [[0, 0, 60, 40]]  # as rtmlib does
        points = np.stack([np.full((17, 2), box[:2]) for box in boxes])
        return points, np.full((len(boxes), 17), 1.04)


@pytest.fixture
def rtmlib(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("rtmlib")
    module.Body = Body  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rtmlib", module)
    return module


def test_people_in_an_image(rtmlib: ModuleType) -> None:
    told: list[str] = []
    detector = RtmlibDetector("lightweight", tell=told.append)
    assert Body.made[-1] == {"mode": "lightweight", "backend": "onnxruntime", "device": "cpu"}
    assert "downloads its weights" in told[0]
    people = detector.detect(IMAGE)
    assert people.keypoints[:, 0].tolist() == [[0, 0], [30, 0]]
    assert (people.scores == 1).all()
    assert (detector.name, detector.skeleton.name) == ("rtmlib lightweight", "coco17")


def test_nobody_is_not_the_whole_image(rtmlib: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Body, "boxes", [])
    assert RtmlibDetector(tell=lambda message: None).detect(IMAGE).scores.shape == (0, 17)


def test_without_a_network(rtmlib: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: Body, **settings: Any) -> None:
        raise OSError("Temporary failure in name resolution")

    monkeypatch.setattr(Body, "__init__", unreachable)
    with pytest.raises(InputError, match=r"name resolution\); without a network copy .* mediapipe"):
        RtmlibDetector(tell=lambda message: None)
