"""Frames that the poses of a library were seen in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from prvipe.errors import InputError
from prvipe.index import Hit
from prvipe.service.decoding.views import View
from prvipe.service.library import Library
from prvipe.web.hits import is_sized
from prvipe.web.openapi import describes
from prvipe.web.problems import RefusedError
from prvipe.web.references import LARGEST_ROW
from prvipe.web.routes.libraries import LibraryName
from prvipe.web.services import Services, services_of
from prvipe.web.worker_losses import counting_losses

router = APIRouter()

JPEG = "image/jpeg"

PictureHeight = Annotated[int, Query(ge=16, le=4_320, description="In pixels.")]

_KEPT = {"cache-control": "private, max-age=300"}


@router.get("/v1/libraries/{name}/poses/{row}/image", summary="Show the frame of a pose")
@describes(
    answers=(JPEG,),
    negotiated=False,
    refusals=(404, 422, 504),
    words="The person cut out of the frame, or all of it.",
)
async def show_image(
    request: Request,
    name: LibraryName,
    row: Annotated[int, Path(ge=0, le=LARGEST_ROW, description="Number of the pose.")],
    height: PictureHeight = 240,
    drawn: Annotated[bool, Query(description="Draw the pose on it.")] = True,
    whole: Annotated[bool, Query(description="All of the frame.")] = False,
) -> Response:
    """Show the person of a pose in the image or video that the pose was seen in."""
    services = services_of(request)
    library = services.libraries.get(name)
    require_low(services, height)
    hit = await services.engine.look(_pose, library, row)
    view = View.of_person(hit.fields, hit.keypoints, height, whole, drawn)
    content = None
    if view is not None:
        with counting_losses(services.metrics):
            content = await services.workers.picture(library.media, hit.source, view)
    if content is None:
        why = await services.engine.look(_describe_absence, library, hit)
        raise RefusedError(404, f"row {row}: {why}")
    return Response(content, headers=_KEPT, media_type=JPEG)


def require_low(services: Services, height: int) -> None:
    """Refuse a picture that is higher than the limits allow.

    Raises:
        RefusedError: it is.
    """
    most = services.limits.image_height
    if height > most:
        raise RefusedError(422, f"height: more than {most} pixels", field="height")


def _describe_absence(library: Library, hit: Hit) -> str:
    if not is_sized(hit):
        return (
            "its frame cannot be shown, as the library does not say how large it is; build it with "
            "columns width and height, or with --image-size"
        )
    if not library.media.holds(hit.source):
        return "the file of its frame is not here, or in no folder that images are shown from"
    return "its frame is not to be had, or is not as large as the library says"


def _pose(library: Library, row: int) -> Hit:
    try:
        return library.index.pose(row)
    except InputError as error:
        raise RefusedError(404, str(error), field="row") from error
