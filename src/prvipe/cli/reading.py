"""The options of every command that reads keypoints, for files that do not say all of it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

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


def reads_keypoints(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--seen-from`` and ``--image-size``, which hold for all that it reads."""

    @functools.wraps(command)
    def with_options(
        *arguments: Any, seen_from: str | None = None, image_size: str | None = None, **more: Any
    ) -> None:
        if seen_from is None and image_size is None:
            return command(*arguments, **more)
        camera, size = parse_reading(seen_from, image_size)

        from prvipe.io.reading import ReadingOptions, said_once

        before = said_once.set(ReadingOptions(camera, size))
        try:
            return command(*arguments, **more)
        finally:
            said_once.reset(before)

    kinds = {"seen_from": SeenFromOption, "image_size": ImageSizeOption}
    signature = inspect.signature(command, eval_str=True)
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in kinds.items()
    ]
    changed = signature.replace(parameters=[*signature.parameters.values(), *added])
    with_options.__signature__ = changed  # type: ignore[attr-defined]
    with_options.__annotations__ = {
        parameter.name: parameter.annotation for parameter in changed.parameters.values()
    }
    return with_options


def parse_reading(
    seen_from: str | None, image_size: str | None
) -> tuple[tuple[float, float, float] | None, tuple[int, int] | None]:
    """Read the values of ``--seen-from`` and ``--image-size``.

    Raises:
        InputError: no such camera, or no such size.
    """
    return (
        None if seen_from is None else _parse_camera(seen_from),
        None if image_size is None else _parse_image_size(image_size),
    )


def _parse_camera(text: str) -> tuple[float, float, float]:
    try:
        ((azimuth, elevation, distance),) = parse_cameras(text)
    except (InputError, ValueError) as error:
        raise InputError(
            f"--seen-from {text!r}: give azimuth, elevation (degrees, -90 to 90) and distance "
            "(metres, above 0) of one camera, such as 45,8,5"
        ) from error
    return float(azimuth), float(elevation), float(distance)


def _parse_image_size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise InputError(
            f"--image-size {text!r}: give width and height in pixels, such as 1920x1080"
        )
    return int(width), int(height)
