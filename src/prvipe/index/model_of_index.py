"""Which model the embeddings of an index are of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from prvipe.errors import InputError, printable
from prvipe.index.manifest import Manifest, SegmentNote
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.matching import MatchingParameters
from prvipe.skeleton import Skeleton, get_skeleton


@dataclass
class IndexModel:
    """The model of an index; its network is loaded when poses are to be embedded.

    Attributes:
        name: of a shipped model, or its file.
        fingerprint: of its weights.
        dimension: of its embeddings.
        matching: its matching probability.
        skeleton: of the keypoints that it reads.
    """

    name: str
    fingerprint: str
    dimension: int
    matching: MatchingParameters
    skeleton: Skeleton
    _embedder: Embedder | None = field(default=None, repr=False)

    @classmethod
    def of(cls, model: str | os.PathLike[str] | Embedder) -> IndexModel:
        """Describe a model, given by name, file or as an Embedder.

        Raises:
            InputError: no such model, or one without a matching probability.
        """
        embedder = as_embedder(model)
        name = "a model in memory" if isinstance(model, Embedder) else printable(model)
        return cls(
            name,
            fingerprint(embedder),
            embedder.card.network.dimension,
            embedder.matching,
            get_skeleton(embedder.card.skeleton),
            embedder,
        )

    @classmethod
    def named_in(cls, manifest: Manifest) -> IndexModel:
        """The model that a saved index is of; its network is not loaded yet."""
        return cls(
            manifest.model,
            manifest.fingerprint,
            manifest.dimension,
            MatchingParameters(manifest.a, manifest.b),
            get_skeleton(manifest.skeleton),
        )

    def as_noted(
        self,
        generation: int,
        next_row: int,
        columns: Mapping[str, str],
        segments: tuple[SegmentNote, ...],
    ) -> Manifest:
        """The manifest of an index of this model."""
        return Manifest(
            generation=generation,
            model=self.name,
            fingerprint=self.fingerprint,
            dimension=self.dimension,
            a=float(self.matching.a),
            b=float(self.matching.b),
            skeleton=self.skeleton.name,
            joints=len(self.skeleton.joints),
            next_row=next_row,
            columns=dict(columns),
            segments=segments,
        )

    @property
    def embedder(self) -> Embedder:
        """The model, to embed with.

        Raises:
            InputError: it is not where it was, or there is another one now.
        """
        if self._embedder is None:
            try:
                other = IndexModel.of(self.name)
            except InputError as error:
                raise InputError(
                    f"the index is of model {self.name} ({self.fingerprint}), which cannot be "
                    f"loaded ({error}); say where it is with --model or PoseIndex.load(path, model)"
                ) from error
            self.require_same(other)
            self._embedder = other.embedder
        return self._embedder

    def use(self, model: str | os.PathLike[str] | Embedder) -> None:
        """Embed with this model, which must be the one of the index.

        Raises:
            InputError: it is another one.
        """
        other = IndexModel.of(model)
        self.require_same(other)
        self._embedder = other.embedder

    def require_same(self, other: IndexModel) -> None:
        """Refuse another model.

        Raises:
            InputError: naming both.
        """
        if other.fingerprint != self.fingerprint:
            raise InputError(
                f"the index is of model {self.name} ({self.fingerprint}) and this is model "
                f"{other.name} ({other.fingerprint}), whose embeddings cannot be compared; take "
                "the model of the index, or build an index with this one"
            )
