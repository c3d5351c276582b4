"""What a caller may say about a file besides its skeleton."""

import math
from contextvars import ContextVar
from dataclasses import dataclass

from prvipe.errors import InputError

Camera = tuple[float, float, float]
"""Azimuth and elevation in degrees, distance in metres."""

ImageSize = tuple[int, int]
"""Width and height in pixels."""

NAME_CAMERA = (
    "load(path, camera=(45, 8, 5)) or --seen-from 45,8,5: azimuth, elevation (degrees) and "
    "distance (metres)"
)
NAME_IMAGE_SIZE = (
    "give the image's width and height: load(path, image_size=(1920, 1080)) or --image-size "
    "1920x1080"
)
"""What messages tell people to do."""


@dataclass(frozen=True)
class ReadingOptions:
    """What some formats need to know and do not say.

    Attributes:
        camera: from where 3D motion is seen (`prvipe.geometry.cameras.PinholeCamera.around`).
        image_size: of the image or video that the keypoints are from.

    Raises:
        InputError: no such camera or size can be.
    """

    camera: Camera | None = None
    image_size: ImageSize | None = None

    def __post_init__(self) -> None:
        """Check both."""
        if self.camera is not None:
            _check_camera(self.camera)
        if self.image_size is not None:
            _check_image_size(self.image_size)


said_once: ContextVar[ReadingOptions | None] = ContextVar("said_once", default=None)
"""What holds for every file that is read without a word about it, as on the command line."""


def _check_camera(camera: Camera) -> None:
    if not _are_numbers(camera, 3) or abs(camera[1]) > 90 or camera[2] <= 0:
        raise InputError(
            f"camera {camera!r}: give azimuth, elevation (degrees, -90 to 90) and distance "
            "(metres, above 0), such as (45, 8, 5)"
        )


def _check_image_size(size: ImageSize) -> None:
    if not _are_numbers(size, 2) or min(size) < 1 or any(n != int(n) for n in size):
        raise InputError(
            f"image_size {size!r}: give width and height in whole pixels, such as (1920, 1080)"
        )


def _are_numbers(values: object, count: int) -> bool:
    """Whether values are so many finite numbers; an array's numbers count."""
    try:
        numbers = [float(value) for value in values]  # type: ignore[attr-defined]
    except (TypeError, ValueError, OverflowError):
        return False
    return len(numbers) == count and all(map(math.isfinite, numbers))
