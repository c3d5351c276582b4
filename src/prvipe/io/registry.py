"""The registry of file formats, and the one function that reads them all."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from prvipe.errors import InputError, errors_naming, printable
from prvipe.files import require_file
from prvipe.poses import Poses
from prvipe.skeleton import Skeleton, get_skeleton

Load = Callable[[Path, Skeleton | None], Poses]

FOLDER = "/"
"""Stands among the suffixes of a format whose files lie in a folder that is read as one."""


@dataclass(frozen=True)
class Loader:
    """One file format.

    Attributes:
        name: what the format is called.
        suffixes: endings of its files, in lower case with the dot; `FOLDER` for a whole folder.
        expects: what such a file holds, for the message when no format fits.
        accepts: looks into a file with one of the suffixes and says whether it is this format;
            an InputError of it says what keeps a file from being it.
        load: reads it. It gets the skeleton the caller named, or None; a format that says which
            joints it has checks the two against each other (`agreed_skeleton`). Its InputErrors
            need not name the file, `load` puts it in front.
    """

    name: str
    suffixes: tuple[str, ...]
    expects: str
    accepts: Callable[[Path], bool]
    load: Load


_LOADERS: dict[str, Loader] = {}


def register_loader(
    name: str, *, suffixes: tuple[str, ...], expects: str, accepts: Callable[[Path], bool]
) -> Callable[[Load], Load]:
    """Return a decorator that registers a function as the loader of a format (see `Loader`).

    Formats registered later are asked first, so that a user's own may take over.

    Raises:
        InputError: a format of that name is registered already.
    """

    def register(load: Load) -> Load:
        if name in _LOADERS:
            raise InputError(f"a loader named {name!r} is registered already")
        _LOADERS[name] = Loader(name, suffixes, expects, accepts, load)
        return load

    return register


def load(path: str | Path, skeleton: Skeleton | str | None = None) -> Poses:
    """Read poses from a file of any registered format, recognised by its ending and content.

    ====================  ==========================================================
    ``.parquet``          written by `Poses.save`, or any with the columns of a CSV
    ``.npz``              ``keypoints`` (N, J, 2) with ``scores`` (N, J) if known;
                          ``keypoints`` (N, J, 3) = x, y, v as in COCO;
                          ``poses3d`` (N, J, 3) = x, y, z;
                          or a cross-view benchmark file (see `prvipe.io.xview`),
                          or people of COCO (see `prvipe.io.coco`)
    ``.json``             people of COCO, of MPII (see `prvipe.io.mpii`) or of OpenPose
    folder                of OpenPose's JSON files (see `prvipe.io.openpose`)
    ``.h5``               people of MPII; needs h5py
    ``.npy``              (N, J, 2)
    ``.csv``              ``<joint>_x``, ``<joint>_y``[, ``<joint>_z``][, ``<joint>_score``];
                          or the input of POEM's inference (see `prvipe.io.poem_csv`)
    ====================  ==========================================================

    Args:
        path: the file or folder.
        skeleton: which joints the file has, for formats that do not say (arrays). Where the file
            does say, both must agree; use `Poses.to` to change the skeleton afterwards.

    Returns:
        At least one pose, NaN where the file has none for a joint or its score is 0; with a
        ``source`` field (the path) unless the file brings one.

    Raises:
        InputError: no such file, empty, truncated, of no known format, wrong number of joints,
            something that is no number, or a skeleton that is needed or contradicts the file.
    """
    is_folder = isinstance(path, str | os.PathLike) and os.path.isdir(path)
    file = Path(path) if is_folder else require_file(path)
    known = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    with errors_naming(file):
        poses = _find_loader(file).load(file, known)
        if len(poses) == 0:
            raise InputError("holds no poses: it has not a single row")
    if "source" in poses.table.column_names:
        return poses
    return poses.with_fields(source=pa.repeat(printable(file), len(poses)))


def agreed_skeleton(named: Skeleton | None, in_file: Skeleton) -> Skeleton:
    """Return the skeleton a file states, refusing a caller's that differs.

    Raises:
        InputError: the caller named another one.
    """
    if named is not None and named != in_file:
        raise InputError(
            f"its poses are {in_file.name}, not {named.name}; leave out the skeleton (models map "
            f"joints by name), or in Python map with load(path).to({named.name!r})"
        )
    return in_file


def needed_skeleton(named: Skeleton | None, joints: int) -> Skeleton:
    """Return the skeleton the caller named, for a format that does not say which joints it has.

    Raises:
        InputError: the caller named none.
    """
    if named is None:
        raise InputError(
            f"does not say which joints its {joints} columns are; name the skeleton, as in "
            "load(path, skeleton='coco17') or --skeleton coco17"
        )
    return named


def _find_loader(file: Path) -> Loader:
    suffix = FOLDER if file.is_dir() else file.suffix.lower()
    candidates = [loader for loader in _LOADERS.values() if suffix in loader.suffixes]
    for loader in reversed(candidates):
        if loader.accepts(file):
            return loader
    if not candidates:
        endings = sorted({s for loader in _LOADERS.values() for s in loader.suffixes} - {FOLDER})
        raise InputError(f"files ending in {suffix!r} are not read, only {', '.join(endings)}")
    contents = "; ".join(f"{loader.name}: {loader.expects}" for loader in candidates)
    kind = "folder" if suffix == FOLDER else f"{suffix} file"
    raise InputError(f"no known content for a {kind}; expected one of: {contents}")
