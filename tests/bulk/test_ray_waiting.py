"""Whoever waits for workers of Ray is told so."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from prvipe.bulk import ray_waiting
from prvipe.bulk.job import Job
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.ray_plan import RayPlan, Surroundings
from prvipe.bulk.ray_waiting import Notice, describe_room, describe_waiting, with_notices
from prvipe.bulk.storage import OutputError, Storage
from prvipe.errors import InputError

OUTCOMES = [Outcome(str(number), rows=1, bytes=1, crc32=1) for number in range(3)]
PLAN = RayPlan(
    Job("", "small", "0", memory=3 * 2**30),
    (),
    "auto",
    None,
    None,
    Surroundings("1", "here", ()),
    "",
)


def slowly(seconds: float) -> Iterator[Outcome]:
    yield OUTCOMES[0]
    time.sleep(seconds)
    yield from OUTCOMES[1:]


def test_nothing_is_said_while_outcomes_come() -> None:
    answers = with_notices(iter(OUTCOMES), lambda: pytest.fail("asked"))
    assert list(answers) == OUTCOMES


def test_silence_is_explained_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_waiting, "SECONDS", 0.1)
    answers = list(with_notices(slowly(1.0), lambda: "nobody has begun"))
    assert [each for each in answers if isinstance(each, Outcome)] == OUTCOMES
    notices = answers[1:-2]
    assert set(notices) == {Notice("nobody has begun")}
    assert 1 <= len(notices) <= 3  # after 0.1, 0.3 and 0.7 s


def test_workers_that_all_work_are_no_reason_to_say_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ray_waiting, "SECONDS", 0.05)
    assert list(with_notices(slowly(0.5), lambda: None)) == OUTCOMES


def test_what_ends_the_job_comes_after_what_was_done() -> None:
    def fails() -> Iterator[Outcome]:
        yield OUTCOMES[0]
        raise InputError("the disk is full")

    answers = with_notices(fails(), lambda: None)
    assert next(answers) == OUTCOMES[0]
    with pytest.raises(InputError, match="the disk is full"):
        next(answers)


def test_a_cluster_too_small_for_all_workers_is_said_at_once() -> None:
    assert describe_room(PLAN, asked=4, room=4) is None
    said = describe_room(PLAN, asked=4, room=3)
    assert said is not None
    assert said.startswith("the cluster has room for 3 of 4 workers, each with a CPU core, 3 GiB")
    cuda = replace(PLAN, job=replace(PLAN.job, device="cuda"))
    assert "a GPU" in str(describe_room(cuda, asked=2, room=1))


def test_an_output_that_cannot_be_listed_for_a_moment_ends_no_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("ray", reason='needs Ray: pip install "prvipe[ray]"')

    def open_storage(_: str) -> Storage:
        raise OutputError("s3://poses: the store does not answer")

    monkeypatch.setattr(ray_waiting, "SECONDS", 0.05)
    monkeypatch.setattr(ray_waiting, "open_storage", open_storage)
    assert list(with_notices(slowly(0.3), lambda: describe_waiting(PLAN, 2))) == OUTCOMES
