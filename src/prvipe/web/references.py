"""Poses and clips that requests speak of, as domain objects."""

from __future__ import annotations

from dataclasses import dataclass

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.service.library import Library
from prvipe.web.problems import RefusedError, naming
from prvipe.web.services import Services
from prvipe.wire.poses import Clip, PoseReference, PosesBody

LARGEST_ROW = 2**62

_FIELDS = ("frame", "time", "source", "sequence", "camera", "person")

_FEW = 64


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
    index = library.index
    names = [name for name in _FIELDS if name in index.columns]
    return Poses(index.keypoints(rows), None, index.model.skeleton, index.table(rows, names))


async def given_poses(services: Services, body: PosesBody) -> Poses:
    """The poses of a body; many are not made in the event loop, which others wait for.

    Raises:
        InputError: see `PosesBody.to_poses`.
    """
    if len(body.keypoints) <= _FEW:
        return body.to_poses()
    return await services.engine.look(body.to_poses)


async def find_pose(services: Services, reference: PoseReference, field: str) -> Poses:
    """The pose that a reference speaks of.

    Raises:
        RefusedError: it is not one, or there is no such row or library.
    """
    if reference.row is not None:
        with naming(f"{field}.library"):
            library = services.libraries.get(reference.library)
        with naming(f"{field}.row"):
            return await services.engine.look(poses_of_rows, library, [reference.row])
    with naming(f"{field}.poses"):
        poses = reference.pose()
    if len(poses) != 1:
        raise RefusedError(
            422, f"{field}: {len(poses)} poses; give one", field=f"{field}.poses.keypoints"
        )
    return poses


async def find_clip(services: Services, clip: Clip, field: str) -> FoundClip:
    """The recording that a clip speaks of.

    Raises:
        RefusedError: there is no such recording or library, or it is too long.
    """
    if clip.recording is None:
        assert clip.poses is not None
        with naming(f"{field}.poses"):
            poses, rows = await given_poses(services, clip.poses), None
            require_short(len(poses), services.limits.recording_poses)
        return FoundClip(poses, rows)
    with naming(f"{field}.library"):
        library = services.libraries.get(clip.library)
    with naming(f"{field}.recording"):
        rows = await services.engine.look(rows_of_recording, library, clip.recording)
        require_short(len(rows), services.limits.recording_poses)
    return FoundClip(await services.engine.look(poses_of_rows, library, rows), rows)


def rows_of_recording(library: Library, recording: str) -> list[int]:
    """Rows of a recording in order of time.

    Raises:
        RefusedError: 404, there is no such recording.
    """
    try:
        rows: list[int] = library.index.recording(recording).tolist()
    except InputError as error:
        raise RefusedError(404, str(error)) from error
    return rows


def rows_of_address(listed: str, most: int) -> list[int]:
    """Numbers of poses in an address, as `RowNumbers`.

    Raises:
        RefusedError: there are more than `most`, or one that no library has.
    """
    rows = [int(each) for each in listed.split(",")]
    require_few(len(rows), most, "rows")
    if max(rows) > LARGEST_ROW:
        raise RefusedError(422, f"row {max(rows)}: there is no such row", field="rows")
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


def require_short(poses: int, most: int) -> None:
    """Refuse a recording that is too long to be shown or aligned.

    Raises:
        InputError: it is.
    """
    if poses > most:
        raise InputError(f"the recording has {poses:,} poses, more than {most:,}; take a part")
