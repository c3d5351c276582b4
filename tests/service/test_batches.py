"""Requests that are computed together get the answers they would get alone."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.service.batches import Batches
from prvipe.service.errors import BusyError, StoppingError, TooSlowError
from prvipe.service.limits import Limits
from prvipe.service.work import Work


@dataclass
class Counts:
    """An observer that remembers."""

    batches: list[tuple[str, int, int]] = field(default_factory=list)
    begun: int = 0
    refused: list[str] = field(default_factory=list)
    gone: int = 0

    def batch_done(self, kind: str, requests: int, poses: int, seconds: float) -> None:
        assert seconds >= 0
        self.batches.append((kind, requests, poses))

    def request_begun(self, kind: str, seconds: float) -> None:
        assert seconds >= 0
        self.begun += 1

    def request_refused(self, kind: str, reason: str) -> None:
        self.refused.append(reason)

    def request_gone(self, kind: str) -> None:
        self.gone += 1


@dataclass(eq=False)
class Doubling(Work[list[int]]):
    """Doubles numbers; counts which were computed."""

    kind = "embed"
    numbers: list[int]
    name: str = "a"
    gate: threading.Event | None = None
    seconds: float = 0.0
    computed: list[list[int]] = field(default_factory=list)
    wrong: bool = False
    poison: bool = False

    @property
    def group(self) -> Hashable:
        return self.name

    def __len__(self) -> int:
        return len(self.numbers)

    def part(self, rows: slice) -> Doubling:
        return Doubling(
            self.numbers[rows],
            self.name,
            self.gate,
            self.seconds,
            self.computed,
            self.wrong,
            self.poison,
        )

    def compute(self, others: Sequence[Doubling]) -> list[list[int] | InputError]:
        works = (self, *others)
        assert len({work.name for work in works}) == 1
        for work in works:
            if work.gate is not None:
                work.gate.wait(10)
        time.sleep(self.seconds)
        self.computed.append([number for work in works for number in work.numbers])
        if any(work.poison for work in works):
            raise RuntimeError("something broke")
        return [
            InputError("wrong") if work.wrong else [2 * number for number in work.numbers]
            for work in works
        ]

    def join(self, answers: Sequence[list[int]]) -> list[int]:
        return [number for answer in answers for number in answer]


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test in a loop and see that it leaves no task behind."""

    async def checked() -> None:
        await body()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(checked())


async def occupy(batches: Batches, lanes: int = 1) -> tuple[threading.Event, list[asyncio.Task]]:
    """Let all lanes compute until the event is set."""
    gate = threading.Event()
    tasks = [
        asyncio.create_task(batches.answer(Doubling([0], f"gate {lane}", gate)))
        for lane in range(lanes)
    ]
    await asyncio.sleep(0)
    return gate, tasks


def test_what_arrives_while_a_lane_computes_is_one_batch() -> None:
    async def body() -> None:
        counts = Counts()
        batches = Batches(Limits(lanes=1), counts)
        gate, held = await occupy(batches)
        waiting = [asyncio.create_task(batches.answer(Doubling([number]))) for number in range(10)]
        await asyncio.sleep(0)
        assert (batches.waiting_requests, batches.waiting_poses) == (10, 10)
        gate.set()
        assert await asyncio.gather(*waiting) == [[2 * number] for number in range(10)]
        await asyncio.gather(*held)
        assert counts.batches == [("embed", 1, 1), ("embed", 10, 10)]
        assert counts.begun == 11
        await batches.stop(1)

    run(body)


def test_one_request_is_answered_at_once() -> None:
    async def body() -> None:
        counts = Counts()
        batches = Batches(Limits(), counts)
        assert await batches.answer(Doubling([3, 4])) == [6, 8]
        assert counts.batches == [("embed", 1, 2)]
        await batches.stop(1)

    run(body)


def test_batches_can_be_switched_off() -> None:
    async def body() -> None:
        counts = Counts()
        batches = Batches(Limits(lanes=1, batch_requests=1), counts)
        gate, held = await occupy(batches)
        waiting = [asyncio.create_task(batches.answer(Doubling([n]))) for n in range(5)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*held, *waiting)
        assert [requests for _, requests, _ in counts.batches] == [1] * 6
        await batches.stop(1)

    run(body)


def test_a_large_request_leaves_room_for_small_ones() -> None:
    async def body() -> None:
        batches = Batches(Limits(lanes=1, batch_poses=10), Counts())
        gate, held = await occupy(batches)
        done: list[str] = []
        large = Doubling(list(range(100)))

        async def ask(name: str, work: Doubling) -> None:
            answer = await batches.answer(work)
            assert answer == [2 * number for number in work.numbers]
            done.append(name)

        tasks = [asyncio.create_task(ask("large", large))]
        await asyncio.sleep(0)
        tasks += [asyncio.create_task(ask("small", Doubling([n]))) for n in range(5)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*held, *tasks)
        assert done == ["small"] * 5 + ["large"]
        assert max(map(len, large.computed)) == 10
        await batches.stop(1)

    run(body)


def test_too_much_waiting_is_refused_and_told_when_to_come_back() -> None:
    async def body() -> None:
        counts = Counts()
        batches = Batches(Limits(lanes=1, waiting_requests=3, waiting_poses=20), counts)
        gate, held = await occupy(batches)
        waiting = [asyncio.create_task(batches.answer(Doubling([n]))) for n in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="busy") as refusal:
            await batches.answer(Doubling([1]))
        assert 1 <= refusal.value.retry_after <= 60
        waiting.pop().cancel()
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await batches.answer(Doubling(list(range(19))))
        waiting.append(asyncio.create_task(batches.answer(Doubling(list(range(18))))))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*held, *waiting)
        assert counts.refused == ["busy", "busy"]
        assert counts.gone == 1
        assert batches.waiting_requests == 0
        await batches.stop(1)

    run(body)


def test_those_whose_client_has_left_are_not_computed() -> None:
    async def body() -> None:
        batches = Batches(Limits(lanes=1), Counts())
        gate, held = await occupy(batches)
        gone, stays = Doubling([1]), Doubling([2])
        tasks = [asyncio.create_task(batches.answer(work)) for work in (gone, stays)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await tasks[1] == [4]
        await asyncio.gather(*held)
        assert (gone.computed, stays.computed) == ([], [[2]])
        await batches.stop(1)

    run(body)


def test_what_is_wrong_with_one_request_harms_no_other() -> None:
    async def body() -> None:
        batches = Batches(Limits(lanes=1), Counts())
        gate, held = await occupy(batches)
        works = [Doubling([n], wrong=n == 2, poison=n == 4) for n in range(6)]
        tasks = [asyncio.create_task(batches.answer(work)) for work in works]
        await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*held)
        assert isinstance(answers.pop(2), InputError)
        assert isinstance(answers.pop(3), RuntimeError)
        assert answers == [[0], [2], [6], [10]]
        await batches.stop(1)

    run(body)


def test_no_answer_in_time() -> None:
    async def body() -> None:
        counts = Counts()
        batches = Batches(Limits(lanes=1, answer_seconds=0.05), counts)
        gate, held = await occupy(batches)
        late = Doubling([1])
        with pytest.raises(TooSlowError, match="no answer within"):
            await batches.answer(late)
        gate.set()
        with pytest.raises(TooSlowError):
            await held[0]
        await batches.stop(1)
        assert late.computed == []
        assert counts.refused == ["slow", "slow"]

    run(body)


def test_a_stop_waits_for_all_that_was_asked_before() -> None:
    async def body() -> None:
        batches = Batches(Limits(lanes=2), Counts())
        gate, held = await occupy(batches, 2)
        waiting = [asyncio.create_task(batches.answer(Doubling([n]))) for n in range(20)]
        await asyncio.sleep(0)
        stopping = asyncio.create_task(batches.stop(10))
        await asyncio.sleep(0.02)
        assert not stopping.done()
        with pytest.raises(StoppingError):
            await batches.answer(Doubling([1]))
        gate.set()
        await stopping
        assert all(task.done() for task in waiting)
        assert await asyncio.gather(*waiting) == [[2 * n] for n in range(20)]
        await asyncio.gather(*held)

    run(body)


def test_a_stop_ends_when_its_time_is_over() -> None:
    async def body() -> None:
        batches = Batches(Limits(lanes=1), Counts())
        gate, held = await occupy(batches)
        waiting = asyncio.create_task(batches.answer(Doubling([1])))
        await asyncio.sleep(0)
        await batches.stop(0.02)
        for task in (*held, waiting):
            with pytest.raises(StoppingError):
                await task
        gate.set()

    run(body)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30),  # poses
            st.sampled_from("abc"),  # group
            st.integers(0, 4),  # when it comes
            st.sampled_from([None, None, None, 0, 1, 3]),  # when its client leaves
            st.booleans(),  # something is wrong with it
        ),
        max_size=40,
    ),
    st.integers(1, 3),
    st.integers(1, 12),
    st.integers(1, 20),
)
def test_everybody_gets_their_own_answer(
    requests: list[tuple[int, str, int, int | None, bool]],
    lanes: int,
    together: int,
    poses: int,
) -> None:
    async def body() -> None:
        limits = Limits(lanes=lanes, batch_requests=together, batch_poses=poses)
        batches = Batches(limits, Counts())

        async def ask(
            number: int, size: int, group: str, wait: int, leave: int | None, wrong: bool
        ) -> None:
            await asyncio.sleep(wait / 2_000)
            numbers = [100 * number + each for each in range(size + 1)]
            task = asyncio.create_task(
                batches.answer(Doubling(numbers, group, seconds=0.0003, wrong=wrong))
            )
            if leave is not None:
                await asyncio.sleep(leave / 2_000)
                task.cancel()
            try:
                assert await task == [2 * each for each in numbers]
                assert not wrong
            except InputError:
                assert wrong
            except asyncio.CancelledError:
                assert leave is not None

        await asyncio.gather(*(ask(number, *each) for number, each in enumerate(requests)))
        assert (batches.waiting_requests, batches.waiting_poses) == (0, 0)
        await batches.stop(10)

    run(body)
