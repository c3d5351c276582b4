"""What is searched for: embeddings, and what is known of the poses they are of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.index.model_of_index import IndexModel
from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import Trust, judge_poses
from prvipe.poses import Poses
from prvipe.poses.validity import finite_joints


@dataclass(frozen=True, eq=False)
class Queries:
    """Q poses to search for.

    Attributes:
        embeddings (Q, d): of the poses.
        keypoints (Q, J, 2): NaN where a joint is missing; None if they are not known.
        trust: how far each can be trusted, Q of them.
    """

    embeddings: Gaussian
    keypoints: Float32Array | None
    trust: tuple[Trust, ...]

    @classmethod
    def of(cls, query: Poses | Gaussian | FloatArray | Queries, model: IndexModel) -> Queries:
        """Embed poses or keypoints (Q, J, 2); take embeddings and what is embedded as they are.

        Raises:
            InputError: a pose cannot be embedded, or embeddings are of another model, dimension
                or NaN.
        """
        if isinstance(query, Queries):
            return query
        if isinstance(query, Gaussian):
            require_embeddings(query, model)
            return cls.judged(query, None, model)
        poses = query if isinstance(query, Poses) else Poses(query, None, model.skeleton)
        embeddings = model.embedder.embed(poses)
        return cls.judged(embeddings, poses.to(model.skeleton).keypoints, model)

    @classmethod
    def judged(
        cls, embeddings: Gaussian, keypoints: Float32Array | None, model: IndexModel
    ) -> Queries:
        """Judge how far each can be trusted."""
        visible = None if keypoints is None else finite_joints(keypoints).astype(np.float32)
        return cls(embeddings, keypoints, judge_poses(embeddings, visible, model.fingerprint))


def require_embeddings(embeddings: Gaussian, model: IndexModel) -> None:
    """Refuse embeddings that cannot be of the model of the index.

    Raises:
        InputError: another dimension or model, or NaN.
    """
    if embeddings.dimension != model.dimension:
        raise InputError(
            f"embeddings of {embeddings.dimension} dimensions, but those of the index's model "
            f"{model.name} have {model.dimension}; embed with that"
        )
    if embeddings.fingerprint not in (None, model.fingerprint):
        raise InputError(
            f"the index is of model {model.name} ({model.fingerprint}) and these embeddings are of "
            f"another model ({embeddings.fingerprint}), whose embeddings cannot be compared; take "
            "the model of the index, or build an index with the other one"
        )
    finite = embeddings.mean.isfinite() & embeddings.std.isfinite()
    if not finite.all():
        row = int((~finite.all(dim=1)).nonzero()[0])
        raise InputError(f"embedding of row {row} is NaN or infinite; check its keypoints")
