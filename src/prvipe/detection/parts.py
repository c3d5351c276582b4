"""What was found so far, kept in files beside the output, so that a stopped run can go on."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.detection.detector import Detector
from prvipe.detection.sampling import Sampling
from prvipe.errors import InputError
from prvipe.files import atomic_path, make_folder, write_json
from prvipe.poses.arrays import Float32Array

_FORMAT = 1
_SETTINGS = "settings.json"


@dataclass(frozen=True)
class Part:
    """The people of an image, or of some frames of a video that follow each other.

    Attributes:
        keypoints (N, J, 2), scores (N, J): of the N people found, in pixels.
        frame (N,), time (N,), person (N,): number and time (NaN if unknown) of their frame, and
            their place in it.
        size (N, 2): width and height of their image.
        frames: how many frames were looked at.
        without_people: in how many of them nobody was found.
        ended: whether the file ends with this part.
        problem: what kept the rest of the file from being read; empty if nothing did.
    """

    keypoints: Float32Array
    scores: Float32Array
    frame: npt.NDArray[np.int64]
    time: npt.NDArray[np.float64]
    person: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    frames: int
    without_people: int
    ended: bool
    problem: str = ""


class PartFolder:
    """A folder of parts; one that a killed run was writing is not there.

    Parts are found again by the path, size and date of their file, so that a file which changed
    since is looked at anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def beside(cls, output: Path) -> PartFolder:
        """Return the folder for the parts of an output."""
        return cls(output.with_name(output.name + ".parts"))

    def open(self, detector: Detector, sampling: Sampling, *, resume: bool) -> None:
        """Make the folder, or take up what an earlier run with the same settings left in it.

        Raises:
            InputError: an earlier run left parts and this one is not to go on with it, or had
                other settings; or the folder cannot be written.
        """
        settings = {
            "format": _FORMAT,
            "detector": detector.name,
            "skeleton": list(detector.skeleton.joints),
            "every": sampling.every,
            "fps": sampling.fps,
        }
        note = self.folder / _SETTINGS
        if note.exists():
            if not resume:
                raise InputError(
                    f"{self.folder}: a stopped run left what it found here; go on with --resume, "
                    "or remove this folder to start anew"
                )
            self._require_same(settings, note)
        make_folder(self.folder)
        write_json(note, settings)

    def get(self, media: Path, number: int) -> Part | None:
        """Return a part of a file that was found earlier, or None."""
        try:
            with np.load(self._place(media, number), allow_pickle=False) as file:
                return Part(
                    **{name: file[name] for name in ("keypoints", "scores", "frame", "time")},
                    **{name: file[name] for name in ("person", "size")},
                    frames=int(file["frames"]),
                    without_people=int(file["without_people"]),
                    ended=bool(file["ended"]),
                    problem=str(file["problem"]),
                )
        # Not there, or damaged since: it is found again.
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError):
            return None

    def put(self, media: Path, number: int, part: Part) -> None:
        """Keep a part.

        Raises:
            InputError: it cannot be written.
        """
        arrays: dict[str, Any] = vars(part)
        with atomic_path(self._place(media, number)) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **arrays)

    def remove(self) -> None:
        """Remove the folder and all parts in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _place(self, media: Path, number: int) -> Path:
        try:
            state = media.stat()
            version = f"{state.st_size}|{state.st_mtime_ns}"
        except OSError:
            version = "gone"
        key = f"{os.fsdecode(media)}|{version}|{number}"
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        return self.folder / f"{digest[:32]}.npz"

    def _require_same(self, settings: dict[str, object], note: Path) -> None:
        try:
            before = json.loads(note.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{note}: damaged ({error}); remove {self.folder}") from error
        if not isinstance(before, dict):
            raise InputError(f"{note}: damaged; remove {self.folder}")
        for name, value in settings.items():
            if before.get(name) != value:
                raise InputError(
                    f"{self.folder}: the stopped run had {name} {before.get(name)}, this one has "
                    f"{value}; use the same settings, or remove this folder to start anew"
                )
