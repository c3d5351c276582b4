"""What a benchmark can be made of: told apart by their names and content, and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from prvipe.errors import InputError
from prvipe.files import require_file
from prvipe.io.frame_keys import read_frame_keys, select_frames
from prvipe.io.human36m import load_human36m
from prvipe.io.mocap import load_motion
from prvipe.io.mocap.load import READERS
from prvipe.io.mpi_inf_3dhp import load_mpi_inf_3dhp, load_p_stmo
from prvipe.io.multi_view import MultiViewPoses
from prvipe.io.npz import npz_names
from prvipe.poses.poses3d import Poses3D
from prvipe.progress import Progress


class SourceKind(Enum):
    """What some files are."""

    MOTION = "raw motion capture"
    HUMAN36M = "Human3.6M"
    MPI_INF_3DHP = "MPI-INF-3DHP (folders)"
    P_STMO = "MPI-INF-3DHP (P-STMO)"


@dataclass(frozen=True)
class MotionOptions:
    """How to read raw motion capture; None is what the file says, see `load_motion`.

    Attributes:
        unit: of lengths.
        up: the vertical axis.
        joints: our name of a joint -> the file's.
        skip_invalid: leave out frames in which a joint was not seen.
        skeleton_file: the .asf of .amc files.
        fps: frames per second of the recordings.
    """

    unit: str | None = None
    up: str | None = None
    joints: Mapping[str, str] = field(default_factory=dict)
    skip_invalid: bool = False
    skeleton_file: Path | None = None
    fps: float | None = None


def recognise(sources: Sequence[Path]) -> SourceKind:
    """Tell what some files or folders are.

    Raises:
        InputError: one is missing or nothing that is known, or they are of different kinds, or
            several of a kind that is read one at a time.
    """
    kinds = {source: _recognise_one(source) for source in sources}
    found = list(dict.fromkeys(kinds.values()))
    if not found:
        raise InputError("no files to make a benchmark of; name motion capture or a data set")
    if len(found) > 1:
        each = ", ".join(f"{source} ({kind.value})" for source, kind in kinds.items())
        raise InputError(f"sources of different kinds: {each}; make a benchmark of each")
    if found[0] is not SourceKind.MOTION and len(sources) > 1:
        raise InputError(f"{len(sources)} sources of {found[0].value}; give one at a time")
    return found[0]


def read_motion(
    sources: Sequence[Path],
    options: MotionOptions = MotionOptions(),  # frozen
    progress: Progress | None = None,
) -> Poses3D:
    """Read raw motion capture: files, and folders with all such files in and below them.

    Raises:
        InputError: as `load_motion`, or a folder without such files.
    """
    files = list(dict.fromkeys(file for source in sources for file in motion_files(source)))
    parts = []
    for done, file in enumerate(files, start=1):
        parts.append(
            load_motion(
                file,
                unit=options.unit,
                up=options.up,
                joints=options.joints,
                skeleton_file=options.skeleton_file,
                skip_invalid=options.skip_invalid,
                fps=options.fps,
            )
        )
        if progress is not None:
            progress(done, len(files))
    return Poses3D.concatenate(parts)


def read_recordings(
    source: Path,
    kind: SourceKind,
    detections: Path | None = None,
    exact: Path | None = None,
    subjects: Sequence[str] | None = None,
    cameras: Sequence[str] | None = None,
) -> MultiViewPoses:
    """Read a data set of several calibrated cameras.

    Args:
        source: its file or folder.
        kind: what it is, not raw motion capture.
        detections: a detector's keypoints (Human3.6M only).
        exact: its exact keypoints (Human3.6M only); projected by default.
        subjects: which to read, all by default.
        cameras: names of cameras in the order wanted; by default all, of MPI-INF-3DHP those of
            the paper.

    Raises:
        InputError: as the readers, keypoints for a data set that has no such files, or a camera
            that does not exist.
    """
    for file in filter(None, (detections, exact)):
        if kind is not SourceKind.HUMAN36M:
            raise InputError(
                f"{file}: keypoints are read for Human3.6M, not for {kind.value}; leave it out"
            )
    if kind is SourceKind.HUMAN36M:
        views = load_human36m(source, detections, ground_truth=exact, subjects=subjects)
    elif kind is SourceKind.P_STMO:
        views = load_p_stmo(source, subjects=subjects)
    else:
        views = load_mpi_inf_3dhp(source, subjects=subjects)
    return views if cameras is None else views.select(cameras=cameras)


def select_listed_frames(
    views: MultiViewPoses, lists: Sequence[Path]
) -> tuple[MultiViewPoses, tuple[str, ...]]:
    """Pick the frames that lists of frame keys name.

    Returns:
        The frames that all cameras have, and in words those that some camera lacks.

    Raises:
        InputError: as `read_frame_keys` and `select_frames`.
    """
    selection = select_frames(views, read_frame_keys(list(lists)))
    return selection.poses, selection.dropped


def motion_files(source: Path) -> list[Path]:
    """Return a file itself, or the motion capture files in and below a folder, sorted.

    Raises:
        InputError: the folder holds none.
    """
    if not source.is_dir():
        return [source]
    files = sorted(file for file in source.rglob("*") if file.suffix.lower() in READERS)
    if not files:
        raise InputError(
            f"{source}: holds no motion capture ({', '.join(READERS)}) and no MPI-INF-3DHP "
            "(S1/Seq1/annot.mat)"
        )
    return files


def files_without_frame_rate(sources: Sequence[Path]) -> list[Path]:
    """Return the files that do not say their frame rate, which is then taken to be CMU's.

    Raises:
        InputError: as `motion_files`.
    """
    files = dict.fromkeys(file for source in sources for file in motion_files(source))
    return [file for file in files if file.suffix.lower() == ".amc"]


def _recognise_one(source: Path) -> SourceKind:
    if source.is_dir():
        annotated = any(source.glob("S*/Seq*/annot.mat"))
        return SourceKind.MPI_INF_3DHP if annotated else SourceKind.MOTION
    suffix = require_file(source).suffix.lower()
    if suffix in READERS or suffix == ".asf":
        return SourceKind.MOTION
    names = npz_names(source) if suffix == ".npz" else ()
    if "positions_3d" in names:
        return SourceKind.HUMAN36M
    if "data" in names:
        return SourceKind.P_STMO
    raise InputError(
        f"{source}: no motion that is known; give {', '.join(READERS)}, VideoPose3D's "
        "data_3d_h36m.npz, P-STMO's data_train_3dhp.npz, or a folder with S1/Seq1/annot.mat"
    )
