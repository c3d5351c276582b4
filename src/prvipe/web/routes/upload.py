"""Images, videos and keypoint files read for the page."""

from __future__ import annotations

import tempfile
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from prvipe.service.decoding.read_upload import ReadUpload
from prvipe.skeleton import COCO13
from prvipe.web.answers import json_answer
from prvipe.web.openapi import describes
from prvipe.web.problems import checking
from prvipe.web.reading import read_into
from prvipe.web.services import services_of
from prvipe.web.worker_losses import counting_losses
from prvipe.wire.poses import PosesBody
from prvipe.wire.upload import ReadAnswer

router = APIRouter()

ANY = "application/octet-stream"


@router.post("/v1/read", summary="Find the people in a file")
@describes(gives=ReadAnswer, bodies=(ANY,), refusals=(504,))
async def read(
    request: Request,
    filename: Annotated[
        str,
        Query(
            min_length=1,
            max_length=1_024,
            description="Name of the file, whose ending says what it is.",
            examples=["photo.jpg"],
        ),
    ],
    skeleton: Annotated[
        str | None, Query(max_length=256, description="Of keypoints that do not say it.")
    ] = None,
) -> Response:
    """Find the people in an image, a video or a keypoint file, the bytes of which are the body.

    The file is read in a process of its own. Nothing of it is kept.
    """
    services = services_of(request)
    # It has no name, so that it is gone when it is closed, or when the server is killed.
    with tempfile.TemporaryFile(buffering=0) as file:
        await read_into(request, file, services.limits.upload_bytes)
        file.seek(0)
        with counting_losses(services.metrics):
            found = await services.workers.read_upload(file, filename, skeleton)
    with checking():  # what cannot be said was in the file
        return json_answer(await services.engine.look(_describe, found))


def _describe(found: ReadUpload) -> ReadAnswer:
    return ReadAnswer(
        kind=found.kind,
        poses=PosesBody.of(found.poses.to(COCO13)),
        suggested=found.suggested,
        notes=list(found.notes),
    )
