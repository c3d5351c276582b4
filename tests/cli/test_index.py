"""`prvipe index`."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.index import PoseIndex
from prvipe.index.folder import only_writer
from prvipe.io.xview import FILE_JOINTS
from prvipe.poses import Poses
from prvipe.skeleton import COCO13, H36M17

Run = Callable[..., Any]


def clip(path: Path, count: int = 6, seed: int = 0, **fields: object) -> Path:
    rng = np.random.default_rng(seed)
    keypoints = rng.normal(500, 100, (count, 13, 2)).astype(np.float32)
    table: Any = {"frame": np.arange(count), "time": np.arange(count) / 10, **fields}
    Poses(keypoints, None, "coco13", table).save(path)
    return path


@pytest.fixture
def library(prvipe: Run, scored_model_file: Path, tmp_path: Path) -> Path:
    """An index of two clips, `a.parquet` and `b.parquet`."""
    lib = tmp_path / "my lib é.pvi"
    files = [clip(tmp_path / "a.parquet"), clip(tmp_path / "b.parquet", 4, 1)]
    done = prvipe("index", "build", lib, *files, "--model", scored_model_file)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{lib}: 10 poses added of 2 inputs, 10 in all\n"
    return lib


def test_an_index_says_what_it_holds(
    prvipe: Run, library: Path, scored_model_file: Path, tmp_path: Path
) -> None:
    done = prvipe("index", "info", library, "--check")
    assert (done.code, done.err) == (0, "")
    index = PoseIndex.load(library)
    size = index.bytes_on_disk()
    assert done.out.splitlines() == [
        f"{library}: 10 poses of 2 sources",
        f"model: {scored_model_file} ({index.model.fingerprint})",
        f"size: {size:,} bytes, {size / 10:.0f} bytes per pose",
        "columns: row (int64), frame (int64), time (double), source (string)",
        f"  {tmp_path / 'a.parquet'}: 6 poses",
        f"  {tmp_path / 'b.parquet'}: 4 poses",
        "every file is as it was written",
    ]


def test_files_that_are_there_are_not_added_twice(
    prvipe: Run, library: Path, tmp_path: Path
) -> None:
    a, c = tmp_path / "a.parquet", clip(tmp_path / "c.parquet", 3, 2)
    done = prvipe("index", "add", library, a, c)
    assert done.code == 0
    assert done.out.splitlines() == [
        f"{library}: 3 poses added of 1 input, 13 in all",
        "1 input in the index already: left out (--again adds them anyway)",
    ]
    done = prvipe("index", "add", library, a)
    assert done.out.startswith(f"{library}: 0 poses added of 0 inputs, 13 in all")
    assert len(PoseIndex.load(library)) == 13
    prvipe("index", "add", library, a, "--again")
    assert len(PoseIndex.load(library)) == 19


def test_removed_poses_are_gone(prvipe: Run, library: Path, tmp_path: Path) -> None:
    done = prvipe(
        "index", "remove", library, "--where", f"source={tmp_path / 'a.parquet'}",
        "--where", "frame>=2",
    )  # fmt: skip
    assert (done.code, done.out) == (0, f"{library}: 4 poses removed, 6 left\n")
    assert PoseIndex.load(library).sources()[str(tmp_path / "a.parquet")] == 2
    done = prvipe("index", "remove", library, "--where", "frame=77")
    assert done.out == f"{library}: 0 poses removed, 6 left\n"


def test_inputs_that_cannot_be_read_are_left_out_and_listed(
    prvipe: Run, library: Path, truncated: Callable[[Path], Path], tmp_path: Path
) -> None:
    good = clip(tmp_path / "good.parquet", 3, 2)
    half = truncated(good)
    text = clip(tmp_path / "text.parquet", 2, 3, label=["x", "y"])
    number = clip(tmp_path / "number.parquet", 2, 4, label=[1, 2])
    done = prvipe("index", "add", library, half, text, number, tmp_path / "none.csv", good)
    assert done.code == 0
    assert done.out == f"{library}: 5 poses added of 2 inputs, 15 in all\n"
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert f"left out: {half}" in lines[0]
    assert f"{number}: column label holds int64 and that of the index string" in lines[1]
    assert "none.csv: no such file" in lines[2]


def test_nothing_to_add_is_an_error_and_writes_nothing(
    prvipe: Run, scored_model_file: Path, tmp_path: Path
) -> None:
    done = prvipe(
        "index", "build", tmp_path / "lib.pvi", tmp_path / "none.csv", "--model", scored_model_file
    )
    assert (done.code, done.out) == (2, "")
    assert "there was nothing to add" in done.err
    assert "none.csv: no such file" in done.err
    assert not (tmp_path / "lib.pvi").exists()


def test_poses_in_space_are_kept_where_a_file_knows_them(
    prvipe: Run, scored_model_file: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    poses3d = rng.normal(size=(4, 17, 3))
    views = rng.uniform(0.1, 0.9, (4, 2, 13, 2))  # its images have height 1, which is no mistake
    np.savez(
        tmp_path / "views.npz",
        poses3d=poses3d,
        kp2d_det=views,
        joints=np.array(FILE_JOINTS),
        cameras=rng.normal(size=(2, 3)),
        fps=np.array([25]),
        sequence=np.zeros(4, int),
        sequence_names=np.array(["walk"]),
        activity=np.array(["walk"]),
    )
    lib = tmp_path / "lib.pvi"
    files = [clip(tmp_path / "a.parquet"), tmp_path / "views.npz"]
    done = prvipe("index", "build", lib, *files, "--model", scored_model_file)
    assert (done.code, done.err) == (0, "")
    assert "3D: 8 poses known in space, 94 bytes each" in prvipe("index", "info", lib).out
    index = PoseIndex.load(lib)
    expected = poses3d[:, [H36M17.index(joint) for joint in COCO13.joints]]
    found = index.poses3d(range(14))
    assert np.isnan(found[:6]).all()
    np.testing.assert_allclose(found[6:], np.repeat(expected, 2, axis=0), atol=1e-4)


def test_poses_with_too_few_joints_are_left_out_and_counted(
    prvipe: Run, scored_model_file: Path, tmp_path: Path
) -> None:
    keypoints = np.random.default_rng(0).normal(size=(5, 13, 2))
    scores = np.ones((5, 13))
    scores[[1, 3], 3:] = 0
    Poses(keypoints, scores, "coco13").save(tmp_path / "few.parquet")
    done = prvipe(
        "index", "build", tmp_path / "lib.pvi", tmp_path / "few.parquet",
        "--model", scored_model_file,
    )  # fmt: skip
    assert done.out.splitlines()[1] == "2 poses with fewer than four joints: left out"
    assert len(PoseIndex.load(tmp_path / "lib.pvi")) == 3


def test_one_person_of_each_recording_can_be_taken(
    prvipe: Run, scored_model_file: Path, tmp_path: Path
) -> None:
    frame, person = np.divmod(np.arange(8), 2)
    keypoints = np.random.default_rng(0).normal(size=(8, 13, 2)) * (1 + person)[:, None, None]
    poses = Poses(keypoints, None, "coco13", {"frame": frame, "person": person})
    poses.save(tmp_path / "two.parquet")
    for choice, expected in (("all", 8), ("1", 4), ("0", 4)):
        lib = tmp_path / f"{choice}.pvi"
        done = prvipe(
            "index", "build", lib, tmp_path / "two.parquet", "--model", scored_model_file,
            "--person", choice,
        )  # fmt: skip
        assert done.code == 0, done.err
        assert len(PoseIndex.load(lib)) == expected
    done = prvipe(
        "index", "build", tmp_path / "x.pvi", tmp_path / "two.parquet", "--person", "tallest"
    )
    assert done.code == 2
    assert "expected largest" in done.err


def test_an_index_is_not_overwritten(prvipe: Run, library: Path, tmp_path: Path) -> None:
    done = prvipe("index", "build", library, tmp_path / "a.parquet")
    assert done.code == 2
    assert "there is an index already; add to it with prvipe index add" in done.err
    done = prvipe("index", "build", tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert done.code == 2
    assert "is a file, an index is a folder" in done.err
    for command in (("add", tmp_path / "a.parquet"), ("info",), ("remove", "--where", "row=1")):
        done = prvipe("index", command[0], tmp_path / "none.pvi", *command[1:])
        assert done.code == 2
        assert "there is no index; make one with prvipe index build" in done.err
    assert not (tmp_path / "none.pvi").exists()


def test_another_model_is_refused_by_the_names_of_both(
    prvipe: Run, library: Path, tmp_path: Path, scored_model_file: Path
) -> None:
    done = prvipe("index", "add", library, clip(tmp_path / "c.parquet"), "--model", "small")
    assert done.code == 2
    assert str(scored_model_file) in done.err
    assert "this is model small" in done.err
    assert len(PoseIndex.load(library)) == 10


def test_an_index_that_another_program_writes_to_is_left_alone(
    prvipe: Run, library: Path, tmp_path: Path
) -> None:
    """Held here by another process: the lock of this one would let it in."""
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from prvipe.index.folder import only_writer\n"
        "with only_writer(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, os.fspath(library)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        done = prvipe("index", "add", library, clip(tmp_path / "c.parquet"))
        process.communicate()
    assert done.code == 2
    assert "another program is writing to this index" in done.err
    with only_writer(library):
        pass


def test_long_runs_save_on_the_way(
    prvipe: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was added before an interruption is kept, and the same command goes on."""
    from prvipe.cli import filling as module

    monkeypatch.setattr(module, "_SAVED_EVERY", 0.0)
    files = [clip(tmp_path / f"{name}.parquet", 2, n) for n, name in enumerate("cdef", 5)]
    load, calls = module._load, 0

    def interrupted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return load(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_load", interrupted)
        prvipe("index", "add", library, *files)
    assert len(PoseIndex.load(library)) == 14
    done = prvipe("index", "add", library, *files)
    assert done.out.startswith(f"{library}: 4 poses added of 2 inputs, 18 in all")


def test_a_folder_of_folders_of_keypoints_is_taken_apart(
    prvipe: Run, scored_model_file: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for camera in ("cam02_json", "cam01_json", ".hidden"):
        folder = tmp_path / "openpose" / camera
        folder.mkdir(parents=True)
        for frame in range(2):
            values = np.column_stack([rng.uniform(100, 900, (25, 2)), np.ones(25)]).ravel()
            person = {"pose_keypoints_2d": values.tolist()}
            text = json.dumps({"version": 1.3, "people": [person]})
            (folder / f"{camera}_{frame:012d}_keypoints.json").write_text(text)
    lib = tmp_path / "lib.pvi"
    arguments = (lib, tmp_path / "openpose", "--model", scored_model_file)
    done = prvipe("index", "build", *arguments, "--skeleton", "body25")
    assert (done.code, done.err) == (0, "")
    assert "4 poses added of 2 inputs" in done.out
    inside = [str(tmp_path / "openpose" / name) for name in ("cam01_json", "cam02_json")]
    assert sorted(PoseIndex.load(lib).sources()) == inside
    embedded = prvipe("embed", tmp_path / "openpose", "--out", tmp_path / "e.parquet")
    assert embedded.code == 2
    assert f"holds 2 folders that may be, for example {inside[0]}; give one" in embedded.err


def test_a_value_that_no_pose_has_is_noted(prvipe: Run, library: Path, tmp_path: Path) -> None:
    done = prvipe("index", "remove", library, "--where", "source=b.parquet")
    assert (done.code, done.out) == (0, f"{library}: 0 poses removed, 10 left\n")
    there = f"there are {tmp_path / 'b.parquet'}, {tmp_path / 'a.parquet'}"
    assert f"note: --where: no pose has source b.parquet; {there}\n" in done.err
    done = prvipe("search", library, "--row", "0", "--where", "source!=a.parquet", "--json")
    assert "no pose has source a.parquet" in done.err
    assert json.loads(done.out)["matches"]
    right = prvipe("index", "remove", library, "--where", f"source={tmp_path / 'b.parquet'}")
    assert (right.out, right.err) == (f"{library}: 4 poses removed, 6 left\n", "")


@pytest.mark.parametrize("every", [60.0, 0.0])
def test_ctrl_c_says_what_is_kept(
    prvipe: Run,
    library: Path,
    scored_model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    every: float,
) -> None:
    from prvipe.cli import filling as module

    load = module._load

    def interrupted(path: Path, skeleton: str | None, person: str) -> Poses:
        if path.name == "b.parquet":
            raise KeyboardInterrupt
        return load(path, skeleton, person)

    monkeypatch.setattr(module, "_load", interrupted)
    monkeypatch.setattr(module, "_SAVED_EVERY", every)
    files = [tmp_path / name for name in ("a.parquet", "b.parquet")]
    new = tmp_path / "new.pvi"
    done = prvipe("index", "build", new, *files, "--model", scored_model_file)
    assert (done.code, done.out) == (130, "")
    if every:
        assert done.err == "stopped; nothing was written\n"
        assert not new.exists()
    else:
        assert "go on with prvipe index add and the same files" in done.err
        assert len(PoseIndex.load(new)) == 6
    done = prvipe("index", "add", library, files[1], "--again")
    assert (done.code, done.err) == (130, "stopped; nothing was written\n")
