"""The HTTP interface and the page as one application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from prvipe.service.engine import Engine
from prvipe.service.libraries import Libraries
from prvipe.service.maps.store import MapStore
from prvipe.service.workers import make_workers
from prvipe.web.lifecycle import Lifecycle
from prvipe.web.metrics import Metrics
from prvipe.web.observing import Observed
from prvipe.web.openapi import describe
from prvipe.web.page_files import read_page
from prvipe.web.problems import add_handlers
from prvipe.web.routes import (
    align,
    compare,
    embed,
    frames,
    health,
    images,
    libraries,
    map,
    overlay,
    recordings,
    search,
    session,
    uncertainty,
    upload,
)
from prvipe.web.routes.page import page_routes
from prvipe.web.security import Guard
from prvipe.web.services import Services
from prvipe.web.sessions import Sessions, TokenCheck
from prvipe.web.settings import Settings
from prvipe.web.state_metrics import describe_state

_ROUTES = (
    *(embed, search, uncertainty, compare, align, overlay, upload, images, frames, map),
    *(libraries, recordings, session, health),
)


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Describe the interface; made once."""
        if self.openapi_schema is None:
            self.openapi_schema = describe(self)
        return self.openapi_schema


def create_app(served: Libraries, settings: Settings | None = None) -> FastAPI:
    """Make the application that serves some libraries.

    Args:
        served: the libraries; they stay open when the application ends.
        settings: who is let in; by default everybody on this machine.
    """
    settings = settings or Settings()
    services = _make_services(served, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await services.workers.start()
        try:
            yield
        finally:
            await services.maps.stop()
            await services.engine.stop()
            await services.workers.stop()

    app = _Application(
        lifespan=lifespan,
        docs_url=None,  # these load scripts from elsewhere
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
    )
    app.state.services = services
    for each in _ROUTES:
        app.router.routes.extend(each.router.routes)
    app.router.routes.extend(page_routes(read_page()))
    add_handlers(app)
    # The one added last is the outermost.
    app.add_middleware(
        Guard,
        settings=settings,
        lifecycle=services.lifecycle,
        sessions=services.sessions,
        check=services.check,
    )
    app.add_middleware(Observed, lifecycle=services.lifecycle, metrics=services.metrics)
    return app


def _make_services(served: Libraries, settings: Settings) -> Services:
    lifecycle = Lifecycle()
    metrics = Metrics()
    engine = Engine(settings.limits, metrics)
    metrics.watch(partial(describe_state, served, engine, lifecycle))
    return Services(
        libraries=served,
        engine=engine,
        maps=MapStore(engine),
        workers=make_workers(settings.limits),
        limits=settings.limits,
        lifecycle=lifecycle,
        metrics=metrics,
        sessions=Sessions(),
        check=None if settings.token is None else TokenCheck(settings.token),
    )
