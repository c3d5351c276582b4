"""What routes work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import Request

from prvipe.service.engine import Engine
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits
from prvipe.service.maps.store import MapStore
from prvipe.service.no_decoding import NoDecoding
from prvipe.service.workers import DecodingWorkers
from prvipe.web.lifecycle import Lifecycle
from prvipe.web.metrics import Metrics
from prvipe.web.sessions import Sessions, TokenCheck


@dataclass(frozen=True)
class Services:
    """Everything behind the HTTP interface.

    Attributes:
        libraries: what is served.
        engine: what computes.
        maps: libraries as points.
        workers: processes that decode what others made.
        limits: of the server.
        lifecycle: whether it goes on.
        metrics: what Prometheus is told.
        sessions: browsers that sent the token.
        check: compares tokens; None if nobody needs one.
        large_bodies: held while a large body is checked.
    """

    libraries: Libraries
    engine: Engine
    maps: MapStore
    workers: DecodingWorkers | NoDecoding
    limits: Limits
    lifecycle: Lifecycle
    metrics: Metrics
    sessions: Sessions
    check: TokenCheck | None
    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))


def services_of(request: Request) -> Services:
    """The services of the application that a request came to."""
    found: Services = request.app.state.services
    return found
