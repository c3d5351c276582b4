"""Options for files that do not say all that is needed to read them."""

from __future__ import annotations

from typing import Annotated, TypedDict

import typer

from prvipe.cli.settings import parse_cameras
from prvipe.errors import InputError

SeenFromOption = Annotated[
    str | None,
    typer.Option(
        metavar="AZIMUTH,ELEVATION,DISTANCE",
        help="From where motion capture (BVH, AMC, C3D, TRC) is seen: degrees, degrees, metres, "
        "such as 45,8,5.",
    ),
]
ImageSizeOption = Annotated[
    str | None,
    typer.Option(
        metavar="WIDTHxHEIGHT",
        help="Size in pixels of the images that keypoints are from, such as 1920x1080, where the "
        "file does not say it (YOLO-pose, MediaPipe).",
    ),
]


class Reading(TypedDict):
    """What `prvipe.load` takes besides the skeleton."""

    camera: tuple[float, float, float] | None
    image_size: tuple[int, int] | None


def parse_reading(seen_from: str | None, image_size: str | None) -> Reading:
    """Read the values of ``--seen-from`` and ``--image-size``.

    Raises:
        InputError: no such camera, or no such size.
    """
    return {
        "camera": None if seen_from is None else _parse_camera(seen_from),
        "image_size": None if image_size is None else _parse_image_size(image_size),
    }


def _parse_camera(text: str) -> tuple[float, float, float]:
    try:
        cameras = parse_cameras(text)
    except InputError as error:
        raise InputError(str(error).replace("--cameras", "--seen-from")) from error
    if len(cameras) > 1:
        raise InputError(f"--seen-from {text!r}: give one camera, such as 45,8,5")
    azimuth, elevation, distance = map(float, cameras[0])
    return azimuth, elevation, distance


def _parse_image_size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise InputError(
            f"--image-size {text!r}: give width and height in pixels, such as 1920x1080"
        )
    return int(width), int(height)
