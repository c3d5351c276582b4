"""The model that a request asks for, and what answers call it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from prvipe.index.model_of_index import IndexModel
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.web.problems import naming
from prvipe.web.services import Services


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model.

    Attributes:
        name: of it.
        fingerprint: of its weights.
        embedder: to embed with.
    """

    name: str
    fingerprint: str
    embedder: Embedder

    @classmethod
    def of(cls, model: IndexModel) -> ServedModel:
        """The model of an index."""
        return cls(model.name, model.fingerprint, model.embedder)


async def find_model(services: Services, name: str | None) -> ServedModel:
    """The model of a name or fingerprint; by default that of the first library.

    Raises:
        RefusedError: it is not served.
    """
    libraries = services.libraries
    for each in libraries.names:
        model = libraries.get(each).index.model
        if name is None or name in (model.name, model.fingerprint):
            return ServedModel.of(model)
    assert name is not None  # there is one library at least
    with naming("model"):
        embedder = await services.engine.look(libraries.embedder, name)
    return ServedModel(name, await services.engine.look(_fingerprint, embedder), embedder)


@lru_cache(maxsize=16)
def _fingerprint(embedder: Embedder) -> str:
    return fingerprint(embedder)
