"""Two poses in space, one laid over the other."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from prvipe.service.overlay import Body, body_of_pose, body_of_row, overlay
from prvipe.skeleton import COCO13
from prvipe.web.answers import json_answer
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.reading import read_json
from prvipe.web.services import Services, services_of
from prvipe.wire.overlay import OverlayAnswer, OverlayRequest
from prvipe.wire.poses import PoseReference

router = APIRouter()

_EDGES = [[COCO13.index(joint) for joint in edge] for edge in COCO13.edges]


@router.post("/v1/overlay", summary="Lay one pose over another in space")
@describes(takes=OverlayRequest, gives=OverlayAnswer, refusals=(404, 504))
async def lay_over(request: Request) -> Response:
    """Lay a pose of a library over a query, both in space.

    As the library has them measured, or else as estimated from the image.
    """
    services = services_of(request)
    asked = await read_json(request, OverlayRequest)
    with naming("library"):
        library = services.libraries.get(asked.library)
    return json_answer(await services.engine.look(_lay_over, services, asked, library.name))


def _lay_over(services: Services, asked: OverlayRequest, library: str) -> OverlayAnswer:
    with naming("query"):
        query = _body(services, asked.query)
    with naming("row"):
        hit = _body(services, PoseReference(library=library, row=asked.row))
    laid = overlay(query, hit)
    return OverlayAnswer(
        skeleton=COCO13.name,
        edges=_EDGES,
        query=laid.query.joints,
        query_estimated=laid.query.estimated,
        hit=laid.hit.joints,
        hit_estimated=laid.hit.estimated,
        np_mpjpe=laid.np_mpjpe,
        distances=laid.distances.tolist(),
    )


def _body(services: Services, reference: PoseReference) -> Body:
    lifter = services.libraries.models.lifter
    if reference.row is None:
        return body_of_pose(reference.pose(), lifter)
    return body_of_row(services.libraries.get(reference.library), reference.row, lifter)
