"""The recordings of a library."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from prvipe.service.library import Library
from prvipe.web.answers import json_answer
from prvipe.web.openapi import describes
from prvipe.web.references import require_short, rows_of_recording
from prvipe.web.routes.libraries import LibraryName
from prvipe.web.services import services_of
from prvipe.wire.libraries import RecordingBody, RecordingPoses, RecordingsAnswer
from prvipe.wire.values import to_json_value

router = APIRouter()


@router.get("/v1/libraries/{name}/recordings", summary="List the recordings of a library")
@describes(gives=RecordingsAnswer, refusals=(404, 422))
async def list_recordings(request: Request, name: LibraryName) -> Response:
    """List all recordings: one person, seen by one camera."""
    services = services_of(request)
    return json_answer(await services.engine.look(_list, services.libraries.get(name)))


@router.get("/v1/libraries/{name}/recordings/{recording}", summary="Show a recording")
@describes(gives=RecordingPoses, refusals=(404, 422))
async def show_recording(
    request: Request,
    name: LibraryName,
    recording: Annotated[str, Path(max_length=256, description="id of a recording.")],
) -> Response:
    """Show the poses of a recording in order of time."""
    services = services_of(request)
    most = services.limits.recording_poses
    answer = await services.engine.look(_show, services.libraries.get(name), recording, most)
    return json_answer(answer)


def _list(library: Library) -> RecordingsAnswer:
    found = library.index.recordings()
    return RecordingsAnswer(recordings=[RecordingBody.of(each) for each in found])


def _show(library: Library, recording: str, most: int) -> RecordingPoses:
    rows = rows_of_recording(library, recording)
    require_short(len(rows), most)
    index = library.index
    names = [name for name in ("frame", "time", "width", "height") if name in index.columns]
    columns = index.table(rows, names).to_pydict()
    unknown: list[Any] = [None] * len(rows)
    return RecordingPoses(
        rows=rows,
        frames=columns.get("frame", unknown),
        times=[to_json_value(each) for each in columns.get("time", unknown)],
        keypoints=index.keypoints(rows),
        width=_first(columns.get("width", unknown)),
        height=_first(columns.get("height", unknown)),
    )


def _first(values: list[Any]) -> int | None:
    return next((value for value in values if value is not None), None)
