"""Libraries and embedded datasets given to commands that read something else, told in words."""

from __future__ import annotations

import re
from pathlib import Path

from prvipe.errors import InputError, printable

_SCHEME = re.compile(r"(milvus(?:\+tls)?):/+")  # of two slashes a Path keeps one
_IN_FOLDER = "a library of poses"


def require_recordings(path: Path) -> None:
    """Refuse what holds embeddings instead of recordings.

    Raises:
        InputError: a library in a folder or in Milvus, or an embedded dataset.
    """
    what = _describe(path)
    if what is not None:
        raise InputError(
            f"{_as_given(path)}: is {what}, and recordings are needed here: keypoint files, images "
            "or videos; prvipe search finds poses in libraries, and prvipe index build makes one "
            "of an embedded dataset"
        )


def require_library_in_folder(path: Path) -> None:
    """Refuse a library that is no folder, and what is not a library yet.

    Raises:
        InputError: a library in Milvus, or an embedded dataset.
    """
    what = _describe(path)
    if what not in (None, _IN_FOLDER):
        raise InputError(
            f"{_as_given(path)}: is {what}, and only libraries in folders are served; prvipe "
            "search finds poses in those in Milvus, and prvipe index build makes one of an "
            "embedded dataset"
        )


def _describe(path: Path) -> str | None:
    """What it is that holds embeddings; None for anything else."""
    if _SCHEME.match(str(path)):
        return "a library in Milvus"
    if path.is_file():
        return None
    from prvipe.bulk.dataset import is_dataset
    from prvipe.stores import is_address

    if path.is_dir() and is_dataset(path):
        return "an embedded dataset, as prvipe embed writes it"
    if path.is_dir() and _is_index(path):
        return _IN_FOLDER
    return "a library in Milvus Lite" if is_address(path) else None


def _is_index(folder: Path) -> bool:
    from prvipe.index.folder import open_manifest

    try:
        open_manifest(folder)
    except InputError:
        return False
    return True


def _as_given(path: Path) -> str:
    return printable(_SCHEME.sub(r"\1://", str(path)))
