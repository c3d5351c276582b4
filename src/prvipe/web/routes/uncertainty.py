"""How sure an answer about a pose can be."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from prvipe.poses import Poses
from prvipe.service.models import Models
from prvipe.service.uncertainty import PoseUncertainty, describe_uncertainty
from prvipe.web.answers import json_answer
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.reading import read_json
from prvipe.web.references import given_poses, poses_of_rows, require_few
from prvipe.web.served_models import ServedModel, find_model
from prvipe.web.services import services_of
from prvipe.wire.trust import TrustBody
from prvipe.wire.uncertainty import JointUncertainty, UncertaintyAnswer, UncertaintyRequest
from prvipe.wire.uncertainty import PoseUncertainty as PoseUncertaintyBody

router = APIRouter()


@router.post("/v1/uncertainty", summary="Say how well poses can be told")
@describes(takes=UncertaintyRequest, gives=UncertaintyAnswer, refusals=(404, 504))
async def uncertainty(request: Request) -> Response:
    """Say how far an answer about each pose can be trusted, and which joints are ambiguous."""
    services = services_of(request)
    asked = await read_json(request, UncertaintyRequest)
    most = services.limits.rows_per_request
    if asked.rows is not None:
        with naming("library"):
            library = services.libraries.get(asked.library)
        require_few(len(asked.rows), most, "rows")
        with naming("rows"):
            poses = await services.engine.look(poses_of_rows, library, asked.rows)
        model = ServedModel.of(library.index.model)
    else:
        assert asked.poses is not None
        with naming("poses"):
            poses = await given_poses(services, asked.poses)
        require_few(len(poses), most, "poses.keypoints")
        model = await find_model(services, None)
    with naming("poses" if asked.rows is None else "rows"):
        answer = await services.engine.look(_judge, poses, model, services.libraries.models)
    return json_answer(answer)


def _judge(poses: Poses, model: ServedModel, models: Models) -> UncertaintyAnswer:
    found = describe_uncertainty(poses, model.embedder, models.lifter)
    return UncertaintyAnswer(poses=_describe(found))


def _describe(found: Sequence[PoseUncertainty]) -> list[PoseUncertaintyBody]:
    return [
        PoseUncertaintyBody(
            trust=TrustBody.of(each.trust),
            words=each.words,
            joints=[
                JointUncertainty(
                    joint=joint.joint,
                    visible=joint.visible,
                    error=joint.error,
                    ambiguous=joint.ambiguous,
                )
                for joint in each.joints
            ],
        )
        for each in found
    ]
