"""The manifest of an index: the one file that says which others count, replaced as a whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from zlib import crc32

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, ValidationError

from prvipe import __version__
from prvipe.errors import InputError
from prvipe.files import atomic_path, require_file, sync_to_disk

FORMAT_VERSION = 1
"""Counts up when an index can no longer be read by older versions."""

MANIFEST = "manifest.json"


class _Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileNote(_Note):
    """What a file was when it was written.

    Attributes:
        size: bytes.
        crc32: checksum of them.
    """

    size: NonNegativeInt
    crc32: NonNegativeInt


class SegmentNote(_Note):
    """A folder of poses that never changes.

    Attributes:
        folder: its name.
        rows: poses in it, deleted ones too.
        lists: inverted lists that its poses are sorted into; 0 if they are searched one by one.
        files: what is in the folder, by name.
        deleted: how many of its poses are deleted.
        deletions: file beside the folder that says which, by its name; None if there are none.
    """

    folder: str
    rows: PositiveInt
    lists: NonNegativeInt
    files: dict[str, FileNote]
    deleted: NonNegativeInt = 0
    deletions: dict[str, FileNote] = {}


class Manifest(_Note):
    """What an index is.

    Attributes:
        format_version: layout of the folder; a newer one than ours is refused.
        prvipe_version: version that wrote it.
        generation: counts the times it was saved.
        model: name or file of the model that embedded the poses.
        fingerprint: of that model.
        dimension: of its embeddings.
        a: slope of its matching probability.
        b: offset of it.
        skeleton: name of the skeleton of the keypoints.
        joints: its joints.
        next_row: number that the next pose will get; none is ever given twice.
        columns: name -> type of the fields.
        segments: the poses.
    """

    format_version: int = FORMAT_VERSION
    prvipe_version: str = __version__
    generation: NonNegativeInt
    model: str
    fingerprint: str
    dimension: PositiveInt
    a: float
    b: float
    skeleton: str
    joints: PositiveInt
    next_row: NonNegativeInt
    columns: dict[str, str]
    segments: tuple[SegmentNote, ...]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest of an index; it is on the disk when this returns.

    Raises:
        InputError: the folder cannot be written.
    """
    contents = manifest.model_dump()
    text = json.dumps({"crc32": _checksum(contents), "index": contents}, indent=1)
    with atomic_path(folder / MANIFEST) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync_to_disk(folder)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an index.

    Raises:
        InputError: there is none, it is damaged, or was written by a newer prvipe.
    """
    file = require_file(folder / MANIFEST)
    try:
        contents = json.loads(file.read_text(encoding="utf-8"))
        version = int(contents["index"]["format_version"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(file, repr(error)) from error
    if version > FORMAT_VERSION:
        raise InputError(
            f"{file}: index format {version}, written by prvipe "
            f"{contents['index'].get('prvipe_version', '?')}; this prvipe {__version__} reads up "
            f"to format {FORMAT_VERSION}: upgrade prvipe"
        )
    if contents.get("crc32") != _checksum(contents["index"]):
        raise _damaged(file, "its checksum is wrong")
    try:
        return Manifest.model_validate(contents["index"])
    except ValidationError as error:
        raise _damaged(file, str(error)) from error


def _checksum(contents: object) -> int:
    return crc32(json.dumps(contents, sort_keys=True).encode())


def _damaged(file: Path, why: str) -> InputError:
    return InputError(f"{file}: damaged ({why}); restore the index from a copy or build it again")
