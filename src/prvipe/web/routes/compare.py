"""Two poses compared."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from prvipe.comparison import compare as compare_poses
from prvipe.web.answers import TABLES, json_answer
from prvipe.web.bodies import read_request
from prvipe.web.openapi import describes
from prvipe.web.references import find_pose
from prvipe.web.served_models import find_model
from prvipe.web.services import services_of
from prvipe.wire.compare import CompareAnswer, CompareRequest

router = APIRouter()


@router.post("/v1/compare", summary="Compare two poses")
@describes(takes=CompareRequest, gives=CompareAnswer, bodies=TABLES, refusals=(404, 504))
async def compare(request: Request) -> Response:
    """Say whether two people strike the same pose, how sure that is, and which joints differ."""
    services = services_of(request)
    asked = await read_request(request, CompareRequest)
    a = await find_pose(services, asked.a, "a")
    b = await find_pose(services, asked.b, "b")
    model = await find_model(services, asked.model)
    lifter = await services.engine.look(lambda: services.libraries.models.lifter)
    comparison = await services.engine.run(partial(compare_poses, a, b, model.embedder, lifter))
    return json_answer(CompareAnswer.of(comparison, a, b, model.name, model.fingerprint))
