"""Poses and clips that requests speak of, as domain objects."""

from __future__ import annotations

from dataclasses import dataclass

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.service.library import Library
from prvipe.web.problems import RefusedError
from prvipe.web.services import Services
from prvipe.wire.poses import Clip, PoseReference

_FIELDS = ("frame", "time", "source", "sequence", "camera", "person")


@dataclass(frozen=True)
class FoundClip:
    """A recording.

    Attributes:
        poses: in order of time.
        rows: numbers of the poses in their library; None if they are from none.
    """

    poses: Poses
    rows: list[int] | None


def poses_of_rows(library: Library, rows: list[int]) -> Poses:
    """Poses of a library with the fields that recordings are told by.

    Raises:
        InputError: there is no such row.
    """
    library.require_whole()
    index = library.index
    names = [name for name in _FIELDS if name in index.columns]
    return Poses(index.keypoints(rows), None, index.model.skeleton, index.table(rows, names))


async def find_pose(services: Services, reference: PoseReference, field: str) -> Poses:
    """The pose that a reference speaks of.

    Raises:
        RefusedError: it is not one, or there is no such row.
        UnknownLibraryError: there is no such library.
    """
    if reference.row is not None:
        library = services.libraries.get(reference.library)
        return await services.engine.look(poses_of_rows, library, [reference.row])
    poses = reference.pose()
    if len(poses) != 1:
        raise RefusedError(
            422, f"{field}: {len(poses)} poses; give one", field=f"{field}.poses.keypoints"
        )
    return poses


async def find_clip(services: Services, clip: Clip) -> FoundClip:
    """The recording that a clip speaks of.

    Raises:
        RefusedError: there is no such recording, or it is too long.
        UnknownLibraryError: there is no such library.
        InputError: see `PosesBody.to_poses`.
    """
    most = services.limits.recording_poses
    if clip.recording is None:
        assert clip.poses is not None
        found = FoundClip(clip.poses.to_poses(), None)
    else:
        library = services.libraries.get(clip.library)
        rows = await services.engine.look(rows_of_recording, library, clip.recording)
        if len(rows) <= most:
            poses = await services.engine.look(poses_of_rows, library, rows)
            return FoundClip(poses, rows)
        raise InputError(_too_long(len(rows), most))
    if len(found.poses) > most:
        raise InputError(_too_long(len(found.poses), most))
    return found


def rows_of_recording(library: Library, recording: str) -> list[int]:
    """Rows of a recording in order of time.

    Raises:
        RefusedError: 404, there is no such recording.
    """
    library.require_whole()
    try:
        rows: list[int] = library.index.recording(recording).tolist()
    except InputError as error:
        raise RefusedError(404, str(error)) from error
    return rows


def require_few(count: int, most: int, field: str) -> None:
    """Refuse more poses than are shown at once.

    Raises:
        RefusedError: naming the field of the request.
    """
    if count > most:
        raise RefusedError(
            422, f"{field}: {count:,} poses; ask for {most:,} at once at most", field=field
        )


def _too_long(poses: int, most: int) -> str:
    return f"the recording has {poses:,} poses, more than {most:,}; take a part of it"
