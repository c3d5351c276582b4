"""Many callers at once get what each would get alone."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.errors import InputError
from prvipe.index import SearchResult
from prvipe.poses import Poses
from prvipe.service.engine import Engine
from prvipe.service.errors import BusyError, StoppingError, TooSlowError
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test in a loop and see that it leaves no task behind."""

    async def checked() -> None:
        await body()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(checked())


def require_same(found: list[SearchResult], wanted: list[SearchResult]) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert [hit.row for hit in one] == [hit.row for hit in other]
        np.testing.assert_allclose(
            [hit.probability for hit in one], [hit.probability for hit in other], atol=1e-5
        )
        assert [hit.fields for hit in one] == [hit.fields for hit in other]
        assert one.trust.doubts == other.trust.doubts
        assert one.trust.visible == other.trust.visible
        np.testing.assert_equal(one.query, other.query)


def test_callers_get_what_they_would_get_alone(
    libraries: Libraries, make_poses: Callable[..., Poses]
) -> None:
    library, rng = libraries.get(), np.random.default_rng(0)
    index, embedder = library.index, libraries.embedder()
    limits = Limits(batch_poses=16)

    async def body() -> None:
        engine = Engine(limits)

        async def caller(number: int) -> None:
            poses = make_poses(int(rng.integers(1, 40)), seed=number)
            k = int(rng.integers(1, 4))
            where = [None, "camera=cam01", ["camera!=cam01", "frame>=3"]][number % 3]
            distinct = [None, "2s"][number % 2]
            if number % 4 == 0:
                embedded = await engine.embed(embedder, poses)
                torch.testing.assert_close(
                    embedded.mean, embedder.embed(poses).mean, rtol=1e-4, atol=1e-5
                )
                require_same(
                    await engine.search(library, embedded, k, where, distinct=distinct),
                    index.search(embedded, k, where, distinct=distinct),
                )
            elif number % 4 == 1:
                rows = rng.integers(0, 100, 5).tolist()
                require_same(
                    await engine.search_rows(library, rows, k, where, distinct=distinct),
                    index.search_rows(rows, k, where, distinct=distinct),
                )
            else:
                require_same(
                    await engine.search(library, poses, k, where, distinct=distinct),
                    index.search(poses, k, where, distinct=distinct),
                )

        await asyncio.gather(*(caller(number) for number in range(60)))
        await engine.stop()

    run(body)


def test_some_leave_and_the_others_get_their_answers(
    libraries: Libraries, make_poses: Callable[..., Poses]
) -> None:
    library, rng = libraries.get(), np.random.default_rng(1)
    index = library.index

    async def body() -> None:
        engine = Engine(Limits(batch_poses=8))
        poses = [make_poses(3, seed=number) for number in range(40)]
        wanted = [index.search(each, 2) for each in poses]
        tasks = [asyncio.create_task(engine.search(library, each, 2)) for each in poses]
        for place in rng.permutation(40)[:20]:
            await asyncio.sleep(0)
            tasks[place].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        answered = [place for place, each in enumerate(found) if isinstance(each, list)]
        assert len(answered) >= 20
        for place in answered:
            require_same(found[place], wanted[place])
        assert engine.waiting_requests == 0
        await engine.stop()

    run(body)


def test_wrong_requests_harm_no_others(
    libraries: Libraries, make_poses: Callable[..., Poses]
) -> None:
    library = libraries.get()
    good = make_poses(2, seed=9)
    invisible = Poses(np.full((3, 13, 2), np.nan), None, "coco13")
    surer = Poses(good.keypoints, good.scores * 3, "coco13")

    async def body() -> None:
        engine = Engine()
        calls = [
            engine.search(library, good, 2),
            engine.search(library, invisible, 2),
            engine.search(library, good, 2, "nobody=1"),
            engine.search(library, surer, 2),
            engine.search_rows(library, [5], 2),
            engine.search_rows(library, [5_000], 2),
            engine.search(library, good, 2, distinct="2 metres"),
            engine.search(library, good, 2),
        ]
        found = await asyncio.gather(*calls, return_exceptions=True)
        wrong = [place for place, each in enumerate(found) if isinstance(each, InputError)]
        assert wrong == [1, 2, 3, 5, 6]
        assert "row 0" in str(found[1])
        assert "no column 'nobody'" in str(found[2])
        assert "row 5000" in str(found[5])
        require_same(found[0], library.index.search(good, 2))
        require_same(found[7], found[0])
        await engine.stop()

    run(body)


def test_no_poses_no_results(libraries: Libraries, make_poses: Callable[..., Poses]) -> None:
    async def body() -> None:
        engine = Engine()
        assert await engine.search(libraries.get(), make_poses(0)) == []
        assert await engine.search_rows(libraries.get(), []) == []
        assert len(await engine.embed(libraries.embedder(), make_poses(0))) == 0
        await engine.stop()

    run(body)


@pytest.mark.parametrize(
    ("count", "k", "named"), [(11, 1, "11 poses"), (1, 2_000, "k = 2,000"), (10, 90, "in all")]
)
def test_too_much_for_one_request(
    libraries: Libraries, make_poses: Callable[..., Poses], count: int, k: int, named: str
) -> None:
    async def body() -> None:
        engine = Engine(Limits(poses_per_request=10, hits_per_request=800))
        with pytest.raises(InputError, match=named):
            await engine.search(libraries.get(), make_poses(count), k)
        await engine.stop()

    run(body)


def test_slots_are_bounded() -> None:
    async def body() -> None:
        engine, gate = Engine(Limits(slots=1, slot_waiting=2)), threading.Event()
        calls = [asyncio.create_task(engine.run(gate.wait, 10)) for _ in range(3)]
        await asyncio.sleep(0)
        assert engine.calls == 3
        with pytest.raises(BusyError):
            await engine.run(time.sleep, 0)
        assert await engine.look(max, 1, 2) == 2  # has threads of its own
        calls[2].cancel()
        await asyncio.sleep(0.01)
        calls.append(asyncio.create_task(engine.run(int, "7")))
        await asyncio.sleep(0)
        gate.set()
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert found[:2] == [True, True]
        assert isinstance(found[2], asyncio.CancelledError)
        assert found[3] == 7
        await engine.stop()
        with pytest.raises(StoppingError):
            await engine.run(int, "7")

    run(body)


def test_a_slot_stays_taken_by_work_that_is_not_waited_for() -> None:
    async def body() -> None:
        engine = Engine(Limits(slots=1, slot_waiting=1, slot_seconds=0.05, stop_seconds=5))
        gate, begun = threading.Event(), []
        with pytest.raises(TooSlowError):
            await engine.run(gate.wait, 10)
        with pytest.raises(TooSlowError):
            await engine.run(begun.append, 1)
        await asyncio.sleep(0.01)
        assert engine.calls == 1
        gate.set()
        await engine.stop()
        assert begun == []

    run(body)


def test_a_stop_does_not_wait_for_work_that_nobody_waits_for() -> None:
    async def body() -> None:
        engine = Engine(Limits(slots=1, slot_seconds=0.05, stop_seconds=20))
        gate = threading.Event()
        with pytest.raises(TooSlowError):
            await engine.run(gate.wait, 30)
        left = asyncio.create_task(engine.look(gate.wait, 30))
        await asyncio.sleep(0.05)
        left.cancel()
        async with asyncio.timeout(10):
            await engine.stop()
        gate.set()

    run(body)


def test_a_stop_waits_for_work_that_somebody_waits_for() -> None:
    async def body() -> None:
        engine, gate = Engine(Limits(slots=1)), threading.Event()
        calls = [asyncio.create_task(engine.run(gate.wait, 30)) for _ in range(2)]
        await asyncio.sleep(0.01)
        stop = asyncio.create_task(engine.stop())
        await asyncio.sleep(0.05)
        assert not stop.done()
        gate.set()
        await stop
        assert await asyncio.gather(*calls) == [True, True]

    run(body)


def test_what_a_function_raises_reaches_the_caller() -> None:
    async def body() -> None:
        engine = Engine()
        with pytest.raises(ValueError, match="invalid literal"):
            await engine.run(int, "seven")
        await engine.stop()

    run(body)
