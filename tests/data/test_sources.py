import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prvipe.data.sources import (
    MotionOptions,
    SourceKind,
    motion_files,
    read_motion,
    read_recordings,
    recognise,
)
from prvipe.errors import InputError


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """`make("a/b.bvh", array=...)` -> a file of that name: npz of the arrays, or a word."""

    def write(name: str, **arrays: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if arrays:
            np.savez(path, **arrays)
        else:
            path.write_text("HIERARCHY")
        return path

    return write


@pytest.mark.parametrize(
    ("name", "arrays", "kind"),
    [
        ("walk.BVH", {}, SourceKind.MOTION),
        ("05.asf", {}, SourceKind.MOTION),
        ("data_3d_h36m.npz", {"positions_3d": {"S1": {}}}, SourceKind.HUMAN36M),
        ("data_train_3dhp.npz", {"data": {"S1 Seq1": []}}, SourceKind.P_STMO),
    ],
)
def test_files_are_told_apart(
    make: Callable[..., Path], name: str, arrays: dict[str, object], kind: SourceKind
) -> None:
    assert recognise([make(name, **arrays)]) is kind


def test_folders_are_told_apart(make: Callable[..., Path], tmp_path: Path) -> None:
    make("clips/deep/a.bvh")
    make("3dhp/S1/Seq1/annot.mat")
    assert recognise([tmp_path / "clips"]) is SourceKind.MOTION
    assert recognise([tmp_path / "3dhp"]) is SourceKind.MPI_INF_3DHP


def test_a_folder_gives_its_motion_in_order(make: Callable[..., Path], tmp_path: Path) -> None:
    files = [make(f"clips/{name}") for name in ("b.c3d", "deep/a.bvh", "a.AMC")]
    make("clips/a.asf")
    make("clips/notes.txt")
    assert motion_files(tmp_path / "clips") == [files[2], files[0], files[1]]


def test_nothing_known_lists_what_is(make: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"notes\.txt: no motion that is known; give \.bvh"):
        recognise([make("notes.txt")])
    with pytest.raises(InputError, match=r"other\.npz: no motion that is known"):
        recognise([make("other.npz", keypoints=np.zeros(3))])
    with pytest.raises(InputError, match=r"absent\.bvh: no such file"):
        recognise([tmp_path / "absent.bvh"])
    with pytest.raises(InputError, match="no files to make a benchmark of; name motion capture"):
        recognise([])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: holds no motion capture \(\.bvh"):
        read_motion([tmp_path / "empty"])


def test_one_kind_at_a_time(make: Callable[..., Path]) -> None:
    bvh, h36m = make("a.bvh"), make("h36m.npz", positions_3d={"S1": {}})
    with pytest.raises(InputError, match=r"sources of different kinds: .*a\.bvh \(raw motion"):
        recognise([bvh, h36m])
    with pytest.raises(InputError, match=r"2 sources of Human3\.6M; give one at a time"):
        recognise([h36m, make("more.npz", positions_3d={"S1": {}})])


def test_detections_are_for_human36m(make: Callable[..., Path]) -> None:
    source = make("data_train_3dhp.npz", data={"S1 Seq1": []})
    with pytest.raises(InputError, match=r"det\.npz: keypoints are read for Human3\.6M, not for"):
        read_recordings(source, SourceKind.P_STMO, detections=Path("det.npz"))


def test_real_motion_from_a_folder_and_a_file_of_it(shared_data: Path, tmp_path: Path) -> None:
    for name in ("07.asf", "07_01.amc", "07_11.amc"):
        shutil.copy(shared_data / "readers" / "asf_amc" / name, tmp_path)
    calls: list[tuple[int, int]] = []
    poses = read_motion(
        [tmp_path, tmp_path / "07_11.amc"], progress=lambda *progress: calls.append(progress)
    )
    assert calls == [(1, 2), (2, 2)]
    assert [name.split("/")[-1] for name in poses.sequence_names] == ["07_01.amc", "07_11.amc"]
    assert len(poses) == 316 + 315
    assert set(poses.subject) == {"07"}


def test_options_reach_the_reader(shared_data: Path) -> None:
    file = shared_data / "readers" / "bvh" / "cmu_131_01.bvh"
    with pytest.raises(InputError, match="--unit cmu"):
        read_motion([file])
    assert len(read_motion([file], MotionOptions(unit="cmu"))) > 900
    with pytest.raises(InputError, match="unknown axis up 'w'"):
        read_motion([file], MotionOptions(unit="cmu", up="w"))


def test_a_skeleton_file_elsewhere_is_used(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "readers" / "asf_amc"
    motion = Path(shutil.copy(folder / "07_01.amc", tmp_path))
    with pytest.raises(InputError, match="its skeleton is missing"):
        read_motion([motion])
    assert len(read_motion([motion], MotionOptions(skeleton_file=folder / "07.asf"))) == 316
