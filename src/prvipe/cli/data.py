"""`prvipe data build`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import counting, errors, say
from prvipe.cli.settings import parse_cameras, parse_joints, parse_subjects
from prvipe.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from prvipe.data.benchmark import CrossViewBenchmark
    from prvipe.data.sources import SourceKind
    from prvipe.io.multi_view import MultiViewPoses
    from prvipe.poses.poses3d import Poses3D

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")

_NEAR = 0.02
_LISTED = 5


class Split(StrEnum):
    """The paper's split of Human3.6M by subjects."""

    train = "train"
    test = "test"


@app.callback()
def data() -> None:
    """Make benchmarks of your own data.

    Example: `prvipe data build clips/ --out clips.npz --unit cm --fps 10`
    """


@app.command()
def build(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Motion capture (.bvh, .amc, .c3d, .trc; files or folders), VideoPose3D's "
            "data_3d_h36m.npz, or MPI-INF-3DHP (its folder, or P-STMO's npz).",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Benchmark to write (.npz).", show_default=False)],
    fps: Annotated[
        float | None, typer.Option(help="Frames per second to keep; all by default.")
    ] = None,
    thin: Annotated[
        float | None,
        typer.Option(
            help="Leave out poses nearer than this NP-MPJPE to an earlier one; 0 keeps all. "
            f"{_NEAR} by default, 0 with frame keys.",
            show_default=False,
        ),
    ] = None,
    cameras: Annotated[
        str | None,
        typer.Option(
            help="For motion capture azimuth, elevation (degrees) and distance (m), such as "
            '"45,8,5;135,8,5", by default four at chest level; else names of real cameras.',
            show_default=False,
        ),
    ] = None,
    noise: Annotated[
        float, typer.Option(help="Strength of the detector's errors where they are made up.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Of these errors.")] = 0,
    unit: Annotated[
        str | None,
        typer.Option(help="Of mocap: m, cm, mm, inch, cmu.", show_default=False),
    ] = None,
    up: Annotated[
        str | None,
        typer.Option(help="Its axis that points up: x, y, z, -x, -y, -z.", show_default=False),
    ] = None,
    joint: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="A joint's name in motion capture files."),
    ] = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Leave out frames with joints not captured.")
    ] = False,
    skeleton_file: Annotated[
        Path | None,
        typer.Option(help="The .asf of .amc files that is not beside them.", show_default=False),
    ] = None,
    source_fps: Annotated[
        float | None,
        typer.Option(help="Its frames per second; .amc does not say, 120 by default."),
    ] = None,
    keypoints: Annotated[
        Path | None,
        typer.Option(help="Detections of Human3.6M: data_2d_h36m_*.npz.", show_default=False),
    ] = None,
    exact_keypoints: Annotated[
        Path | None,
        typer.Option(help="data_2d_h36m_gt.npz; by default projected.", show_default=False),
    ] = None,
    subjects: Annotated[
        str | None, typer.Option(help="Such as S9,S11; all by default.", show_default=False)
    ] = None,
    split: Annotated[
        Split | None,
        typer.Option(help="The paper's subjects of Human3.6M.", show_default=False),
    ] = None,
    frame_keys: Annotated[
        list[Path] | None,
        typer.Option(help="Lists of frames to keep, one per camera.", show_default=False),
    ] = None,
) -> None:
    """Make a cross-view benchmark for `prvipe train` and `prvipe evaluate`.

    Motion capture is seen by made-up cameras with a detector's errors; data sets of real cameras
    keep their own.

    Example: `prvipe data build clips/ --out clips.npz --unit cm --fps 10`

    Example: `prvipe data build data_3d_h36m.npz --keypoints data_2d_h36m_cpn_ft_h36m_dbb.npz
    --split test --fps 10 --out h36m-test.npz`
    """
    from prvipe.data.benchmark import save_benchmark
    from prvipe.data.cross_view import from_real_views, see
    from prvipe.data.sources import MotionOptions, SourceKind, read_motion, recognise

    _check_out(out, [*sources, *filter(None, (keypoints, exact_keypoints))])
    kind = recognise(sources)
    if kind is SourceKind.MOTION:
        _refuse(kind, keypoints=keypoints, exact_keypoints=exact_keypoints, subjects=subjects)
        _refuse(kind, split=split, frame_keys=frame_keys)
    else:
        _refuse(kind, unit=unit, up=up, joint=joint, skip_invalid=skip_invalid)
        _refuse(kind, skeleton_file=skeleton_file, source_fps=source_fps is not None)
    if frame_keys and fps is not None:
        raise InputError("--fps: the lists of --frame-keys say which frames; leave one of them out")
    if kind is SourceKind.MOTION:
        rig = _made_up_cameras(cameras)
        names = parse_joints(joint or [])
        options = MotionOptions(unit, up, names, skip_invalid, skeleton_file, source_fps)
        if source_fps is None:
            _name_assumed_rate(sources)
        with counting("reading") as progress:
            poses = read_motion(sources, options, progress)
        rows = _choose(poses, fps, _NEAR if thin is None else thin)
        benchmark = see(poses.select(rows), rig, seed, noise, frame_rate=fps)
    else:
        wanted = _wanted_subjects(subjects, split, kind)
        views = _read_views(sources[0], kind, (keypoints, exact_keypoints), wanted, cameras)
        if frame_keys:
            views = _listed(views, frame_keys)
        near = thin if thin is not None else (0.0 if frame_keys else _NEAR)
        views = views.select(_choose(views.poses, fps, near))
        if "det" not in views.keypoints:
            say(f"no detections given: made up from exact keypoints, errors of strength {noise:g}")
        benchmark = from_real_views(views, seed, noise, frame_rate=fps)
    save_benchmark(benchmark, out)
    _describe(benchmark, out)


def _check_out(out: Path, inputs: list[Path]) -> None:
    from prvipe.files import require_writable

    if out.suffix.lower() != ".npz":
        raise InputError(f"--out {out}: benchmarks are npz files; end the name in .npz")
    for file in inputs:
        if out.exists() and file.exists() and out.samefile(file):
            raise InputError(f"--out {out}: would overwrite what is read; choose another name")
    require_writable(out)


def _refuse(kind: SourceKind, **options: object) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if given:
        raise InputError(f"{', '.join(given)}: means nothing for {kind.value}; leave it out")


def _made_up_cameras(cameras: str | None) -> npt.NDArray[np.float32]:
    from prvipe.data.synthetic import CAMERAS

    return CAMERAS if cameras is None else parse_cameras(cameras)


def _name_assumed_rate(sources: list[Path]) -> None:
    from prvipe.data.sources import files_without_frame_rate
    from prvipe.io.mocap.acclaim import FPS

    if files := files_without_frame_rate(sources):
        what = _count(len(files), ".amc file states", ".amc files state")
        say(f"{what} no frame rate: taken as CMU's {FPS:g} per second; --source-fps names another")


def _wanted_subjects(
    subjects: str | None, split: Split | None, kind: SourceKind
) -> list[str] | None:
    from prvipe.data.sources import SourceKind
    from prvipe.io.human36m import EVALUATION_SUBJECTS, TRAINING_SUBJECTS

    if split is None:
        return None if subjects is None else parse_subjects(subjects)
    if subjects is not None:
        raise InputError("--split and --subjects: give one of them")
    if kind is not SourceKind.HUMAN36M:
        raise InputError(f"--split {split}: is of Human3.6M, not of {kind.value}; use --subjects")
    return list(TRAINING_SUBJECTS if split is Split.train else EVALUATION_SUBJECTS)


def _read_views(
    source: Path,
    kind: SourceKind,
    keypoints: tuple[Path | None, Path | None],
    subjects: list[str] | None,
    cameras: str | None,
) -> MultiViewPoses:
    from prvipe.data.sources import read_recordings

    names = None if cameras is None else [name.strip() for name in cameras.split(",")]
    with errors.status(f"reading {kind.value}"):
        return read_recordings(source, kind, *keypoints, subjects, names)


def _listed(views: MultiViewPoses, lists: list[Path]) -> MultiViewPoses:
    from prvipe.data.sources import select_listed_frames

    chosen, dropped = select_listed_frames(views, lists)
    say(f"{len(views):>9,} frames recorded, {len(chosen):,} of them listed for every camera")
    for line in dropped[:_LISTED]:
        say(f"          left out: {line}")
    if len(dropped) > _LISTED:
        say(f"          left out: {len(dropped) - _LISTED:,} more that a camera lacks")
    kept = chosen.poses.fps[chosen.poses.sequence]
    rates = " and ".join(f"{rate:g}" for rate in sorted(set(kept.tolist())))
    say(f"          frame rate noted: {rates} per second, as recorded, though few are listed")
    return chosen


def _choose(poses: Poses3D, fps: float | None, smallest_distance: float) -> npt.NDArray[np.int64]:
    from prvipe.data.selection import choose_frames

    with counting("leaving out near-duplicates") as progress:
        choice = choose_frames(poses, fps, smallest_distance, progress)
    for what, count in choice.steps:
        say(f"{count:>9,} frames {what}")
    return choice.rows


def _describe(benchmark: CrossViewBenchmark, out: Path) -> None:
    sequences = len(set(benchmark.sequence.tolist()))
    activities = len(set(benchmark.activity[benchmark.sequence].tolist()))
    say(
        f"{out}: {len(benchmark):,} frames of {_count(sequences, 'recording')} and "
        f"{_count(activities, 'activity', 'activities')}, each seen by "
        f"{_count(len(benchmark.cameras), 'camera')}"
    )
    if sequences < len(benchmark.sequence_names):
        say(f"{len(benchmark.sequence_names) - sequences} recordings kept no frame")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
