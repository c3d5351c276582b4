"""Labelled clips: a folder for each label, a list of files, or a file that names activities."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prvipe.errors import InputError, errors_naming, printable
from prvipe.files import require_file
from prvipe.io import load
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.people import PersonChoice, select_person
from prvipe.people.recordings import describe_recording, split_recordings
from prvipe.poses import Poses
from prvipe.progress import Progress
from prvipe.sequences.classification import LabelledClip
from prvipe.sequences.timeline import embed_recording

_COLUMNS = ("path", "label")
_OPTIONAL = ("camera", "performance")


@dataclass(frozen=True)
class _Entry:
    """A file and what is known of it."""

    path: Path
    label: str
    camera: str = ""
    performance: str = ""


@dataclass(frozen=True, eq=False)
class _Piece:
    """A recording and what is known of it."""

    poses: Poses
    label: str
    name: str
    camera: str
    performance: str


def load_labelled(
    path: str | os.PathLike[str],
    embedder: Embedder | str | os.PathLike[str] = "base",
    *,
    skeleton: str | None = None,
    person: PersonChoice = "largest",
    frame_rate: float | None = None,
    progress: Progress | None = None,
) -> list[LabelledClip]:
    """Read and embed labelled clips.

    ==========  ================================================================================
    folder      a sub-folder for each label, with the recordings of it: files or folders
    ``.csv``    with columns ``path`` and ``label``, and if known ``camera`` and ``performance``;
                paths are relative to the list
    any other   file that `prvipe.load` reads, with a field ``activity``; what agrees in
                ``source``, ``sequence``, ``camera`` and ``activity`` is a clip
    ==========  ================================================================================

    Args:
        path: one of these.
        embedder: the model, or the name or path of one.
        skeleton: of files that do not name their joints.
        person: whom to take of several people.
        frame_rate: of recordings that do not say.
        progress: called with the recordings embedded and all of them.

    Raises:
        InputError: none of these, no clips, a label that is empty, files that cannot be read, or
            recordings nothing of which can be embedded.
    """
    embedder = as_embedder(embedder)
    file = Path(path)
    entries = _entries(file)
    found = _of_activities(file, skeleton) if entries is None else _of_entries(entries, skeleton)
    pieces = list(found)
    clips = []
    for done, piece in enumerate(pieces, 1):
        with errors_naming(piece.name):
            chosen = select_person(piece.poses, person)
            recording = embed_recording(chosen, embedder, frame_rate)
        clips.append(
            LabelledClip(
                piece.label, piece.name, recording, chosen, piece.camera, piece.performance
            )
        )
        if progress:
            progress(done, len(pieces))
    return clips


def _of_activities(path: Path, skeleton: str | None) -> Iterator[_Piece]:
    """Pieces of a file that says what is done in each."""
    with errors_naming(path):
        poses = load(path, skeleton)
        if "activity" not in poses.table.column_names:
            raise InputError(
                "does not say what is done: it has no field activity; give a folder with a "
                "sub-folder for each label, or a CSV with the columns path and label"
            )
        activities = np.array([str(a or "") for a in poses.table["activity"].to_pylist()])
        for rows in split_recordings(poses):
            name = describe_recording(poses, int(rows[0]))
            for label in dict.fromkeys(activities[rows].tolist()):
                if not label:
                    raise InputError(f"{name}: a row has no activity")
                part = poses[rows[activities[rows] == label]]
                yield _Piece(part, label, name, _value(part, "camera"), _value(part, "sequence"))


def _of_entries(entries: list[_Entry], skeleton: str | None) -> Iterator[_Piece]:
    """All recordings of the files of a folder or list."""
    for entry in entries:
        poses = load(entry.path, skeleton)
        recordings = [poses[rows] for rows in split_recordings(poses)]
        for part in recordings:
            camera = entry.camera or _value(part, "camera")
            name = f"{entry.path.parent.name}/{entry.path.name}"
            if len(recordings) > 1:
                name = f"{name}, camera {camera}" if camera else describe_recording(part, 0)
            performance = entry.performance or _value(part, "sequence")
            yield _Piece(part, entry.label, name, camera, performance)


def _entries(path: Path) -> list[_Entry] | None:
    """The files that a folder or list names; None for a file that is no list."""
    if path.is_dir():
        return _of_folders(path)
    require_file(path)
    if path.suffix.lower() != ".csv":
        return None
    with errors_naming(path):
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                reader = csv.DictReader(stream)
                if not set(_COLUMNS) <= set(reader.fieldnames or ()):
                    return None
                return _of_list(path, list(reader))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"is no CSV in UTF-8 ({error})") from error


def _of_folders(path: Path) -> list[_Entry]:
    labels = sorted(each for each in path.iterdir() if each.is_dir() and _shown(each))
    entries = [
        _Entry(file, printable(folder.name))
        for folder in labels
        for file in sorted(folder.iterdir())
        if _shown(file)
    ]
    if not entries:
        raise InputError(
            f"{path}: has no recordings in sub-folders; make a sub-folder for each label"
        )
    return entries


def _of_list(path: Path, rows: list[dict[str, Any]]) -> list[_Entry]:
    entries = []
    for number, row in enumerate(rows, 2):
        values = {name: (row.get(name) or "").strip() for name in (*_COLUMNS, *_OPTIONAL)}
        for name in _COLUMNS:
            if not values[name]:
                raise InputError(f"line {number}: {name} is empty")
        file = path.parent / values.pop("path")
        if not file.exists():
            raise InputError(f"line {number}: {file}: no such file")
        entries.append(_Entry(file, **values))
    if not entries:
        raise InputError("lists no recordings")
    return entries


def _value(poses: Poses, field: str) -> str:
    if field not in poses.table.column_names:
        return ""
    value = poses.table[field][0].as_py()
    return "" if value is None else str(value)


def _shown(path: Path) -> bool:
    return not path.name.startswith(".")
