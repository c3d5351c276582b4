"""The data of a reproduction: to train on, to select on, to measure on, and galleries of people."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array
from prvipe.io.mpi_inf_3dhp import CHEST_CAMERAS, SEQUENCES
from prvipe.io.registry import load
from prvipe.poses import Poses

DATA_FOLDER = "PRVIPE_DATA"
"""Environment variable: the folder in which `--data xview` looks for a folder `xview`."""

CHEST_LEVEL = (0.0, 15.0)
"""Elevations in degrees of cameras that count as chest-level."""

FEWEST_FRAMES = 20
"""Frames without which no test part is measured."""

_SAME_CAMERA = 1e-3
_PARTS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class ReproductionData:
    """What the experiments are run on.

    Attributes:
        name: what the report calls the data.
        train: poses and views to train on.
        val: picks the best weights of each run.
        rig: test poses seen by cameras like those trained on (the paper: Human3.6M).
        unseen: test poses seen by other cameras (the paper: MPI-INF-3DHP); None if there are none.
        galleries: people in the wild by name of the gallery, coco13, 2D alone (the paper: MPII).
    """

    name: str
    train: CrossViewBenchmark
    val: CrossViewBenchmark
    rig: CrossViewBenchmark
    unseen: CrossViewBenchmark | None
    galleries: Mapping[str, Poses] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, CrossViewBenchmark]:
        """What is measured on, by what tables and figures call it: the rig, then the unseen."""
        places = {"training cameras": self.rig}
        if self.unseen is not None:
            places["unseen cameras"] = self.unseen
        return places

    @property
    def unseen_chest_level(self) -> tuple[int, ...]:
        """Numbers of the unseen cameras at chest level; empty if fewer than two are.

        Of MPI-INF-3DHP those that it calls so; of others those of an elevation in `CHEST_LEVEL`.
        """
        if self.unseen is None:
            return ()
        chosen = self.unseen.camera_ids[_at_chest_level(self.unseen)]
        return tuple(int(number) for number in chosen) if len(chosen) > 1 else ()


def load_data(folder: str | os.PathLike[str], galleries: Sequence[Path] = ()) -> ReproductionData:
    """Read train.npz, val.npz and test.npz of a folder, and galleries.

    Made-up cameras of test.npz that also stand in train.npz are the rig; the others are unseen,
    unless the folder holds an unseen.npz (other people, other cameras, such as MPI-INF-3DHP). Real
    cameras stand a little differently before other people, so where test.npz has such, all of
    them are the rig.

    Args:
        folder: the folder, or its name within the folder that PRVIPE_DATA names.
        galleries: files of people in the wild, any format of `load`.

    Raises:
        InputError: no such folder, a file is missing or not what it should be, test.npz is seen by
            other cameras than train.npz or unseen.npz by the same, a part that is measured has
            fewer than two cameras or 20 frames, or as `load_galleries`.
    """
    place = _find_folder(folder)
    train, val, test = (load_benchmark(place / f"{part}.npz") for part in _PARTS)
    if test.view_rotations is None:
        rig, unseen = split_cameras(test, train.cameras)
    else:
        _require_as_many_cameras(test, train)
        rig, unseen = test, None
    other = place / "unseen.npz"
    if other.exists():
        unseen = load_benchmark(other)
        _require_other_cameras(unseen, train)
    for part in (rig, unseen):
        if part is not None:
            _require_measurable(part)
    return ReproductionData(
        name=place.resolve().name,
        train=train,
        val=val,
        rig=rig,
        unseen=unseen,
        galleries=load_galleries(galleries),
    )


def split_cameras(
    test: CrossViewBenchmark, trained_on: Float32Array
) -> tuple[CrossViewBenchmark, CrossViewBenchmark | None]:
    """Split the cameras of a benchmark into those trained on and the others.

    Args:
        test: the benchmark.
        trained_on (V, 3): azimuth, elevation (degrees) and distance of the training cameras.

    Returns:
        The benchmark as the training cameras see it, and as the others do; None if those are fewer
        than two.

    Raises:
        InputError: fewer than two of the cameras are training cameras.
    """
    same = _stand_alike(test.cameras, trained_on)
    if same.sum() < 2:
        raise InputError(
            f"{test.source}: {same.sum()} of its {len(same)} cameras stand as one of the training "
            "cameras, two are needed; give a test.npz that was seen by the training cameras, and "
            "other data as unseen.npz beside it"
        )
    rig = test.select(cameras=test.camera_ids[same].tolist())
    if (~same).sum() < 2:
        return rig, None
    return rig, test.select(cameras=test.camera_ids[~same].tolist())


def load_galleries(paths: Sequence[Path]) -> dict[str, Poses]:
    """Read galleries of people in the wild, by the names of their files without the ending.

    Raises:
        InputError: as `load_gallery`, or two files have one name.
    """
    named: dict[str, Path] = {}
    for path in paths:
        earlier = named.setdefault(path.stem, path)
        if earlier is not path:
            raise InputError(
                f"{path}: a gallery called {path.stem} is given already ({earlier}); give each "
                "file once, and rename one of two that differ only in folder or ending"
            )
    return {name: load_gallery(path) for name, path in named.items()}


def load_gallery(path: Path) -> Poses:
    """Read people in the wild, those with all 13 joints.

    Raises:
        InputError: as `load`, or nobody is complete.
    """
    people = load(path).to("coco13")
    complete = people[people.valid()]
    if len(complete) == 0:
        raise InputError(f"{path}: none of its {len(people)} people has all 13 joints")
    return complete


def _at_chest_level(benchmark: CrossViewBenchmark) -> BoolArray:
    """Which cameras (V,) of a benchmark stand at the height of the chest."""
    published = set(benchmark.sequence_names.tolist()) <= set(SEQUENCES)
    if benchmark.camera_names is not None and published:
        return np.isin(benchmark.camera_names, CHEST_CAMERAS)
    elevation = benchmark.cameras[:, 1]
    return np.asarray((elevation >= CHEST_LEVEL[0]) & (elevation <= CHEST_LEVEL[1]))


def _stand_alike(cameras: Float32Array, others: Float32Array) -> BoolArray:
    """Which of the cameras (V, 3) stand where one of the others (W, 3) does."""
    gap = np.abs(cameras[:, None] - others[None])
    gap[..., 0] = np.minimum(gap[..., 0] % 360, -gap[..., 0] % 360)
    return np.asarray(gap.max(axis=-1).min(axis=1) < _SAME_CAMERA)


def _require_as_many_cameras(test: CrossViewBenchmark, train: CrossViewBenchmark) -> None:
    if len(test.cameras) != len(train.cameras):
        raise InputError(
            f"{test.source}: was seen by {len(test.cameras)} real cameras, but {train.source} by "
            f"{len(train.cameras)}; make both with the same cameras (`prvipe data build --cameras`,"
            " or one --frame-keys per camera), and give other cameras as unseen.npz"
        )


def _require_other_cameras(unseen: CrossViewBenchmark, train: CrossViewBenchmark) -> None:
    if unseen.view_rotations is not None:
        return  # real rigs may be alike by chance, and stand elsewhere before each person
    same = unseen.camera_ids[_stand_alike(unseen.cameras, train.cameras)].tolist()
    if same:
        raise InputError(
            f"{unseen.source}: cameras {', '.join(map(str, same))} stand as cameras of "
            f"{train.source}, so they are not unseen; make it with other --cameras"
        )


def _require_measurable(part: CrossViewBenchmark) -> None:
    if len(part.cameras) < 2 or len(part) < FEWEST_FRAMES:
        raise InputError(
            f"{part.source}: {len(part)} frames seen by {len(part.cameras)} cameras are too few to "
            f"measure retrieval on; give at least {FEWEST_FRAMES} frames and 2 cameras (`prvipe "
            "data build` keeps those that frame keys name: one --frame-keys per camera)"
        )


def _find_folder(folder: str | os.PathLike[str]) -> Path:
    place = Path(folder)
    elsewhere = Path(os.environ.get(DATA_FOLDER, "")) / place
    if not place.is_dir() and DATA_FOLDER in os.environ and elsewhere.is_dir():
        place = elsewhere
    if not place.is_dir():
        raise InputError(
            f"{folder}: no such folder; give one with train.npz, val.npz and test.npz (made by "
            f"`prvipe data build`), or set {DATA_FOLDER} to the folder it lies in"
        )
    missing = [f"{part}.npz" for part in _PARTS if not (place / f"{part}.npz").is_file()]
    if missing:
        raise InputError(
            f"{place}: has no {', '.join(missing)}; a reproduction needs train.npz, val.npz and "
            "test.npz, which `prvipe data build` makes"
        )
    return place
