"""Made-up recordings in the layouts that people have on disk, turned into benchmarks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import load_benchmark
from prvipe.geometry import np_mpjpe_matrix
from prvipe.io.human36m import CAMERA_NAMES

from .conftest import MARKERS

Run = Callable[..., Any]


def test_a_folder_of_motion_capture(
    prvipe: Run, write_trc: Any, motion: Any, tmp_path: Path
) -> None:
    write_trc("clips/walk_1.trc", motion(100, 0))
    write_trc("clips/more/run_1.trc", motion(50, 1))
    out = tmp_path / "clips.npz"
    rig = "0,8,4;90,30,5;180,0,6"
    outcome = prvipe(
        *("data", "build", tmp_path / "clips", "--out", out, "--fps", 10, "--thin", 0.03),
        *("--cameras", rig, "--seed", 4),
    )
    assert outcome.code == 0, outcome.err
    benchmark = load_benchmark(out)
    assert "150 frames read" in outcome.out
    assert "30 frames at 10 frames per second" in outcome.out
    assert f"{len(benchmark)} frames at least 0.03 NP-MPJPE apart" in outcome.out
    assert f"{len(benchmark)} frames of 2 recordings and 2 activities, each seen by 3 cameras" in (
        outcome.out
    )
    assert benchmark.cameras.tolist() == [[0, 8, 4], [90, 30, 5], [180, 0, 6]]
    assert sorted(benchmark.activity) == ["run", "walk"]
    assert benchmark.fps.tolist() == [10, 10]
    distances = np_mpjpe_matrix(benchmark.poses3d, benchmark.poses3d)
    np.fill_diagonal(distances, np.inf)
    assert distances.min() >= 0.03
    assert set(benchmark.keypoints) == {"det", "gt"}
    assert [file.name for file in tmp_path.glob("*.npz")] == ["clips.npz"]


def test_without_thinning_or_noise_everything_is_kept(
    prvipe: Run, write_trc: Any, motion: Any, tmp_path: Path
) -> None:
    file, out = write_trc("walk.trc", motion(40)), tmp_path / "out.npz"
    assert prvipe("data", "build", file, "--out", out, "--thin", 0, "--noise", 0).code == 0
    benchmark = load_benchmark(out)
    assert len(benchmark) == 40
    assert benchmark.fps.tolist() == [50]
    assert len(benchmark.cameras) == 4
    np.testing.assert_array_equal(benchmark.keypoints["det"], benchmark.keypoints["gt"])
    np.testing.assert_allclose(benchmark.poses3d[:, [5, 13]], motion(40)[:, [5, 13]], atol=1e-5)


def test_joints_of_other_names(prvipe: Run, write_trc: Any, motion: Any, tmp_path: Path) -> None:
    strange = {("Zweibein" if name == "LHip" else name): at for name, at in MARKERS.items()}
    file, out = write_trc("walk.trc", motion(40), strange), tmp_path / "out.npz"
    outcome = prvipe("data", "build", file, "--out", out)
    assert outcome.code == 2
    assert "left_hip" in outcome.err
    assert prvipe("data", "build", file, "--out", out, "--joint", "left_hip=Zweibein").code == 0


def test_human36m_with_detections(prvipe: Run, human36m: tuple[Path, Path], tmp_path: Path) -> None:
    solid, flat = human36m
    out = tmp_path / "test.npz"
    outcome = prvipe(
        *("data", "build", solid, "--keypoints", flat, "--split", "test"),
        *("--fps", 10, "--thin", 0, "--out", out),
    )
    assert outcome.code == 0, outcome.err
    benchmark = load_benchmark(out)
    assert "24 frames at 10 frames per second" in outcome.out
    assert "made up" not in outcome.out
    assert sorted(benchmark.sequence_names) == ["S11/Directions 1", "S9/Directions 1"]
    assert benchmark.view_rotations is not None
    assert benchmark.view_rotations.shape == (2, 4, 3, 3)
    error = np.abs(benchmark.keypoints["det"] - benchmark.keypoints["gt"])
    assert 0.001 < error.mean() < 0.005


def test_exact_keypoints_of_a_file(
    prvipe: Run, human36m: tuple[Path, Path], p_stmo: Path, tmp_path: Path
) -> None:
    solid, flat = human36m
    out = tmp_path / "test.npz"
    files = ("--keypoints", flat, "--exact-keypoints", flat)
    outcome = prvipe("data", "build", solid, *files, "--thin", 0, "--out", out)
    assert outcome.code == 0, outcome.err
    benchmark = load_benchmark(out)
    np.testing.assert_array_equal(benchmark.keypoints["gt"], benchmark.keypoints["det"])
    outcome = prvipe("data", "build", p_stmo, "--exact-keypoints", flat, "--out", out)
    assert outcome.code == 2
    assert "keypoints are read for Human3.6M" in outcome.err


def test_chosen_subjects_and_cameras_without_detections(
    prvipe: Run, human36m: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "s1.npz"
    names = f"{CAMERA_NAMES[2]},{CAMERA_NAMES[0]}"
    outcome = prvipe(
        "data", "build", human36m[0], "--subjects", "S1", "--cameras", names, "--out", out
    )
    assert outcome.code == 0, outcome.err
    assert "no detections given: made up" in outcome.out
    benchmark = load_benchmark(out)
    assert len(benchmark.cameras) == 2
    assert benchmark.sequence_names.tolist() == ["S1/Directions 1"]


def test_mpi_inf_3dhp_at_five_frames_per_second(prvipe: Run, p_stmo: Path, tmp_path: Path) -> None:
    out = tmp_path / "3dhp.npz"
    outcome = prvipe("data", "build", p_stmo, "--fps", 5, "--cameras", "C8,C0", "--out", out)
    assert outcome.code == 0, outcome.err
    assert "12 frames at 5 frames per second" in outcome.out
    assert "no detections given: made up" in outcome.out
    benchmark = load_benchmark(out)
    assert benchmark.sequence_names.tolist() == ["S1/Seq1"]
    assert benchmark.fps.tolist() == [5]
    assert benchmark.camera_rotations().shape == (1, 2, 3, 3)
    assert benchmark.camera_names is not None
    assert benchmark.camera_names.tolist() == ["C8", "C0"]
    outcome = prvipe("data", "build", p_stmo, "--split", "test", "--out", out)
    assert outcome.code == 2
    assert "--split test: is of Human3.6M" in outcome.err


def test_listed_frames_are_kept_in_every_camera(
    prvipe: Run, human36m: tuple[Path, Path], tmp_path: Path
) -> None:
    lists = []
    for number, camera in enumerate(CAMERA_NAMES):
        file = tmp_path / f"{camera}.txt"
        # The last camera lacks frame 40.
        frames = [0, 1, 40][: 2 if number == 3 else 3]
        file.write_text("".join(f"S9:Directions 1:{camera}:{frame:06}\n" for frame in frames))
        lists += ["--frame-keys", file]
    out = tmp_path / "listed.npz"
    outcome = prvipe("data", "build", human36m[0], *lists, "--out", out)
    assert outcome.code == 0, outcome.err
    assert "2 of them listed for every camera" in outcome.out
    assert "frame rate noted: 50 per second, as recorded" in outcome.out
    assert f"S9/Directions 1, frame 40: not in camera {CAMERA_NAMES[3]}" in outcome.out
    assert len(load_benchmark(out)) == 2
    outcome = prvipe("data", "build", human36m[0], *lists, "--fps", 10, "--out", out)
    assert outcome.code == 2
    assert "--fps: the lists of --frame-keys say which frames" in outcome.err
    (tmp_path / "wrong.txt").write_text("S9:Directions 1:54138969:000099\n")
    outcome = prvipe(
        "data", "build", human36m[0], "--frame-keys", tmp_path / "wrong.txt", "--out", out
    )
    assert outcome.code == 2
    assert "no frame 99 of S9/Directions 1" in outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--subjects", "S9"], "--subjects: means nothing for raw motion capture"),
        (["--split", "test"], "--split: means nothing for raw motion capture"),
        (["--fps", "60"], "has 50 frames per second, fewer than the 60 wanted"),
        (["--fps", "0"], "frame rate is 0.0"),
        (["--thin", "-1"], "smallest distance is -1.0"),
        (["--noise", "-1"], "noise of the detector is -1.0"),
        (["--seed", "-1"], "'--seed'"),
        (["--cameras", "45,8"], "'45,8' is no camera"),
        (["--cameras", "0,0,0.3"], "move the camera away"),
        (["--unit", "furlong"], "unknown unit 'furlong'"),
        (["--unit", "mm"], "thigh and shank"),
        (["--joint", "left_hip"], "expected OURS=THEIRS"),
        (["--out", "clips.csv"], "end the name in .npz"),
        (["--out", "nowhere/clips.npz"], "there is no folder nowhere"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    prvipe: Run,
    write_trc: Any,
    motion: Any,
    tmp_path: Path,
    options: list[str],
    message: str,
) -> None:
    file, out = write_trc("walk.trc", motion(40)), tmp_path / "out.npz"
    outcome = prvipe("data", "build", file, "--out", out, *options)
    assert outcome.code == 2
    assert message in outcome.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--unit", "mm", "--skip-invalid"], "--unit, --skip-invalid: means nothing for Human3.6M"),
        (["--split", "test", "--subjects", "S9"], "give one of them"),
        (["--split", "train"], "has no subject S5"),
        (["--cameras", "45,8,5"], "cannot select cameras 45, 8, 5"),
    ],
)
def test_options_that_do_not_fit_human36m_are_refused(
    prvipe: Run,
    human36m: tuple[Path, Path],
    tmp_path: Path,
    options: list[str],
    message: str,
) -> None:
    outcome = prvipe("data", "build", human36m[0], "--out", tmp_path / "out.npz", *options)
    assert outcome.code == 2
    assert message in outcome.err


def test_what_is_read_is_never_overwritten(prvipe: Run, human36m: tuple[Path, Path]) -> None:
    for file in human36m:
        before = file.read_bytes()
        outcome = prvipe("data", "build", human36m[0], "--keypoints", human36m[1], "--out", file)
        assert outcome.code == 2
        assert "would overwrite what is read" in outcome.err
        assert file.read_bytes() == before


def test_a_truncated_file_leaves_nothing_behind(
    prvipe: Run, human36m: tuple[Path, Path], truncated: Any, tmp_path: Path
) -> None:
    outcome = prvipe("data", "build", truncated(human36m[0]), "--out", tmp_path / "out.npz")
    assert outcome.code == 2
    assert not (tmp_path / "out.npz").exists()


def test_real_motion_capture_becomes_a_benchmark(
    prvipe: Run, shared_data: Path, tmp_path: Path
) -> None:
    folder, out = shared_data / "readers" / "asf_amc", tmp_path / "cmu.npz"
    outcome = prvipe("data", "build", folder, "--fps", 10, "--out", out)
    assert outcome.code == 0, outcome.err
    assert "1,516 frames read" in outcome.out
    assert "3 .amc files state no frame rate: taken as CMU's 120 per second" in outcome.out
    benchmark = load_benchmark(out)
    assert 100 < len(benchmark) < 128
    assert benchmark.get_keypoints("gt").min() > 0
    assert benchmark.get_keypoints("gt").max() < 1


def test_the_rate_of_motion_capture_that_states_none_is_named(
    prvipe: Run, shared_data: Path, tmp_path: Path
) -> None:
    file, out = shared_data / "readers" / "asf_amc" / "07_01.amc", tmp_path / "cmu.npz"
    options = ("--source-fps", 60, "--thin", 0)
    outcome = prvipe("data", "build", file, *options, "--fps", 30, "--out", out)
    assert outcome.code == 0, outcome.err
    assert "state no frame rate" not in outcome.out
    assert len(load_benchmark(out)) == 158
    outcome = prvipe("data", "build", file, *options, "--fps", 61, "--out", out)
    assert "has 60 frames per second, fewer than the 61 wanted" in outcome.err
