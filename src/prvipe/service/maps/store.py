"""Maps that are being computed, and those that were."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

import pyarrow as pa

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, IntArray
from prvipe.service.engine import Engine
from prvipe.service.library import Library
from prvipe.service.maps.layout import Layout, Method, installed_methods, project_by_pca
from prvipe.service.maps.umap_process import project_by_umap


@dataclass(frozen=True)
class Computing:
    """A map that is not ready.

    Attributes:
        share: of it that is done, 0 to 1.
    """

    share: float


@dataclass(eq=False)
class _Running:
    library: Library
    task: asyncio.Task[Layout]
    share: float = 0.0


class MapStore:
    """Maps of libraries, each computed once for a generation; the latest few are kept.

    To be used in the event loop of the engine.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._limits = engine, engine.limits
        self._kept: OrderedDict[tuple[str, Method], tuple[int, Layout]] = OrderedDict()
        self._running: dict[tuple[str, Method], _Running] = {}
        self._one_at_a_time = asyncio.Semaphore(1)

    async def get(self, library: Library, method: str = "pca") -> Layout | Computing:
        """Return the map of a library, or how much of it is done; begin it if nobody has.

        By PCA it is waited for. Once a map that failed has been asked for, it is tried again.

        Raises:
            InputError: no such method.
            PrvipeError: computing it failed, or there is too much else to do.
        """
        chosen = _require_method(method)
        key = (library.name, chosen)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == library.generation:
            self._kept.move_to_end(key)
            return kept[1]
        running = self._running.get(key)
        if running is None or running.library.generation != library.generation:
            running = self._begin(key, library, chosen)
        if chosen == "pca":
            await asyncio.wait([running.task])
        if not running.task.done():
            return Computing(running.share)
        if self._running.get(key) is running:
            del self._running[key]
        return running.task.result()

    async def stop(self) -> None:
        """Give up what is being computed."""
        tasks = [running.task for running in self._running.values()]
        self._running.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: tuple[str, Method], library: Library, method: Method) -> _Running:
        outdated = self._running.get(key)
        if outdated is not None and method == "umap":  # nobody waits for that
            outdated.task.cancel()
        task = asyncio.create_task(self._compute(key, library, method))
        task.add_done_callback(_take_note)
        running = self._running[key] = _Running(library, task)
        return running

    async def _compute(self, key: tuple[str, Method], library: Library, method: Method) -> Layout:
        rows, means, table = await self._engine.run(_sample, library, self._limits.map_poses)
        if method == "pca":
            points = await self._engine.run(project_by_pca, means)
        else:
            async with self._one_at_a_time:
                points = await project_by_umap(
                    means, self._limits.map_seconds, lambda share: self._note(key, library, share)
                )
        layout = Layout(method, rows, points, table, len(library.index))
        self._kept[key] = (library.generation, layout)
        self._kept.move_to_end(key)
        while len(self._kept) > self._limits.maps_kept:
            self._kept.popitem(last=False)
        return layout

    def _note(self, key: tuple[str, Method], library: Library, share: float) -> None:
        running = self._running.get(key)
        if running is not None and running.library is library:
            running.share = share


def _sample(library: Library, most: int) -> tuple[IntArray, Float32Array, pa.Table]:
    return library.index.sample(most)


def _take_note(task: asyncio.Task[Layout]) -> None:
    """Look at what a task raised, so that it need not be asked for to be forgotten."""
    if not task.cancelled():
        task.exception()


def _require_method(method: str) -> Method:
    for each in installed_methods():
        if method == each:
            return each
    remedy = ' (umap needs pip install "prvipe[umap]")' if method == "umap" else ""
    raise InputError(f"method {method}: expected one of {', '.join(installed_methods())}{remedy}")
