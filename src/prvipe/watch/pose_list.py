"""The poses that are watched for, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.nearest import find_nearest
from prvipe.index.segment import as_queries
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import MatchingParameters, match_probability
from prvipe.model.trust import judge_poses
from prvipe.poses import Poses
from prvipe.watch.name_averages import average_by_name

NEAREST = 64
"""Poses of the list whose probability is computed for each person and instant."""

MOST_NAMES = 8
"""Names that one person can strike at one instant: the most probable."""


class Match(NamedTuple):
    """A pose of the list that somebody strikes.

    Attributes:
        name: its place among `PoseList.names`.
        probability: of matching.
        row: of the list, its best fitting pose of that name.
    """

    name: int
    probability: float
    row: int


@dataclass(frozen=True, eq=False)
class PoseList:
    """M poses to be watched for, some perhaps of one name: one pose in several frames or views.

    Attributes:
        names: of the poses, each once.
        name_of (M,): place of each pose's name among them.
        embeddings (M, d): of the poses, those of one name averaged where they are one pose.
        matching: the model's matching probability.
        fingerprint: of the model.
        left_out: how many poses were too ambiguous to be watched for.
    """

    names: tuple[str, ...]
    name_of: IntArray
    embeddings: Gaussian
    matching: MatchingParameters
    fingerprint: str
    left_out: int = 0

    @classmethod
    def of_poses(cls, poses: Poses, names: Sequence[str], embedder: Embedder) -> PoseList:
        """Embed poses.

        Args:
            poses: M poses, 2D, of any skeleton.
            names: one of each.
            embedder: the model.

        Raises:
            InputError: fewer or more names than poses, no pose that can be watched for, or see
                `Embedder.embed`.
        """
        _require_names(names, len(poses))
        embeddable = embedder.embeddable(poses)
        own = poses[embeddable].to(embedder.card.skeleton)
        embeddings = embedder.embed(own)
        kept = [name for name, here in zip(names, embeddable, strict=True) if here]
        found = cls.of_embeddings(embeddings, kept, embedder, own.scores)
        return cls(**{**vars(found), "left_out": found.left_out + int((~embeddable).sum())})

    @classmethod
    def of_embeddings(
        cls,
        embeddings: Gaussian,
        names: Sequence[str],
        embedder: Embedder,
        scores: Float32Array | None = None,
    ) -> PoseList:
        """Take embeddings of the model.

        Args:
            embeddings (M, d): of the poses.
            names: one of each.
            embedder: the model.
            scores (M, 13): 0 where a joint is missing, if that is known.

        Raises:
            InputError: fewer or more names than embeddings, embeddings of another dimension or
                model or that are no numbers, or no pose that can be watched for.
        """
        _require_names(names, len(embeddings))
        own = fingerprint(embedder)
        if len(embeddings) and embeddings.dimension != embedder.card.network.dimension:
            raise InputError(
                f"has embeddings of {embeddings.dimension} dimensions, those of the model have "
                f"{embedder.card.network.dimension}; embed it with that"
            )
        if embeddings.fingerprint not in (None, own):
            raise InputError(
                f"has embeddings of another model ({embeddings.fingerprint}) than the one that "
                f"watches ({own}), which cannot be compared; embed it with that"
            )
        if not (embeddings.mean.isfinite().all() and embeddings.std.isfinite().all()):
            raise InputError("holds embeddings that are no numbers; embed it again")
        trust = judge_poses(embeddings, scores, own)
        trusted = np.array([each.trusted for each in trust], bool)
        if not trusted.any():
            doubts = f" ({'; '.join(trust[0].doubts)})" if trust else ""
            raise InputError(f"holds no pose that can be watched for{doubts}")
        return cls._of(embeddings, names, embedder, own, trusted)

    @classmethod
    def _of(
        cls,
        embeddings: Gaussian,
        names: Sequence[str],
        embedder: Embedder,
        own: str,
        kept: BoolArray,
    ) -> PoseList:
        places: dict[str, int] = {}
        name_of = np.array(
            [
                places.setdefault(name, len(places))
                for name, here in zip(names, kept, strict=True)
                if here
            ],
            np.int64,
        )
        trusted = embeddings[np.flatnonzero(kept)].to("cpu")
        return cls(
            tuple(places),
            name_of,
            average_by_name(trusted, name_of, embedder.matching),
            embedder.matching,
            own,
            int((~kept).sum()),
        )

    def __len__(self) -> int:
        return len(self.name_of)


def _require_names(names: Sequence[str], poses: int) -> None:
    if len(names) != poses:
        raise InputError(f"{len(names)} names of {poses} poses: each pose needs one")


class ListMatcher:
    """Finds the poses of a list that others match, in about a millisecond also of 100,000."""

    def __init__(self, watched: PoseList) -> None:
        self._list = watched
        self._rows = _distinct(watched)
        embeddings = watched.embeddings[self._rows]
        spread = embeddings.variance.sum(dim=1, keepdim=True).sqrt()
        vectors = torch.cat([embeddings.mean, spread], dim=1).numpy()
        self._vectors = np.ascontiguousarray(vectors, np.float32)
        self._depth = min(NEAREST, len(self._rows))

    def match(self, embeddings: Gaussian, at_least: float) -> list[list[Match]]:
        """Return what each of Q embeddings matches with such a probability, best first.

        Args:
            embeddings (Q, d): of poses.
            at_least: probability.
        """
        if not len(embeddings):
            return []
        vectors = as_queries(embeddings.mean.numpy())
        # Expected distance and probability fall together, but for what the variances add.
        places, _ = find_nearest(vectors, self._vectors, None, self._depth)
        listed = self._rows[places.clip(min=0)]
        queries = np.repeat(np.arange(len(embeddings)), self._depth)
        with torch.inference_mode():
            odds = match_probability(
                embeddings[queries], self._list.embeddings[listed.ravel()], self._list.matching
            ).numpy()
        probabilities = np.where(places.ravel() >= 0, odds, 0).reshape(places.shape)
        return [
            self._best(rows, row_probabilities, at_least)
            for rows, row_probabilities in zip(listed, probabilities, strict=True)
        ]

    def _best(self, rows: IntArray, probabilities: Float32Array, at_least: float) -> list[Match]:
        found: dict[int, Match] = {}
        for place in np.argsort(-probabilities, kind="stable").tolist():
            probability = float(probabilities[place])
            if probability < at_least or len(found) == MOST_NAMES:
                break
            row = int(rows[place])
            name = int(self._list.name_of[row])
            found.setdefault(name, Match(name, probability, row))
        return list(found.values())


def _distinct(watched: PoseList) -> IntArray:
    """Rows of the list, of equal poses of a name the first: averaged ones crowd out no other."""
    z = watched.embeddings
    poses = np.column_stack([watched.name_of, z.mean.numpy(), z.std.numpy()])
    _, rows = np.unique(poses, axis=0, return_index=True)
    return np.sort(rows)
