"""Poses embedded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from pydantic import Field

from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import Trust
from prvipe.wire.arrays import Rows
from prvipe.wire.base import WireAnswer, WireModel
from prvipe.wire.poses import EXAMPLE_POSES, EmbeddingsBody, PosesBody
from prvipe.wire.trust import TrustBody

ModelName = Annotated[str, Field(min_length=1, max_length=256)]


class EmbedRequest(WireModel):
    """Poses to embed."""

    poses: PosesBody = Field(examples=[EXAMPLE_POSES])
    model: ModelName | None = Field(
        None, description="Model of the server; by default that of its first library."
    )


class EmbedAnswer(WireAnswer):
    """A Gaussian per pose."""

    model: str
    fingerprint: str = Field(
        description="Of the model's weights: embeddings of others must not be compared with these."
    )
    mean: Rows = Field(description="Means, d numbers per pose.")
    std: Rows = Field(description="Standard deviations, likewise.")
    trust: list[TrustBody] = Field(description="How far each pose can be trusted.")

    @classmethod
    def of(
        cls, model: str, fingerprint: str, embeddings: Gaussian, trust: Sequence[Trust]
    ) -> EmbedAnswer:
        """Describe embeddings (N, d) by a model, and how far each can be trusted."""
        return cls(
            model=model,
            fingerprint=fingerprint,
            mean=embeddings.mean.cpu().numpy(),
            std=embeddings.std.cpu().numpy(),
            trust=[TrustBody.of(each) for each in trust],
        )

    def to_gaussian(self) -> Gaussian:
        """Return the embeddings (N, d)."""
        mean, std = torch.from_numpy(self.mean), torch.from_numpy(self.std)
        return Gaussian(mean, std, self.fingerprint)


def to_gaussian(embeddings: EmbeddingsBody) -> Gaussian:
    """Return embeddings (N, d) that a request gives.

    Raises:
        InputError: means and standard deviations differ in shape.
    """
    mean, std = torch.from_numpy(embeddings.mean), torch.from_numpy(embeddings.std)
    return Gaussian(mean, std, embeddings.fingerprint)


def from_gaussian(embeddings: Gaussian) -> EmbeddingsBody:
    """Describe embeddings (N, d) for a request, by whose model the caller has seen to.

    Their fingerprint stays here: older servers refuse a body that has a field they do not know.
    """
    return EmbeddingsBody(mean=embeddings.mean.cpu().numpy(), std=embeddings.std.cpu().numpy())
