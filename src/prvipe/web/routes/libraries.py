"""What a server has: its libraries, what is in them, and taking them in anew."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from prvipe.service.library import Library
from prvipe.web.answers import json_answer
from prvipe.web.hits import describe_hits, has_images
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.references import rows_of_address
from prvipe.web.services import Services, services_of
from prvipe.wire.hits import PosesOfLibrary
from prvipe.wire.libraries import FacetBody, LibrariesAnswer, LibraryAnswer, LibraryBody

router = APIRouter()

LibraryName = Annotated[str, Path(min_length=1, max_length=256, description="Of a library.")]
RowNumbers = Annotated[
    str,
    Query(
        pattern=r"^[0-9]{1,19}(,[0-9]{1,19})*$",
        max_length=10_000,
        description="Numbers of poses.",
        examples=["0,1,2"],
    ),
]


@router.get("/v1/libraries", summary="List the libraries")
@describes(gives=LibrariesAnswer)
async def list_libraries(request: Request) -> Response:
    """List all libraries; the first of them gives the model to embed by."""
    services = services_of(request)
    libraries = [services.libraries.get(name) for name in services.libraries.names]
    answer = await services.engine.look(
        lambda: LibrariesAnswer(libraries=[_describe(each, LibraryBody) for each in libraries])
    )
    return json_answer(answer)


@router.get("/v1/libraries/{name}", summary="Describe a library")
@describes(gives=LibraryAnswer, refusals=(404, 422))
async def show_library(request: Request, name: LibraryName) -> Response:
    """Describe a library, and what can be chosen in its columns."""
    services = services_of(request)
    library = services.libraries.get(name)
    return json_answer(await services.engine.look(_describe_columns, library))


@router.get("/v1/libraries/{name}/poses", summary="Show poses of a library")
@describes(gives=PosesOfLibrary, refusals=(404, 422))
async def show_poses(request: Request, name: LibraryName, rows: RowNumbers) -> Response:
    """Show poses of a library by their numbers, in the order asked for."""
    services = services_of(request)
    library = services.libraries.get(name)
    numbers = rows_of_address(rows, services.limits.rows_per_request)
    with naming("rows"):
        return json_answer(await services.engine.look(_describe_rows, library, numbers))


@router.post("/v1/libraries/{name}/reload", summary="Take in a library anew")
@describes(gives=LibraryBody, refusals=(404, 422))
async def reload(request: Request, name: LibraryName) -> Response:
    """Take in a library as it is on the disk now; requests in flight keep the one before.

    Libraries that change are taken in by themselves, too, about a second later.
    """
    services = services_of(request)
    services.libraries.get(name)
    return json_answer(await services.engine.run(_reload, services, name))


def _reload(services: Services, name: str) -> LibraryBody:
    return _describe(services.libraries.reload(name), LibraryBody)


def _describe(library: Library, model: type[LibraryBody], **more: Any) -> LibraryBody:
    index = library.index
    shown = {"has_images": has_images(library), "has_3d": index.has_3d}
    return model.of(library.name, index, library.generation, **shown, **more)


def _describe_columns(library: Library) -> LibraryBody:
    facets = {name: FacetBody.of(each) for name, each in library.index.facets().items()}
    return _describe(library, LibraryAnswer, facets=facets)


def _describe_rows(library: Library, rows: list[int]) -> PosesOfLibrary:
    return PosesOfLibrary(poses=describe_hits(library, library.index.poses(rows)))
