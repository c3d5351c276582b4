"""Which source is meant: a camera, a stream, a folder, a file, or standard input."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prvipe.detection.media_files import is_video
from prvipe.errors import InputError, printable
from prvipe.skeleton import Skeleton, get_skeleton
from prvipe.watch.instants import Instant, Source
from prvipe.watch.notes import Notes
from prvipe.watch.sources.csv_rows import CsvRows
from prvipe.watch.sources.growing_file import follow_lines, standard_input_lines
from prvipe.watch.sources.json_lines import JsonLines
from prvipe.watch.sources.keypoint_lines import KeypointLines, LineReader
from prvipe.watch.sources.patience import Patience

STANDARD_INPUT = "-"
_JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
_CAMERA = re.compile(r"camera:\d+|/dev/video\d+|(rtsp|rtsps|http|https|udp)://.+", re.IGNORECASE)


@dataclass(frozen=True)
class SourceOptions:
    """How a source is read.

    Attributes:
        follow: whether what grows is waited for; None: keypoints are, videos are not.
        skeleton: of keypoints that do not say it.
        every: of a camera or video look at every so many frames.
        give_up_after: seconds after which a lost source is no longer waited for; None: never.
    """

    follow: bool | None = None
    skeleton: str | None = None
    every: int = 1
    give_up_after: float | None = None


def is_camera(source: str) -> bool:
    """Whether a source is a camera or a stream, and no file."""
    return _CAMERA.fullmatch(source) is not None


def without_password(address: str) -> str:
    """An address as it may be shown: without what may hold the password of a camera.

    That is what stands before an @ of the host, and behind a question mark.
    """
    return re.sub(r"\?.*|(?<=://)[^/?]*@", "", address)


def open_source(source: str, options: SourceOptions, notes: Notes) -> Source:
    """Return the source of a name; nothing is read of a camera yet.

    Raises:
        InputError: no such file (one of keypoints is waited for unless it is not followed), one of
            no known format, or an extra is missing.
    """
    patience = Patience(without_password(source), notes, options.give_up_after)
    skeleton = None if options.skeleton is None else get_skeleton(options.skeleton)
    follow = options.follow is not False
    if source == STANDARD_INPUT:
        lines = standard_input_lines(notes)
        return KeypointLines("standard input", lines, _AnyLines(skeleton), notes)
    if is_camera(source):
        from prvipe.watch.sources.live import LiveCamera

        return LiveCamera(source, without_password(source), options.every, notes, patience)
    path = Path(source)
    if path.is_dir():
        from prvipe.watch.sources.openpose_folder import OpenPoseFolder

        return OpenPoseFolder(path, skeleton, notes, patience, follow)
    if is_video(path):
        from prvipe.watch.sources.video_file import VideoFile

        return VideoFile(path, options.every, notes, follow=options.follow is True)
    # What it would be is known by its name alone.
    can_come = follow and path.suffix.lower() in (*_JSON_SUFFIXES, ".csv")
    if not (can_come or path.exists()):
        raise InputError(f"{printable(path)}: no such file")
    lines = follow_lines(path, notes, patience, follow)
    return KeypointLines(printable(path), lines, _reader_of(path, skeleton), notes)


def _reader_of(path: Path, skeleton: Skeleton | None) -> LineReader:
    suffix = path.suffix.lower()
    if suffix in _JSON_SUFFIXES:
        return JsonLines(skeleton)
    if suffix == ".csv":
        return CsvRows(skeleton)
    raise InputError(
        f"{printable(path)}: watched are cameras, streams (rtsp, http, udp), videos, folders of "
        f"OpenPose's JSON, and keypoints in {', '.join(_JSON_SUFFIXES)} (one object per line) and "
        ".csv"
    )


class _AnyLines:
    """Lines of JSON if the first one starts with a brace, else of CSV."""

    def __init__(self, skeleton: Skeleton | None) -> None:
        self._skeleton = skeleton
        self._reader: LineReader | None = None

    def read(self, line: bytes, arrived: float) -> Sequence[Instant]:
        if self._reader is None:
            start = line.lstrip(b"\xef\xbb\xbf \t")
            self._reader = (JsonLines if start.startswith(b"{") else CsvRows)(self._skeleton)
        return self._reader.read(line, arrived)

    def pause(self) -> Sequence[Instant]:
        return self._reader.pause() if self._reader else ()

    def restart(self) -> None:
        self._reader = None
