"""A library with columns of many types, on the disk and behind a server in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from served_library import make_model, moving_people, with_fields

from prvipe import Client, Embedder, PoseIndex

pytest.importorskip("fastapi")
TestClient = pytest.importorskip("starlette.testclient").TestClient


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of an untrained model that reads scores."""
    return make_model(tmp_path_factory.mktemp("models") / "model.safetensors", seed=0)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A saved library of 140 poses."""
    path = tmp_path_factory.mktemp("libraries") / "moves.pvi"
    index = PoseIndex.create(model)
    index.add(with_fields(moving_people(140)))
    index.save(path)
    return path


@dataclass
class Place:
    """Where the same program can be run: beside the library, or at its server."""

    index: PoseIndex | Client
    model: Embedder | Client


@pytest.fixture(scope="session")
def local(folder: Path, model: Path) -> Place:
    return Place(PoseIndex.load(folder), Embedder.load(model))


@pytest.fixture(scope="session")
def transport(folder: Path) -> Iterator[object]:
    """Leads to a server in this process, as httpx takes it."""
    from prvipe.service.libraries import Libraries
    from prvipe.web.app import create_app

    with (
        Libraries.open([folder]) as libraries,
        TestClient(create_app(libraries), "http://localhost") as client,
    ):
        yield client._transport


@pytest.fixture
def client(transport: object) -> Iterator[Client]:
    with Client("http://localhost", library="moves", transport=transport) as client:
        yield client


@pytest.fixture
def remote(client: Client) -> Place:
    return Place(client, client)
