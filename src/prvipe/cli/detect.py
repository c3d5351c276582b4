"""`prvipe detect`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import counting, errors, say
from prvipe.errors import InputError, printable

if TYPE_CHECKING:
    from prvipe.detection import Detections, Detector, MediaFile
    from prvipe.detection.parts import PartFolder
    from prvipe.detection.sampling import Sampling

_LISTED = 10


class DetectorName(StrEnum):
    """What finds the people."""

    mediapipe = "mediapipe"
    rtmlib = "rtmlib"


def detect(
    media: Annotated[
        list[Path],
        typer.Argument(help="Images, videos and folders of them.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write.", show_default=False)],
    overlay: Annotated[
        Path | None,
        typer.Option(
            help="Also draw the people found: a video (.mp4) for one video, a .png for one image, "
            "a folder for more.",
        ),
    ] = None,
    detector: Annotated[
        DetectorName,
        typer.Option(
            help="mediapipe finds one person per image and needs no network; rtmlib finds several "
            "and downloads its weights the first time.",
        ),
    ] = DetectorName.mediapipe,
    every: Annotated[int, typer.Option(min=1, help="Of videos take every so many frames.")] = 1,
    fps: Annotated[
        float | None,
        typer.Option(help="Of videos take about so many frames per second instead."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
) -> None:
    """Find the people in images and videos: keypoints and scores of each, as Parquet.

    The columns `source`, `frame`, `time` (seconds), `person`, `width` and `height` say where each
    row is from; a frame without people has none. Files that cannot be read are left out and listed
    at the end. What is found is kept in OUT.parts until OUT is written: after Ctrl-C or a crash the
    same command with --resume goes on.

    Needs `pip install "prvipe[detect]"`, or `"prvipe[rtmlib]"` for --detector rtmlib.

    Example: `prvipe detect clip.mp4 photos --out poses.parquet --overlay drawn`
    """
    from prvipe.detection.media_files import find_media
    from prvipe.detection.parts import PartFolder
    from prvipe.detection.run import detect_readable
    from prvipe.detection.sampling import Sampling
    from prvipe.files import require_writable

    if out.suffix.lower() != ".parquet":
        raise InputError(f"--out {out}: poses are written as Parquet; end the name in .parquet")
    sampling = Sampling(every, fps)
    paths = find_media(media)
    overlays = _plan_overlays(overlay, media, paths)
    require_writable(out)
    finder = _make_detector(detector)
    parts = PartFolder.beside(out)
    parts.open(finder, sampling, resume=resume)
    try:
        with counting("looking for people") as progress:
            found = detect_readable(
                paths, finder, every=every, fps=fps, parts=parts, progress=progress
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped; what was found is kept in {parts.folder}, go on with the same command and "
            "--resume"
        ) from None
    _require_people(found, parts)
    found.poses.save(out)
    parts.remove()
    _report(found, out)
    _draw(found, overlays, sampling)


def _make_detector(name: DetectorName) -> Detector:
    from prvipe.detection import MediaPipeDetector, RtmlibDetector

    if name is DetectorName.mediapipe:
        return MediaPipeDetector()
    return RtmlibDetector(tell=lambda message: errors.print(message, soft_wrap=True))


def _plan_overlays(
    overlay: Path | None, media: list[Path], paths: tuple[Path, ...]
) -> dict[Path, Path]:
    """Which overlay is written for which file."""
    from prvipe.detection.media_files import is_video
    from prvipe.files import make_folder, require_writable
    from prvipe.report.media_overlay import overlay_names
    from prvipe.report.video import require_video_path

    if overlay is None:
        return {}
    if overlay.suffix == "" or overlay.is_dir():
        for each in media:
            if each.is_dir() and overlay.resolve().is_relative_to(each.resolve()):
                raise InputError(
                    f"--overlay {overlay}: lies in {each}, where it would be taken for new media "
                    "the next time; choose a folder elsewhere"
                )
        planned = dict(zip(paths, overlay_names(paths, make_folder(overlay)), strict=True))
    elif len(paths) > 1:
        raise InputError(
            f"--overlay {overlay}: is one file for {len(paths):,} images and videos; name a folder"
        )
    else:
        planned = {paths[0]: overlay}
        if is_video(paths[0]):
            require_video_path(overlay)
        elif overlay.suffix.lower() != ".png":
            raise InputError(f"--overlay {overlay}: images are written as PNG; end it in .png")
        require_writable(overlay)
    sources = {file.resolve() for file in paths}
    for target in planned.values():
        if target.resolve() in sources:
            raise InputError(f"--overlay {overlay}: would overwrite {target}; choose another")
    return planned


def _require_people(found: Detections, parts: PartFolder) -> None:
    """Refuse to write a file without a single row.

    Raises:
        InputError: nothing could be read, or nobody was found.
    """
    if len(found.poses):
        return
    parts.remove()
    frames = sum(file.frames for file in found.files)
    problems = [file.problem for file in found.files if file.problem]
    if frames:
        for problem in problems:
            say(f"skipped: {problem}")
        raise InputError(
            f"nobody was found in {_count(frames, 'frame')} of {_count(len(found.files), 'file')}; "
            "nothing was written"
        )
    more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
    raise InputError(f"none of the files can be read: {problems[0]}{more}")


def _report(found: Detections, out: Path) -> None:
    from prvipe.detection.media_files import is_video

    frames = sum(file.frames for file in found.files)
    read = sum(file.frames > 0 for file in found.files)
    say(
        f"{out}: {_count(len(found.poses), 'pose')} in {_count(frames, 'frame')} of "
        f"{_count(read, 'file')}"
    )
    for file in found.files:
        if is_video(file.path) and file.without_people:
            say(
                f"{printable(file.path)}: nobody in {file.without_people:,} of "
                f"{_count(file.frames, 'frame')}"
            )
    empty = [f for f in found.files if not is_video(f.path) and f.without_people]
    if empty:
        say(f"nobody in {_count(len(empty), 'image')}: {_names(empty)}")
    for file in found.files:
        if file.problem:
            say(f"{'read in part' if file.frames else 'skipped'}: {file.problem}")


def _draw(found: Detections, overlays: dict[Path, Path], sampling: Sampling) -> None:
    from prvipe.report.media_overlay import write_overlay

    for file in found.files:
        if file.path in overlays and file.frames:
            with counting(f"drawing {file.path.name}") as progress:
                write_overlay(
                    file.path,
                    found.poses,
                    overlays[file.path],
                    every=sampling.every,
                    fps=sampling.fps,
                    progress=progress,
                )
            say(f"{overlays[file.path]}: drawn")


def _names(files: Iterable[MediaFile]) -> str:
    names = [printable(file.path) for file in files]
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
