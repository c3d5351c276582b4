"""Frames of several poses in one answer: scrubbing through a video needs many at once."""

from __future__ import annotations

import asyncio
from struct import pack

from fastapi import APIRouter, Request
from starlette.responses import Response

from prvipe.errors import InputError
from prvipe.index import Hit
from prvipe.service.decoding.views import View
from prvipe.service.library import Library
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.references import rows_of_address
from prvipe.web.routes.images import PictureHeight, require_low
from prvipe.web.routes.libraries import LibraryName, RowNumbers
from prvipe.web.services import Services, services_of
from prvipe.web.worker_losses import counting_losses

router = APIRouter()

MOST_FRAMES = 24
"""Of one answer."""

BYTES = "application/octet-stream"


@router.get("/v1/libraries/{name}/frames", summary="Show the frames of several poses")
@describes(
    answers=(BYTES,),
    negotiated=False,
    refusals=(404, 422, 504),
    words="Little-endian uint32: how many frames, then how many bytes each has, 0 for a frame that "
    "is not to be had; then the frames, whole and undrawn, as JPEG.",
)
async def show_frames(
    request: Request,
    name: LibraryName,
    rows: RowNumbers,
    height: PictureHeight = 240,
) -> Response:
    """Show the frames that some poses were seen in; faster than to ask for them one by one."""
    services = services_of(request)
    library = services.libraries.get(name)
    numbers = rows_of_address(rows, MOST_FRAMES)
    require_low(services, height)
    with naming("rows"):
        hits = await services.engine.look(lambda: library.index.poses(numbers))
    with counting_losses(services.metrics):
        frames = await asyncio.gather(*(_frame(services, library, hit, height) for hit in hits))
    sizes = [len(frame) for frame in frames]
    head = pack(f"<{1 + len(sizes)}I", len(sizes), *sizes)
    return Response(head + b"".join(frames), media_type=BYTES)


async def _frame(services: Services, library: Library, hit: Hit, height: int) -> bytes:
    """The frame of a pose as JPEG; empty if it is not to be had."""
    try:
        view = View.of_person(hit.fields, hit.keypoints, height, whole=True, drawn=False)
        if view is None:
            return b""
        return await services.workers.picture(library.media, hit.source, view) or b""
    except InputError:  # a file that cannot be read; its name is nobody's business
        return b""
