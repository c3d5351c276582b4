"""The HTTP interface and the page as one application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.web.first import add_routes
from prvipe.web.page_files import read_page

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_first(paths: list[Path], folders: list[Path]) -> FastAPI:
    """Stand-in until libraries and engine are there."""
    libraries = {path.stem: PoseIndex.load(path) for path in paths}
    media: dict[str, Path] = {}
    for index in libraries.values():
        for source in index.sources():
            for folder in folders:
                if (folder / source).is_file():
                    media[source] = folder / source
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json")
    add_routes(app, libraries, media)
    page = read_page()

    def _problem(status: int, detail: str) -> JSONResponse:
        body = {"type": "about:blank", "title": detail, "status": status, "detail": detail}
        return JSONResponse(body, status, media_type="application/problem+json")

    @app.exception_handler(InputError)
    async def refuse(request: Request, error: InputError) -> Response:
        return _problem(422, str(error))

    @app.middleware("http")
    async def guard(request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/{path:path}", include_in_schema=False)
    async def page_file(path: str) -> Response:
        file = page.get(f"/{path}")
        if file is None:
            return _problem(404, "there is nothing here")
        return Response(file.content, media_type=file.media_type, headers={"ETag": file.etag})

    return app
