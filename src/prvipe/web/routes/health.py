"""How a server is."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from prvipe import __version__
from prvipe.web.answers import NOT_KEPT, json_answer
from prvipe.web.openapi import describes
from prvipe.web.services import Services, services_of
from prvipe.wire.base import WireModel

router = APIRouter()


class Health(WireModel):
    """How a server is."""

    status: Literal["ok", "degraded"] = Field(
        description="degraded: it answers, but something needs to be looked at."
    )
    version: str = Field(description="Of the program.")
    reasons: list[str] = Field(description="Why it is degraded; told only to those let in.")


@router.get("/healthz", summary="Say whether the server is well")
@describes(gives=Health)
async def health(request: Request) -> Response:
    """Say whether the server is well; no token is needed. A server that stops answers 503."""
    reasons = _reasons(services_of(request))
    return json_answer(
        Health(
            status="degraded" if reasons else "ok",
            version=__version__,
            # Paths of files are nobody's business who has not shown the token.
            reasons=reasons if request.scope["prvipe.let_in"] else [],
        )
    )


@router.get("/metrics", summary="Tell Prometheus how things stand")
@describes(answers=("text/plain",), words="Counters and timings.")
async def metrics(request: Request) -> Response:
    """Tell Prometheus how things stand."""
    text = await run_in_threadpool(services_of(request).metrics.text)
    return Response(text, headers={**NOT_KEPT, "content-type": CONTENT_TYPE_LATEST})


def _reasons(services: Services) -> list[str]:
    problems = services.libraries.problems
    return [f"library {name}: {problem}" for name, problem in problems.items()]
