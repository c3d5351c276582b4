"""Opening and making a library by its address: a folder, a server of Milvus, or Milvus Lite."""

from __future__ import annotations

import os

from prvipe.index.model_of_index import IndexModel
from prvipe.index.pose_index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.stores.milvus.address import is_address
from prvipe.stores.milvus.store import MilvusStore
from prvipe.stores.pose_store import PoseStore

__all__ = ["create_store", "is_address", "open_store"]

AnyPath = str | os.PathLike[str]


def open_store(address: AnyPath, model: AnyPath | Embedder | None = None) -> PoseStore:
    """Open a library.

    Args:
        address: `milvus://host:port/collection`, `milvus+tls://...`, a path ending in `.db` (or
            `moves.db/collection`) for Milvus Lite, or the folder of an index.
        model: the model that it was made with, if that is no longer where it was.

    Raises:
        InputError: there is no such library, it is only half loaded, damaged or of another model,
            or its server cannot be reached.
    """
    if is_address(address):
        return MilvusStore.open(address, model)
    return PoseIndex.load(address, model)


def create_store(
    address: AnyPath,
    model: AnyPath | Embedder | IndexModel = "base",
    *,
    index_type: str | None = None,
) -> PoseStore:
    """Make an empty library; that in a folder is written by its first `save(address)`.

    Args:
        address: as `open_store`.
        model: name of a shipped model, file of a checkpoint, or an Embedder.
        index_type: of Milvus, see `prvipe.stores.milvus.index_types`; None: the default.

    Raises:
        InputError: there is one already, no such model or index type, or its server cannot be
            reached.
    """
    if is_address(address):
        return MilvusStore.create(address, model, index_type=index_type)
    return PoseIndex.create(model)
