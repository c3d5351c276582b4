"""Stand-ins until decoding workers and projections are there."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from prvipe.io import load
from prvipe.report.footage import Footage
from prvipe.report.search_gallery import find_images
from prvipe.service.library import Library
from prvipe.web.answers import json_answer
from prvipe.web.openapi import describes
from prvipe.web.problems import RefusedError
from prvipe.web.reading import read_body
from prvipe.web.services import services_of
from prvipe.wire.poses import PosesBody
from prvipe.wire.upload import ReadAnswer

router = APIRouter()


@router.get("/v1/libraries/{name}/poses/{row}/image")
@describes(answers=("image/jpeg",))
async def image(
    request: Request, name: str, row: int, height: int = 240, drawn: bool = True
) -> Response:
    """Show."""
    library = services_of(request).libraries.get(name)

    def work() -> bytes | None:
        from PIL import Image

        hit = library.index.pose(row)
        path = library.media.resolve(hit.source)
        found = None if path is None else find_images([hit], Footage(path.parent))[0]
        if found is None:
            return None
        picture = Image.fromarray(found)
        picture.thumbnail((4 * height, height))
        out = io.BytesIO()
        picture.convert("RGB").save(out, "JPEG", quality=85)
        return out.getvalue()

    content = await run_in_threadpool(work)
    if content is None:
        raise RefusedError(404, "there is no frame of this pose")
    return Response(content, media_type="image/jpeg")


@router.get("/v1/libraries/{name}/map")
@describes(answers=("application/octet-stream",))
async def project(
    request: Request, name: str, method: str = "pca", color: str | None = None, most: int = 100_000
) -> Response:
    """Show."""
    library = services_of(request).libraries.get(name)
    content = await run_in_threadpool(_map, library, color, most)
    return Response(content, media_type="application/octet-stream")


def _map(library: Library, color: str | None, most: int) -> bytes:
    row, mean, table = library.index.sample(most)
    centred = mean - mean.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    xy = centred @ axes[:, :-3:-1]
    xy = xy / np.abs(xy).max()
    described, values = None, np.full(len(row), np.nan)
    if color is not None:
        taken = table[color].to_pylist()
        if any(isinstance(v, str) for v in taken):
            names = sorted({v for v in taken if v is not None})
            codes = {v: n for n, v in enumerate(names)}
            values = np.array([codes.get(v, np.nan) for v in taken])
            described = {"kind": "category", "names": names}
        else:
            values = np.array([np.nan if v is None else v for v in taken], float)
            ends = [float(np.nanmin(values)), float(np.nanmax(values))]
            described = {"kind": "number", "range": ends}
    head = json.dumps(
        {
            "count": len(row),
            "total": len(library.index),
            "method": "pca",
            "methods": ["pca"],
            "color": described,
        }
    ).encode()
    head += b" " * (-len(head) % 4)
    parts = (xy.astype("<f4"), row.astype("<u4"), values.astype("<f4"))
    return len(head).to_bytes(4, "little") + head + b"".join(each.tobytes() for each in parts)


@router.post("/v1/read")
@describes(gives=ReadAnswer, bodies=("application/octet-stream",))
async def read(request: Request, filename: str, skeleton: str | None = None) -> Response:
    """Read."""
    content = await read_body(request)
    suffix = Path(filename).suffix.lower()

    def work() -> ReadAnswer:
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(content)
            file.flush()
            poses = load(file.name, skeleton)
        kind: Literal["image", "video", "keypoints"] = (
            "image" if suffix in (".jpg", ".jpeg", ".png") else "keypoints"
        )
        if suffix in (".mp4", ".mov", ".webm", ".mkv"):
            kind = "video"
        return ReadAnswer(kind=kind, poses=PosesBody.of(poses), suggested=0, notes=[])

    return json_answer(await run_in_threadpool(work))
