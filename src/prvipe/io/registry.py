"""The registry of file formats, and the one function that reads them all."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from prvipe.errors import InputError, NoPeopleError, errors_naming, printable
from prvipe.files import require_file
from prvipe.io.image_units import check_image_units, with_image_size
from prvipe.io.json_items import iterate_json
from prvipe.io.keypoint_folders import folders_of_keypoints
from prvipe.io.reading import Camera, ImageSize, ReadingOptions, said_once
from prvipe.poses import Poses
from prvipe.skeleton import Skeleton, get_skeleton

Load = Callable[[Path, Skeleton | None], Poses]
Load3D = Callable[[Path], Poses]
LoadWithOptions = Callable[[Path, Skeleton | None, ReadingOptions], Poses]
Unit = Literal["pixels", "height", "any"]

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
        unit: "pixels" if its 2D keypoints can only be in pixels (so that coordinates divided by the
            image size are refused), "height" if both axes are divided by the image's height, else
            "any".
        load_3d: reads what each of the rows is in space, for formats that know it; see
            `load_poses3d`.
    """

    name: str
    suffixes: tuple[str, ...]
    expects: str
    accepts: Callable[[Path], bool]
    load: LoadWithOptions
    unit: Unit = "any"
    load_3d: Load3D | None = None


_LOADERS: dict[str, Loader] = {}


def register_loader(
    name: str,
    *,
    suffixes: tuple[str, ...],
    expects: str,
    accepts: Callable[[Path], bool],
    unit: Unit = "any",
    load_3d: Load3D | None = None,
) -> Callable[[Load], Load]:
    """Return a decorator that registers a function as the loader of a format (see `Loader`).

    Formats registered later are asked first, so that a user's own may take over.

    Raises:
        InputError: a format of that name is registered already.
    """

    def register(load: Load) -> Load:
        def load_with_options(path: Path, named: Skeleton | None, _: ReadingOptions) -> Poses:
            return load(path, named)

        _register(Loader(name, suffixes, expects, accepts, load_with_options, unit, load_3d))
        return load

    return register


def register_loader_with_options(
    name: str,
    *,
    suffixes: tuple[str, ...],
    expects: str,
    accepts: Callable[[Path], bool],
    unit: Unit = "any",
    load_3d: Load3D | None = None,
) -> Callable[[LoadWithOptions], LoadWithOptions]:
    """As `register_loader`, for a function that also takes `ReadingOptions`."""

    def register(load: LoadWithOptions) -> LoadWithOptions:
        _register(Loader(name, suffixes, expects, accepts, load, unit, load_3d))
        return load

    return register


def load(
    path: str | Path,
    skeleton: Skeleton | str | None = None,
    *,
    camera: Camera | None = None,
    image_size: ImageSize | None = None,
) -> Poses:
    """Read poses from a file or folder of any registered format, recognised by its content.

    =============================  ==============================================================
    ``.parquet``                   written by `Poses.save`, or any with the columns of a CSV
    ``.csv``                       ``<joint>_x``, ``<joint>_y``[, ``<joint>_z``]
                                   [, ``<joint>_score``]; MediaPipe's landmarks; the input of
                                   POEM's inference
    ``.npz``                       ``keypoints`` (N, J, 2) with ``scores`` (N, J) if known;
                                   ``keypoints`` (N, J, 3) = x, y, v as in COCO;
                                   ``poses3d`` (N, J, 3) = x, y, z; or a cross-view benchmark
                                   (`prvipe.io.xview`), or people of COCO
    ``.npy``                       (N, J, 2)
    ``.json``                      COCO annotations and results, OpenPose (BODY_25, BODY_25B, COCO),
                                   AlphaPose (COCO 17, Halpe 26 and 136), MMPose, MediaPipe, MPII
    ``.txt``                       YOLO-pose labels
    folder                         of OpenPose's or MMPose's JSON files, or of YOLO-pose labels
    ``.bvh .amc .c3d .trc``        motion capture, seen through ``camera``
    ``.h5``                        people of MPII; needs h5py
    images and videos              also in folders; people are looked for (`prvipe.io.media`)
    =============================  ==============================================================

    Each format has a file in `prvipe.io` and a section with a sample in ``docs/formats.md``.

    Args:
        path: the file or folder.
        skeleton: which joints the file has, for formats that do not say (arrays). Where the file
            does say, both must agree; use `Poses.to` to change the skeleton afterwards. Of motion
            capture: coco13 (the default) or h36m17.
        camera: azimuth and elevation in degrees and distance in metres, from which motion capture
            is seen, see `prvipe.io.mocap.seen`. It says nothing about other files.
        image_size: width and height in pixels of the image or video that the keypoints are from.
            Formats whose coordinates are divided by it need it, unless the image lies beside the
            file; others check it and keep it as the fields ``width`` and ``height``.

    Returns:
        At least one pose, NaN where the file has none for a joint or its score is 0; with a
        ``source`` field (the path) unless the file brings one. Everyone in a file of several people
        is there, told apart by the field ``person``.

    Raises:
        InputError: no such file, empty, truncated, of no known format, wrong number of joints,
            something that is no number, pixels and coordinates divided by the image size mixed up,
            or a skeleton, camera or image size that is needed, impossible or contradicts the file.
    """
    is_folder = isinstance(path, str | os.PathLike) and os.path.isdir(path)
    file = Path(path) if is_folder else require_file(path)
    known = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    options = ReadingOptions(camera, image_size)
    if camera is None and image_size is None:
        options = said_once.get() or options
    with errors_naming(file):
        loader = _find_loader(file)
        poses = loader.load(file, known, options)
        if len(poses) == 0:
            raise NoPeopleError("holds no poses: it has not a single row")
        if image_size is not None or "width" not in poses.table.column_names:
            poses = with_image_size(poses, options.image_size)
        check_image_units(poses, in_pixels=loader.unit == "pixels")
    if "source" in poses.table.column_names:
        return poses
    return poses.with_fields(source=pa.repeat(printable(file), len(poses)))


def load_poses3d(path: str | Path) -> Poses | None:
    """Read what the poses of a file are in space, where its format knows that.

    It does of cross-view benchmarks and of motion capture: `load` then reads how the same rows look
    in an image.

    Returns:
        As many poses as `load` returns, of h36m17, in metres with z up, NaN where a joint is not
        known; None if the file knows keypoints only.

    Raises:
        InputError: as `load`.
    """
    is_folder = isinstance(path, str | os.PathLike) and os.path.isdir(path)
    file = Path(path) if is_folder else require_file(path)
    with errors_naming(file):
        loader = _find_loader(file)
        return None if loader.load_3d is None else loader.load_3d(file)


def unit_of(path: Path) -> Unit:
    """Return the unit of the keypoints of a file or folder that `load` reads.

    Raises:
        InputError: it is of no known format.
    """
    with errors_naming(path):
        return _find_loader(path).unit


def endings() -> list[str]:
    """Return the endings of files that are read, in the order of the alphabet."""
    return sorted({each for loader in _LOADERS.values() for each in loader.suffixes} - {FOLDER})


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


def _register(loader: Loader) -> None:
    if loader.name in _LOADERS:
        raise InputError(f"a loader named {loader.name!r} is registered already")
    _LOADERS[loader.name] = loader


def _find_loader(file: Path) -> Loader:
    suffix = FOLDER if file.is_dir() else file.suffix.lower()
    candidates = [loader for loader in _LOADERS.values() if suffix in loader.suffixes]
    for loader in reversed(candidates):
        if loader.accepts(file):
            return loader
    if not candidates:
        raise InputError(f"files ending in {suffix!r} are not read, only {', '.join(endings())}")
    if suffix == ".json":
        for _ in iterate_json(file):
            pass  # one that is broken says so itself
    contents = "; ".join(f"{loader.name}: {loader.expects}" for loader in candidates)
    if suffix == FOLDER and (inside := folders_of_keypoints(file)):
        raise InputError(
            f"is not one recording, but holds {len(inside):,} "
            f"{'folder' if len(inside) == 1 else 'folders'} that may be, for example "
            f"{printable(inside[0])}; give one of those"
        )
    kind = "folder" if suffix == FOLDER else f"{suffix} file"
    raise InputError(f"no known content for a {kind}; expected one of: {contents}")
