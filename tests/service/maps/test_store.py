"""Maps computed once, in the background, and given up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError, PrvipeError
from prvipe.service.engine import Engine
from prvipe.service.libraries import Libraries
from prvipe.service.library import Library
from prvipe.service.limits import Limits
from prvipe.service.maps import store as module
from prvipe.service.maps.layout import Layout, installed_methods
from prvipe.service.maps.store import Computing, MapStore
from prvipe.service.maps.umap_process import project_by_umap

needs_umap = pytest.mark.skipif("umap" not in installed_methods(), reason="umap is not installed")


def run(body: Callable[[MapStore], Any], limits: Limits | None = None) -> None:
    async def checked() -> None:
        engine = Engine(limits)
        maps = MapStore(engine)
        await body(maps)
        await maps.stop()
        await engine.stop()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(checked())


def test_all_who_ask_get_one_map(libraries: Libraries, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = module.project_by_pca

    def counted(means: np.ndarray) -> np.ndarray:
        calls.append(len(means))
        return real(means)

    monkeypatch.setattr(module, "project_by_pca", counted)

    async def body(maps: MapStore) -> None:
        library = libraries.get()
        found = await asyncio.gather(*(maps.get(library) for _ in range(5)))
        assert calls == [100]
        assert all(each is found[0] for each in found)
        layout = found[0]
        assert isinstance(layout, Layout)
        assert layout.rows.tolist() == list(range(100))
        assert layout.table["camera"].to_pylist()[0] == "cam00"
        assert await maps.get(library) is layout

    run(body)


def test_a_changed_library_has_a_new_map(
    libraries: Libraries, make_library: Callable[..., Path]
) -> None:
    async def body(maps: MapStore) -> None:
        before = await maps.get(libraries.get())
        path = libraries.get().path
        path.rename(path.with_name("old"))
        make_library(count=30)
        after = await maps.get(libraries.reload("people"))
        assert (len(before.rows), len(after.rows)) == (100, 30)

    run(body)


def test_a_sample_is_drawn_of_many(libraries: Libraries) -> None:
    async def body(maps: MapStore) -> None:
        layout = await maps.get(libraries.get())
        assert (len(layout.rows), layout.total) == (40, 100)

    run(body, Limits(map_poses=40))


def test_no_such_method(libraries: Libraries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_methods", lambda: ("pca",))

    async def body(maps: MapStore) -> None:
        with pytest.raises(InputError, match=r"expected one of pca$"):
            await maps.get(libraries.get(), "tsne")
        with pytest.raises(InputError, match=r"pip install \"prvipe\[umap\]\""):
            await maps.get(libraries.get(), "umap")

    run(body)


async def wait_for_umap(maps: MapStore, library: Library) -> None:
    while isinstance(await maps.get(library, "umap"), Computing):
        await asyncio.sleep(0.01)


def test_a_map_that_fails_is_tried_again(
    libraries: Libraries, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    async def broken(*_: Any) -> np.ndarray:
        tries.append(1)
        raise PrvipeError("no luck")

    monkeypatch.setattr(module, "project_by_umap", broken)
    monkeypatch.setattr(module, "installed_methods", lambda: ("pca", "umap"))

    async def body(maps: MapStore) -> None:
        for _ in range(2):
            found = await maps.get(libraries.get(), "umap")
            assert isinstance(found, Computing)
            with pytest.raises(PrvipeError, match="no luck"):
                await wait_for_umap(maps, libraries.get())
        assert len(tries) == 2

    run(body)


@needs_umap
@pytest.mark.slow
def test_a_map_by_umap_comes_in_the_background(make_library: Callable[..., Path]) -> None:
    async def body(maps: MapStore) -> None:
        with Libraries.open([make_library(count=120)]) as libraries:
            library, shares = libraries.get(), []
            while isinstance(found := await maps.get(library, "umap"), Computing):
                shares.append(found.share)
                await asyncio.sleep(0.05)
            assert shares == sorted(shares)
            assert 0 <= shares[0] < shares[-1] <= 1
            assert found.method == "umap"
            assert found.points.shape == (120, 2)
            assert np.abs(found.points).max() <= 1
            assert np.ptp(found.points, axis=0).min() > 0.1

    run(body)


def children() -> set[int]:
    """Processes that this one has started and that are still there."""
    numbers: set[int] = set()
    for file in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has just ended
            numbers.update(map(int, file.read_text().split()))
    return numbers


@needs_umap
@pytest.mark.parametrize("seconds", [0.2, 60])
def test_a_process_that_is_not_wanted_any_more_is_ended(seconds: float) -> None:
    before, means = children(), np.random.default_rng(0).normal(size=(100, 4))

    async def body() -> None:
        task = asyncio.create_task(project_by_umap(means, seconds, lambda share: None))
        await asyncio.sleep(0.1)
        assert children() - before
        if seconds > 1:
            task.cancel()
        with pytest.raises((PrvipeError, asyncio.CancelledError)):
            await task

    asyncio.run(body())
    assert not children() - before


@needs_umap
def test_a_process_that_is_killed_is_an_error() -> None:
    before, means = children(), np.random.default_rng(0).normal(size=(100, 4))

    async def body() -> None:
        task = asyncio.create_task(project_by_umap(means, 60, lambda share: None))
        await asyncio.sleep(0.2)
        (child,) = children() - before
        os.kill(child, 9)
        with pytest.raises(PrvipeError, match="ended in the middle of it"):
            await task

    asyncio.run(body())


def test_few_poses_are_laid_out_at_once() -> None:
    means = np.random.default_rng(0).normal(size=(10, 4))
    points = asyncio.run(project_by_umap(means, 1, lambda share: None))
    assert points.shape == (10, 2)
