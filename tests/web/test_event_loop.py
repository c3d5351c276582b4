"""What takes long is not done in the event loop, which all other requests wait for."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest

from prvipe.web.routes import embed
from prvipe.wire.poses import PosesBody

Client = httpx.Client

MANY = {"keypoints": np.random.default_rng(0).normal(500, 100, (200, 13, 2)).tolist()}


@pytest.fixture
def in_the_loop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the functions that were called in an event loop."""
    called: list[str] = []

    def watch(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def watched(*arguments: Any) -> Any:
            if runs_in_a_loop():
                called.append(name)
            return original(*arguments)

        monkeypatch.setattr(owner, name, watched)

    watch(PosesBody, "to_poses")
    watch(embed, "judge_poses")
    return called


def runs_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize(
    ("verb", "asked"),
    [
        ("embed", {"poses": MANY}),
        ("search", {"poses": MANY, "k": 1}),
        ("uncertainty", {"poses": MANY}),
        ("align", {"a": {"poses": MANY}, "b": {"poses": MANY}, "fps": 25}),
    ],
)
def test_many_poses_are_taken_in_by_threads(
    make_client: Callable[..., Client], in_the_loop: list[str], verb: str, asked: dict[str, Any]
) -> None:
    answer = make_client().post(f"/v1/{verb}", json=asked)
    assert answer.status_code == 200, answer.text
    assert in_the_loop == []
