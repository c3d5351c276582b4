"""Models in memory, each once, whichever libraries are of it."""

from __future__ import annotations

from pathlib import Path
from threading import RLock

import numpy as np

from prvipe.index.folder import open_manifest
from prvipe.index.pose_index import PoseIndex
from prvipe.model.embedder import Embedder, shipped_models
from prvipe.model.fingerprint import fingerprint
from prvipe.model.lifter import Lifter
from prvipe.service.errors import UnknownModelError
from prvipe.skeleton import COCO13


class Models:
    """The models that one server embeds and lifts with; threads may ask at once.

    A request names a model and never a file: those that come with the package, and those of the
    libraries.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._embedders: dict[str, Embedder] = {}
        self._fingerprints: dict[str, str] = {}
        self._lifter: Lifter | None = None

    def open_index(self, path: Path, *, in_memory: bool) -> PoseIndex:
        """Open an index with its model, which is loaded unless another library is of it, too.

        Raises:
            InputError: see `PoseIndex.load`; or its model is not where it was.
        """
        with self._lock:
            known = self._embedders.get(open_manifest(path).fingerprint)
        # Without the lock, for others need models while a large library is read.
        index = PoseIndex.load(path, known, in_memory=in_memory)
        embedder = index.model.embedder
        with self._lock:
            self._keep(index.model.name, index.model.fingerprint, embedder)
        return index

    def embedder(self, name: str) -> Embedder:
        """Return a model by its name or fingerprint.

        Raises:
            UnknownModelError: it does not come with the package, and no library is of it.
        """
        with self._lock:
            known = self._embedders.get(self._fingerprints.get(name, name))
            if known is not None:
                return known
            if name not in shipped_models():
                names = sorted({*shipped_models(), *self._fingerprints})
                raise UnknownModelError(
                    f"model {name}: is not served; there are {', '.join(names)}"
                )
            embedder = Embedder.load(name)
            self._keep(name, fingerprint(embedder), embedder)
            return embedder

    @property
    def lifter(self) -> Lifter:
        """The model that estimates 3D poses, loaded when it is first asked for."""
        with self._lock:
            if self._lifter is None:
                self._lifter = Lifter.load()
            return self._lifter

    def prepare(self) -> None:
        """Load what only some requests need, and use it once, so that none waits for that."""
        self.lifter.lift_keypoints(_some_body())

    def _keep(self, name: str, of: str, embedder: Embedder) -> None:
        if of not in self._embedders:
            # Once, so that no request waits for the network to be folded.
            embedder.embed_keypoints(_some_body())
            self._embedders[of] = embedder
        self._fingerprints[name] = of


def _some_body() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(1, len(COCO13.joints), 2)).astype(np.float32)
