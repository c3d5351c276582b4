"""What a server computes, for all its requests together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from prvipe.errors import InputError
from prvipe.index.filters import Where
from prvipe.index.queries import require_embeddings
from prvipe.index.results import SearchResult
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.service.batches import Batches
from prvipe.service.library import Library
from prvipe.service.limits import Limits
from prvipe.service.observer import NoObserver, Observer
from prvipe.service.slots import Slots
from prvipe.service.work import (
    EmbeddableKeypoints,
    EmbedWork,
    RowSearchWork,
    SearchOptions,
    SearchWork,
)

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_CHECKED_AT_ONCE = 64
"""Poses that are checked in the event loop; the checking of more is left to a thread."""


class Engine:
    """Embeds, searches, and runs what takes longer, within the limits of a server.

    To be made and used in one event loop. What any method raises besides InputError:
    `BusyError` when too much is waiting, `TooSlowError` when there is no answer in time, and
    `StoppingError` once `stop` was called. A cancelled call is given up: what has not been begun
    of it never is.

    Example:
        >>> engine = Engine(Limits())
        >>> results = await engine.search(library, poses, k=5)
        >>> comparison = await engine.run(compare, a, b)
        >>> await engine.stop()
    """

    def __init__(self, limits: Limits | None = None, observer: Observer | None = None) -> None:
        self.limits = limits or Limits()
        observer = observer or NoObserver()
        own = self.limits
        self._batches = Batches(own, observer)
        self._slow = Slots("run", own.slots, own.slot_waiting, own.slot_seconds, observer)
        self._quick = Slots("look", own.slots, own.look_waiting, own.answer_seconds, observer)

    @property
    def waiting_requests(self) -> int:
        """Requests to embed and search of which something has not been begun."""
        return self._batches.waiting_requests

    @property
    def waiting_poses(self) -> int:
        """Their poses that have not been begun."""
        return self._batches.waiting_poses

    @property
    def calls(self) -> int:
        """Calls of `run` and `look` that wait or run."""
        return self._slow.calls + self._quick.calls

    async def embed(self, embedder: Embedder, poses: Poses) -> Gaussian:
        """Embed poses as `Embedder.embed`.

        Raises:
            InputError: a pose cannot be embedded, or there are too many.
        """
        self._require_few(len(poses))
        if len(poses) == 0:
            return embedder.embed(poses)
        own = await self._check(poses, embedder)
        return await self._batches.answer(EmbedWork(embedder, own))

    async def search(
        self,
        library: Library,
        queries: Poses | Gaussian,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Search a library as `PoseIndex.search`.

        Raises:
            InputError: as there, or too many poses or hits.
            LibraryDamagedError: a mapped file of the library was cut.
        """
        self._require_few(len(queries), k)
        if len(queries) == 0:
            return []
        model = library.index.model
        if isinstance(queries, Gaussian):
            require_embeddings(queries, model)
            wanted: Gaussian | EmbeddableKeypoints = queries
        else:
            wanted = await self._check(queries, model.embedder)
        options = _options(k, where, distinct, exact)
        return await self._batches.answer(SearchWork(library, options, wanted))

    async def search_rows(
        self,
        library: Library,
        rows: Sequence[int],
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Search for poses of a library as `PoseIndex.search_row`.

        Raises:
            InputError: as there, or too many poses or hits.
            LibraryDamagedError: a mapped file of the library was cut.
        """
        self._require_few(len(rows), k)
        if len(rows) == 0:
            return []
        options = _options(k, where, distinct, exact)
        return await self._batches.answer(RowSearchWork(library, options, tuple(rows)))

    async def run(
        self,
        function: Callable[Arguments, Answer],
        *args: Arguments.args,
        **settings: Arguments.kwargs,
    ) -> Answer:
        """Call a function that may take seconds in a thread; see `Slots`."""
        return await self._slow.run(function, *args, **settings)

    async def look(
        self,
        function: Callable[Arguments, Answer],
        *args: Arguments.args,
        **settings: Arguments.kwargs,
    ) -> Answer:
        """Call a function that takes milliseconds in a thread that slow ones do not hold up."""
        return await self._quick.run(function, *args, **settings)

    async def stop(self) -> None:
        """Refuse new work and wait until what somebody waits for is done, or given up."""
        seconds = self.limits.stop_seconds
        parts = (self._batches, self._slow, self._quick)
        await asyncio.gather(*(part.stop(seconds) for part in parts))

    def _require_few(self, poses: int, hits: int = 0) -> None:
        limits = self.limits
        if poses > limits.poses_per_request:
            raise InputError(f"{poses:,} poses: send {limits.poses_per_request:,} at once at most")
        if hits > limits.hits:
            raise InputError(f"k = {hits:,}: ask for {limits.hits:,} hits at most")
        if poses * hits > limits.hits_per_request:
            raise InputError(
                f"{poses:,} poses with {hits:,} hits each: ask for {limits.hits_per_request:,} "
                "hits in all at most"
            )

    async def _check(self, poses: Poses, embedder: Embedder) -> EmbeddableKeypoints:
        if len(poses) <= _CHECKED_AT_ONCE:
            return EmbeddableKeypoints.of(poses, embedder)
        return await self._quick.run(EmbeddableKeypoints.of, poses, embedder)


def _options(k: int, where: Where, distinct: str | None, exact: bool) -> SearchOptions:
    if k < 1:
        raise InputError(f"k = {k}: ask for 1 hit or more")
    conditions = () if where is None else (where,) if isinstance(where, str) else tuple(where)
    return SearchOptions(k, conditions, distinct, exact)
