"""How large the image is that a file of keypoints is about."""

import struct
from pathlib import Path

from prvipe.detection.media_files import IMAGE_SUFFIXES
from prvipe.errors import InputError, printable
from prvipe.io.reading import NAME_IMAGE_SIZE, ImageSize

_TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


class ImageSizes:
    """Sizes of images that lie beside files of keypoints.

    Args:
        named: what the caller says; it goes before what lies there.
    """

    def __init__(self, named: ImageSize | None) -> None:
        self._named = None if named is None else (int(named[0]), int(named[1]))
        self._images: dict[Path, dict[str, Path]] = {}

    def of(self, file: Path) -> tuple[int, int]:
        """Return width and height of the image of the same name as a file.

        It is looked for beside the file and, as in YOLO's data sets, in ``images`` where the file
        lies in ``labels``.

        Raises:
            InputError: there is none, or it cannot be read.
        """
        if self._named is not None:
            return self._named
        for folder in _folders(file.parent):
            image = self._listed(folder).get(file.stem)
            if image is not None and image.is_file():  # a named pipe would be waited for
                return _size(image)
        raise InputError(
            "its coordinates are divided by the size of the image, which it does not say, and "
            f"there is no image {printable(file.stem)}.jpg or .png beside it; {NAME_IMAGE_SIZE}"
        )

    def _listed(self, folder: Path) -> dict[str, Path]:
        if folder not in self._images:
            files = sorted(folder.iterdir()) if folder.is_dir() else []
            self._images[folder] = {
                file.stem: file for file in files if file.suffix.lower() in IMAGE_SUFFIXES
            }
        return self._images[folder]


def _folders(folder: Path) -> list[Path]:
    parts = folder.absolute().parts
    places = [place for place, part in enumerate(parts) if part == "labels"]
    if not places:
        return [folder]
    return [folder, Path(*parts[: places[-1]], "images", *parts[places[-1] + 1 :])]


def _size(image: Path) -> tuple[int, int]:
    try:
        from PIL import Image
    except ImportError as error:
        raise InputError(
            f"the size of {printable(image.name)} cannot be read without pillow: pip install "
            f"'prvipe[detect]', or {NAME_IMAGE_SIZE}"
        ) from error
    try:
        with Image.open(image) as opened:
            width, height = opened.size
            turned = opened.getexif().get(0x0112) in _TURNED
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError) as error:
        raise InputError(
            f"the image {printable(image.name)} beside it cannot be read ({error}); "
            f"{NAME_IMAGE_SIZE}"
        ) from error
    return (height, width) if turned else (width, height)
