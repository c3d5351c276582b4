"""The model of a library on a server: the counterpart of `Embedder`, `compare` and `align`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from prvipe.client.library import RemoteLibrary
from prvipe.client.questions import (
    MOTION_FIELDS,
    NAMING_FIELDS,
    POSES_AT_ONCE,
    describe_poses,
    part_of,
    parts,
    question,
)
from prvipe.comparison import Comparison
from prvipe.comparison.comparison import one_pose
from prvipe.geometry.arrays import BoolArray, FloatArray
from prvipe.model.gaussian import Gaussian
from prvipe.model.inputs import as_poses_of, require_comparable, require_pairs
from prvipe.model.matching import (
    MatchingParameters,
    match_probability,
    match_probability_matrix,
)
from prvipe.poses import Poses
from prvipe.sequences import Alignment
from prvipe.sequences.timeline import make_timeline
from prvipe.skeleton import Skeleton
from prvipe.wire.align import AlignRequest
from prvipe.wire.binary_results import alignment_from_npz
from prvipe.wire.compare import CompareAnswer, CompareRequest
from prvipe.wire.embed import EmbedAnswer, EmbedRequest
from prvipe.wire.npz import MEDIA_TYPE as NPZ
from prvipe.wire.poses import Clip, PoseReference


class RemoteModel(RemoteLibrary):
    """The part of `Client` that embeds, compares and aligns by the model of the library."""

    def embed(self, poses: Poses | FloatArray, skeleton: str | Skeleton = "coco13") -> Gaussian:
        """Embed 2D poses by the model of the library; see `Embedder.embed`.

        Returns:
            Gaussian: N rows on the CPU.

        Raises:
            InputError: see `Embedder.embed`.
        """
        own = as_poses_of(self._library().skeleton, poses, skeleton)
        found = []
        for part in parts(len(own), POSES_AT_ONCE):
            with part_of(part.start, part.stop, len(own)):
                request = question(
                    EmbedRequest,
                    poses=self._describe(own[part], NAMING_FIELDS),
                    model=self._model(),
                )
                with self._noticing_another_model():
                    answer = self._connection.post("/v1/embed", request, EmbedAnswer)
                self._require_same_model(self._library(), answer.model, answer.fingerprint)
                found.append(answer.to_gaussian())
        if not found:
            empty = torch.zeros(0, self._library().dimension)
            return Gaussian(empty, empty, self._library().fingerprint)
        return Gaussian.concatenate(found)

    def embeddable(
        self, poses: Poses | FloatArray, skeleton: str | Skeleton = "coco13"
    ) -> BoolArray:
        """Return the mask (N,) of the rows that `embed` takes; see `Embedder.embeddable`.

        Raises:
            InputError: the poses are 3D.
        """
        library = self._library()
        own = as_poses_of(library.skeleton, poses, skeleton)
        return own.valid(missing_allowed=library.reads_scores)

    @property
    def matching(self) -> MatchingParameters:
        """The model's matching probability; see `Embedder.matching`."""
        matching = self._library().matching
        return MatchingParameters(matching.a, matching.b)

    def match_probability(self, z1: Gaussian, z2: Gaussian) -> Tensor:
        """Probability that paired poses match, computed here; see `Embedder.match_probability`.

        Raises:
            InputError: no embeddings, or of different number, dimension or models.
        """
        require_pairs(z1, z2)
        return match_probability(z1, z2, self.matching)

    def similarity(self, z1: Gaussian, z2: Gaussian) -> Tensor:
        """Probability that poses match, all pairs, computed here; see `Embedder.similarity`.

        Raises:
            InputError: no embeddings, or of different dimension or models.
        """
        require_comparable(z1, z2)
        return match_probability_matrix(z1, z2, self.matching)

    def compare(self, a: Poses, b: Poses) -> Comparison:
        """Compare the pose of one person with that of another; see `prvipe.compare`.

        Raises:
            InputError: see `prvipe.compare`.
        """
        sides = {
            side: PoseReference(poses=self._describe(one_pose(poses, which), ()))
            for side, poses, which in (("a", a, "first"), ("b", b, "second"))
        }
        request = question(CompareRequest, **sides, model=self._model())
        with self._noticing_another_model():
            answer = self._connection.post("/v1/compare", request, CompareAnswer)
        self._require_same_model(self._library(), answer.model, answer.fingerprint)
        return answer.to_comparison()

    def align(
        self,
        a: Poses,
        b: Poses,
        *,
        open_ends: bool = True,
        frame_rate: float | None = None,
        every: int = 1,
    ) -> Alignment:
        """Align two recordings of a motion; see `prvipe.align`.

        Args:
            a: one person, at most one row per frame.
            b: likewise.
            open_ends: False: first is aligned with first and last with last.
            frame_rate: as in `prvipe.sequences.embed_recording`.
            every: likewise.

        Raises:
            InputError: see `prvipe.align`; or more pairs of frames than the server aligns.
        """
        for poses in (a, b):
            make_timeline(poses, frame_rate, every)  # which says what is wrong with it
        request = question(
            AlignRequest,
            a=Clip(poses=self._describe(a, MOTION_FIELDS)),
            b=Clip(poses=self._describe(b, MOTION_FIELDS)),
            closed_ends=not open_ends,
            fps=frame_rate,
            every=every,
            model=self._model(),
        )
        with self._noticing_another_model():
            answer = self._connection.post_for("/v1/align", request, NPZ)
        alignment = alignment_from_npz(answer.content)
        self._require_same_model(self._library(), "", alignment.a.model)
        return alignment

    def _model(self) -> str:
        """What requests call the model of the library: what tells it from all others."""
        return self._library().fingerprint

    def _describe(self, poses: Poses, fields: tuple[str, ...]) -> Any:
        return describe_poses(poses, self._library().skeleton, fields)
