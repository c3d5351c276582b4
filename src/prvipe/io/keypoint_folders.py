"""Folders of keypoint files, each of them one recording, inside another folder."""

import os
from pathlib import Path


def holds_keypoints(folder: Path) -> bool:
    """Whether files that may be those of frames lie in a folder itself: JSON or YOLO's labels."""
    return any(path.suffix in (".json", ".txt") for path in folder.iterdir())


def folders_of_keypoints(folder: Path) -> list[Path]:
    """Return the folders below a folder that hold such files, by name; hidden ones are left out."""
    found = []
    for place, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [inside for name in folders if holds_keypoints(inside := Path(place) / name)]
    return sorted(found)
