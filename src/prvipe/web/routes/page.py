"""The page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prvipe.web.page_files import PageFile


def page_routes(table: Mapping[str, PageFile]) -> list[Route]:
    """A route for each file of the page, so that no request can name any other."""
    return [
        Route(path, _answers_with(file), include_in_schema=False) for path, file in table.items()
    ]


def _answers_with(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        headers = {"etag": file.etag, "cache-control": "no-cache"}
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media_type)

    return answer
