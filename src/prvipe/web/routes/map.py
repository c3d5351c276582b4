"""A library as points in the plane."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from prvipe.service.maps.colors import color_by
from prvipe.service.maps.encoding import encode_map
from prvipe.service.maps.layout import Layout, installed_methods
from prvipe.service.maps.store import Computing
from prvipe.web.answers import file_answer, json_answer
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.routes.libraries import LibraryName
from prvipe.web.routes.upload import ANY
from prvipe.web.services import services_of
from prvipe.wire.base import WireAnswer

router = APIRouter()

_ASK_AGAIN_SECONDS = 1


class MapProgress(WireAnswer):
    """A map that is still being computed."""

    state: Literal["computing"] = "computing"
    share: float = Field(ge=0, le=1, description="Of it that is done.")


@router.get("/v1/libraries/{name}/map", summary="Show a library as points")
@describes(
    answers=(ANY,),
    negotiated=False,
    waits=MapProgress,
    refusals=(404, 422, 504),
    words="uint32 L, a header of L bytes in JSON (count, total, method, methods, color), then "
    "count points as float32 x, y from -1 to 1, count uint32 rows, and count float32 colours: the "
    "number of a name, or a number; NaN where it is not known. All little-endian.",
)
async def show_map(
    request: Request,
    name: LibraryName,
    method: Annotated[
        str, Query(max_length=32, description="pca, or umap where that is installed.")
    ] = "pca",
    color: Annotated[
        str | None, Query(max_length=256, description="Column to colour the points by.")
    ] = None,
    most: Annotated[int, Query(ge=1, le=10_000_000, description="Points at most.")] = 100_000,
) -> Response:
    """Show where the embeddings of a library lie, poses that are alike close together.

    While it is computed the answer is 202 with the share that is done; then ask again.
    """
    services = services_of(request)
    library = services.libraries.get(name)
    with naming("method"):
        found = await services.maps.get(library, method)
    if isinstance(found, Computing):
        waiting = json_answer(MapProgress(share=found.share), 202)
        waiting.headers["retry-after"] = str(_ASK_AGAIN_SECONDS)
        return waiting
    write = partial(_write, found, min(most, services.limits.map_poses), color)
    return file_answer(await services.engine.look(write), ANY)


def _write(layout: Layout, most: int, column: str | None) -> bytes:
    shown = layout.thin(most)
    with naming("color"):
        color = None if column is None else color_by(shown.table, column)
    return encode_map(shown, color, installed_methods())
