"""Two poses in space, one laid over the other."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from prvipe.geometry.procrustes import procrustes_align
from prvipe.model.lifter import Lifter
from prvipe.poses import Poses
from prvipe.skeleton import COCO13
from prvipe.web.answers import json_answer
from prvipe.web.openapi import describes
from prvipe.web.reading import read_json
from prvipe.web.references import find_pose, poses_of_rows
from prvipe.web.services import services_of
from prvipe.wire.overlay import OverlayAnswer, OverlayRequest

router = APIRouter()

EDGES = [[COCO13.index(joint) for joint in edge] for edge in COCO13.edges]


@router.post("/v1/overlay", summary="Lay one pose over another in space")
@describes(takes=OverlayRequest, gives=OverlayAnswer, refusals=(404, 504))
async def overlay(request: Request) -> Response:
    """Lay a pose of a library over a query, both in space as estimated from the image."""
    services = services_of(request)
    asked = await read_json(request, OverlayRequest)
    query = await find_pose(services, asked.query, "query")
    library = services.libraries.get(asked.library)
    hit = await services.engine.look(poses_of_rows, library, [asked.row])
    lifter = await services.engine.look(lambda: services.libraries.models.lifter)
    return json_answer(await services.engine.look(lay_over, query, hit, lifter))


def lay_over(query: Poses, hit: Poses, lifter: Lifter) -> OverlayAnswer:
    """Estimate both poses in space, and align the hit to the query.

    Args:
        query: one pose.
        hit: one pose.
        lifter: estimates them.

    Raises:
        InputError: too little of one is seen.
    """
    pair = [_alone(each).require_valid("the pose", missing_allowed=True) for each in (query, hit)]
    there, moved = (lifter.lift_keypoints(each.keypoints, each.scores)[0] for each in pair)
    aligned = procrustes_align(moved, there).aligned
    distances = np.linalg.norm(aligned - there, axis=1)
    return OverlayAnswer(
        skeleton=COCO13.name,
        edges=EDGES,
        query=there,
        estimated=True,
        hit=np.asarray(aligned, np.float32),
        np_mpjpe=float(distances.mean()),
        distances=distances.tolist(),
    )


def _alone(pose: Poses) -> Poses:
    own = pose.to(COCO13)
    return Poses(own.keypoints, own.scores, COCO13)
