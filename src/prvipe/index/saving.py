"""Which segments an index is kept in, and how they get to the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prvipe.errors import InputError
from prvipe.files import sync_to_disk
from prvipe.index.manifest import SegmentNote
from prvipe.index.segment import APPROXIMATE_FROM, Segment, concatenate, merge
from prvipe.index.segment_files import write_deletions, write_segment

FULL = 1_000_000
"""Poses from which on a segment is merged with no other: what a save takes in memory is bounded."""

_MOST_DELETED = 0.3
"""Share of a segment's poses that may be deleted before it is written anew without them."""


def consolidate(segments: Sequence[Segment]) -> list[Segment]:
    """Merge segments so that few are left, each at least twice as large as the next, or full.

    A pose is written again only when its segment at least grows by half: some ten times in all, on
    its way into an index of a million that grows by a thousand at a time.
    """
    kept = [segment for segment in segments if segment.living]
    settled = len(kept)
    while settled and kept[settled - 1].note is None and kept[settled - 1].living < FULL:
        settled -= 1
    # What is written in one save is one segment, however many additions it comes from.
    fresh = [concatenate(kept[settled:])] if len(kept) > settled + 1 else kept[settled:]
    return [_renewed(segment) for segment in merge_smallest([*kept[:settled], *fresh])]


def merge_smallest(segments: Sequence[Segment]) -> list[Segment]:
    """Merge the last segments where they are not each half as large as the one before or less.

    What is merged is not sorted into lists. Full segments stay as they are, so that no more is ever
    merged than twice what makes one full.
    """
    first = len(segments) - 1
    while first > 0 and segments[first].living < FULL:
        behind = sum(segment.living for segment in segments[first:])
        if segments[first - 1].living >= min(2 * behind, FULL):
            break
        first -= 1
    if first < 0 or first == len(segments) - 1:
        return list(segments)
    return [*segments[:first], concatenate(segments[first:])]


def write_segments(folder: Path, segments: Sequence[Segment]) -> tuple[SegmentNote, ...]:
    """Write what is not on the disk in this folder yet; return what the manifest is to say.

    Raises:
        InputError: the folder cannot be written, or a column has a type that Parquet lacks.
    """
    try:
        notes = tuple(_write(folder, segment) for segment in consolidate(segments))
        sync_to_disk(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    return notes


def _write(folder: Path, segment: Segment) -> SegmentNote:
    note = segment.note
    if note is None or not (folder / note.folder).is_dir():
        note = write_segment(folder, segment)
    deleted = 0 if segment.deleted is None else len(segment.deleted)
    if deleted == note.deleted:  # deletions only ever grow
        return note
    return note.model_copy(
        update={"deleted": deleted, "deletions": write_deletions(folder, segment)}
    )


def _renewed(segment: Segment) -> Segment:
    """The segment without its deleted poses if they are many, with lists if it is large."""
    many = segment.living < (1 - _MOST_DELETED) * len(segment)
    if many or (segment.lists is None and len(segment) >= APPROXIMATE_FROM):
        return merge([segment])
    return segment
