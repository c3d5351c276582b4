"""Stand-ins until decoding workers and projections are there."""

from __future__ import annotations

import json

import numpy as np
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from prvipe.service.library import Library
from prvipe.web.openapi import describes
from prvipe.web.services import services_of

router = APIRouter()


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
