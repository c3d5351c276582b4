"""An application on a small library, spoken to without a network."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from prvipe.index import PoseIndex
from prvipe.poses import Poses
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits
from prvipe.service.workers import DecodingWorkers
from prvipe.web.app import create_app
from prvipe.web.settings import Settings
from prvipe.wire.poses import PosesBody

ADDRESS = "http://127.0.0.1:8765"
FRAMES = 12
CAMERAS = ("cam01", "cam02")

Bodies = Callable[..., Any]
MakePoses = Callable[..., Poses]
Client = httpx.Client


@contextmanager
def running(arguments: list[str], **variables: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `prvipe serve` on any free port: its address, and its process."""
    command = [sys.executable, "-m", "prvipe", "serve", *arguments, "--port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip().rstrip("/")
            assert address.startswith("http://"), process.communicate(timeout=10)[1]
            yield address, process
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """These tensors are too small to share among more threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def moving(standing_bodies: Bodies) -> MakePoses:
    """`moving(camera, frames)`: keypoints of one who moves, seen by an orthographic camera."""

    def make(camera: int = 0, frames: int = FRAMES) -> Poses:
        first, last = standing_bodies(2, np.random.default_rng(3), 0.6)
        share = np.linspace(0, 1, frames)[:, None, None]
        bodies = ((1 - share) * first + share * last)[
            :, [10, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]
        ]
        angle = camera * 1.1
        right = np.array([np.cos(angle), np.sin(angle), 0])
        seen = np.stack([bodies @ right, -bodies[..., 2]], axis=-1)
        table: dict[str, Any] = {
            "source": [f"clip{camera}.mp4"] * frames,
            "camera": [CAMERAS[camera]] * frames,
            "frame": np.arange(frames),
            "time": np.arange(frames) / 25,
            "person": np.zeros(frames, np.int64),
        }
        return Poses((400 + 200 * seen).astype(np.float32), None, "coco13", table)

    return make


@pytest.fixture(scope="session")
def library_path(tmp_path_factory: pytest.TempPathFactory, moving: MakePoses) -> Path:
    """An index of two recordings of one motion."""
    path: Path = tmp_path_factory.mktemp("served") / "moves.pvi"
    index = PoseIndex.create("small")
    for camera in range(len(CAMERAS)):
        index.add(moving(camera))
    index.save(path)
    return path


@pytest.fixture(scope="session")
def served(library_path: Path) -> Iterator[Libraries]:
    """The library, open."""
    with Libraries.open([library_path]) as libraries:
        yield libraries


@pytest.fixture(scope="session")
def client(served: Libraries) -> Iterator[Client]:
    """Speaks to a server that needs no token."""
    settings = Settings(limits=Limits(decode_workers=1))
    with TestClient(create_app(served, settings), base_url=ADDRESS) as client:
        yield client


@pytest.fixture
def make_client(
    served: Libraries, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Client]]:
    """`make_client(token=..., limits=...)` speaks to a server of these settings.

    It has no processes to decode, which take long to start.
    """

    async def start_none(_: object) -> None:
        return

    monkeypatch.setattr(DecodingWorkers, "start", start_none)
    open_clients: list[TestClient] = []

    def make(address: str = ADDRESS, **settings: Any) -> Client:
        app = create_app(served, Settings(**settings))
        client = TestClient(app, base_url=address, raise_server_exceptions=False)
        client.__enter__()
        open_clients.append(client)
        return client

    yield make
    for client in open_clients:
        client.__exit__()


@pytest.fixture(scope="session")
def as_json() -> Callable[[Poses], dict[str, Any]]:
    """`as_json(poses)`: as requests have them."""
    return lambda poses: PosesBody.of(poses).model_dump(mode="json")


@pytest.fixture(scope="session")
def live(library_path: Path) -> Iterator[str]:
    """Address of `prvipe serve` in a process of its own, such as http://127.0.0.1:34567."""
    with running([str(library_path)]) as (address, _):
        yield address
