from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.reading import ReadingOptions


@pytest.mark.parametrize(
    "camera",
    [(45, 8), (45, 8, 0), (45, 91, 5), (45, 8, -5), (np.nan, 8, 5), "45,8,5", 5, (1, 2, 10**400)],
)
def test_a_camera_that_cannot_be_is_refused(camera: Any) -> None:
    with pytest.raises(InputError, match="give azimuth, elevation"):
        ReadingOptions(camera=camera)


@pytest.mark.parametrize("size", [(640,), (0, 480), (640, -1), (640.5, 480), "640x480", (None, 1)])
def test_a_size_that_cannot_be_is_refused(size: Any) -> None:
    with pytest.raises(InputError, match="give width and height in whole pixels"):
        ReadingOptions(image_size=size)


def test_arrays_will_do() -> None:
    options = ReadingOptions(np.array([45.0, -90, 5]), np.array([640, 480]))  # type: ignore[arg-type]
    assert options.camera is not None
