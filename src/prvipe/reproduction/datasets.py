"""The data of a reproduction: to train on, to select on, to measure on, and galleries of people."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.io.registry import load_poses
from prvipe.poses import Poses

DATA_FOLDER = "PRVIPE_DATA"
"""Environment variable: the folder in which `--data xview` looks for a folder `xview`."""

CHEST_LEVEL = (0.0, 15.0)
"""Elevations in degrees of cameras that count as chest-level."""

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
    def unseen_chest_level(self) -> tuple[int, ...]:
        """Numbers of the unseen cameras at chest level; empty if fewer than two are."""
        if self.unseen is None:
            return ()
        elevation = self.unseen.cameras[:, 1]
        chosen = self.unseen.camera_ids[
            (elevation >= CHEST_LEVEL[0]) & (elevation <= CHEST_LEVEL[1])
        ]
        return tuple(int(number) for number in chosen) if len(chosen) > 1 else ()


def load_data(folder: str | os.PathLike[str], galleries: Sequence[Path] = ()) -> ReproductionData:
    """Read train.npz, val.npz and test.npz of a folder, and galleries.

    Cameras of test.npz that also stand in train.npz are the rig, all others are unseen. Real
    cameras stand a little differently before other people, so where test.npz has such, or where
    the folder holds an unseen.npz (other people, other cameras, such as MPI-INF-3DHP), all of
    test.npz is the rig.

    Args:
        folder: the folder, or its name within the folder that PRVIPE_DATA names.
        galleries: files of people in the wild, any format of `load_poses`.

    Raises:
        InputError: no such folder, a file is missing or not what it should be, fewer than two
            cameras of test.npz stand in train.npz, or a gallery without a complete person.
    """
    place = _find_folder(folder)
    train, val, test = (load_benchmark(place / f"{part}.npz") for part in _PARTS)
    other = place / "unseen.npz"
    rig, unseen = test, load_benchmark(other) if other.exists() else None
    if unseen is None and test.view_rotations is None:
        rig, unseen = split_cameras(test, train.cameras)
    return ReproductionData(
        name=place.resolve().name,
        train=train,
        val=val,
        rig=rig,
        unseen=unseen,
        galleries={path.stem: load_gallery(path) for path in galleries},
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
    gap = np.abs(test.cameras[:, None] - trained_on[None]).max(axis=-1)
    same = gap.min(axis=1) < _SAME_CAMERA
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


def load_gallery(path: Path) -> Poses:
    """Read people in the wild, those with all 13 joints.

    Raises:
        InputError: as `load_poses`, or nobody is complete.
    """
    people = load_poses(path).to("coco13")
    complete = people[people.valid()]
    if len(complete) == 0:
        raise InputError(f"{path}: none of its {len(people)} people has all 13 joints")
    return complete


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
