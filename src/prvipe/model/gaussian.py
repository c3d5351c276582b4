"""The one type that an embedding network returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from prvipe.errors import InputError
from prvipe.geometry.arrays import IntArray


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Diagonal Gaussians in the embedding space, one row per 2D pose (section 3.4).

    Attributes:
        mean (N, d): means; distance between means is dissimilarity of the 3D poses.
        std (N, d): standard deviations (POEM's head; the paper speaks of a covariance). Large means
            that the 2D pose is ambiguous; zero everywhere for point embeddings.
        fingerprint: `prvipe.model.fingerprint.fingerprint` of the model that made them; None where
            that is not known, as while training.
    """

    mean: Tensor
    std: Tensor
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        if self.mean.ndim != 2 or self.mean.shape != self.std.shape:
            raise InputError(
                "Gaussian: mean and std must both be (N, d), "
                f"got {tuple(self.mean.shape)} and {tuple(self.std.shape)}"
            )

    def __len__(self) -> int:
        return self.mean.shape[0]

    def __getitem__(self, rows: int | slice | Sequence[int] | IntArray | Tensor) -> Gaussian:
        """Select rows; a single index gives a Gaussian of one row."""
        mean, std = self.mean[rows], self.std[rows]
        if mean.ndim == 1:
            mean, std = mean[None], std[None]
        return Gaussian(mean, std, self.fingerprint)

    @property
    def dimension(self) -> int:
        """Number d of embedding dimensions."""
        return self.mean.shape[1]

    @property
    def variance(self) -> Tensor:
        """(N, d): squared standard deviations."""
        return self.std.square()

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw reparameterised samples (N, count, d): std * noise + mean (section 3.4)."""
        noise = torch.randn(
            (len(self), count, self.dimension),
            generator=generator,
            dtype=self.mean.dtype,
            device=self.mean.device,
        )
        return torch.addcmul(self.mean[:, None], noise, self.std[:, None])

    def to(self, device: torch.device | str) -> Gaussian:
        """The same Gaussians on another device."""
        return Gaussian(self.mean.to(device), self.std.to(device), self.fingerprint)

    @staticmethod
    def concatenate(parts: Sequence[Gaussian]) -> Gaussian:
        """Stack the rows of several Gaussians of one dimension; of unknown model if one is.

        Raises:
            InputError: they are of different models.
        """
        models = {part.fingerprint for part in parts}
        require_one_model(models)
        return Gaussian(
            torch.cat([part.mean for part in parts]),
            torch.cat([part.std for part in parts]),
            None if None in models else next(iter(models), None),
        )


def require_one_model(fingerprints: Iterable[str | None]) -> None:
    """Refuse embeddings of different models; None, which is not known, may be any.

    Raises:
        InputError: naming two of them.
    """
    known = sorted({each for each in fingerprints if each is not None})
    if len(known) > 1:
        raise InputError(
            f"embeddings of the models {known[0]} and {known[1]} cannot be compared; embed all "
            "with one model"
        )
