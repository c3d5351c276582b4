"""Poses embedded."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import judge_poses
from prvipe.poses import Poses
from prvipe.web.answers import TABLES, file_answer, json_answer, wanted_type
from prvipe.web.bodies import read_request
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.reading import JSON, PARQUET
from prvipe.web.references import given_poses
from prvipe.web.served_models import ServedModel, find_model
from prvipe.web.services import services_of
from prvipe.wire.binary_poses import gaussian_to_npz, gaussian_to_parquet
from prvipe.wire.embed import EmbedAnswer, EmbedRequest

router = APIRouter()

_MANY = 64
"""Poses from which on answers are written in a thread."""


@router.post("/v1/embed", summary="Embed poses")
@describes(
    takes=EmbedRequest,
    gives=EmbedAnswer,
    bodies=TABLES,
    answers=TABLES,
    refusals=(504,),
    words="A Gaussian per pose; as Parquet or npz the columns or arrays mean and std (N, d).",
)
async def embed(request: Request) -> Response:
    """Embed poses; distances of embeddings, and their probabilities, do not depend on the view."""
    services, kind = services_of(request), wanted_type(request, *TABLES)
    asked = await read_request(request, EmbedRequest)
    model = await find_model(services, asked.model)
    with naming("poses"):
        poses = await given_poses(services, asked.poses)
        embeddings = await services.engine.embed(model.embedder, poses)
    if len(poses) < _MANY:
        return _answer(model, poses, embeddings, kind)
    return await run_in_threadpool(_answer, model, poses, embeddings, kind)


def _answer(model: ServedModel, poses: Poses, embeddings: Gaussian, kind: str) -> Response:
    if kind == JSON:
        scores = poses.to(model.embedder.card.skeleton).scores
        trust = judge_poses(embeddings, scores, model.fingerprint)
        return json_answer(EmbedAnswer.of(model.name, model.fingerprint, embeddings, trust))
    write = gaussian_to_parquet if kind == PARQUET else gaussian_to_npz
    return file_answer(write(embeddings), kind)
