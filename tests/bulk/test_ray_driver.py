"""The process that talks to Ray leaves nothing behind, wherever its end finds it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prvipe.bulk import ray_driver
from prvipe.bulk.job import Job
from prvipe.bulk.ray_plan import RayPlan, Surroundings
from prvipe.errors import InputError


@pytest.fixture
def plan(tmp_path: Path) -> RayPlan:
    folder = tmp_path / "ray"
    folder.mkdir()
    (folder / "log").touch()
    job = Job("", "small", "0", memory=2**30)
    return RayPlan(job, (), None, 1, None, Surroundings("1", "here", ()), str(folder))


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Ray, of which nothing is there to be shut down; a signal raises, as in the process itself."""
    # Not before: it reads the environment once, which other tests set for it.
    ray = pytest.importorskip("ray", reason='needs Ray: pip install "prvipe[ray]"')
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    yield ray
    signal.signal(signal.SIGTERM, before)


def terminate(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def fail(*_: object, **__: object) -> None:
    raise ConnectionError("no room for Ray")


@pytest.mark.parametrize(("start", "ending"), [(fail, InputError), (terminate, SystemExit)])
def test_the_folder_goes_where_ray_does_not_start(
    plan: RayPlan,
    ray: Any,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[..., None],
    ending: type[BaseException],
) -> None:
    monkeypatch.setattr(ray, "init", start)
    with pytest.raises(ending), ray_driver._connection(plan):
        pytest.fail("connected")
    assert not Path(plan.folder).exists()


def test_a_second_signal_does_not_stop_what_the_first_began(
    plan: RayPlan, ray: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "init", terminate)
    monkeypatch.setattr(ray, "shutdown", terminate)
    with pytest.raises(SystemExit), ray_driver._connection(plan):
        pytest.fail("connected")
    assert not Path(plan.folder).exists()
