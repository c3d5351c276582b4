"""What tells one model from another, whatever its file is called."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prvipe.model.embedder import Embedder

_LENGTH = 16


def fingerprint(embedder: Embedder) -> str:
    """Hash of a model: its weights with their shapes, head and skeleton; 16 hexadecimal digits.

    Embeddings, distances and probabilities of models with different fingerprints must not be
    compared. Takes about 15 ms for `base`.
    """
    digest = sha256()
    digest.update(f"{embedder.card.network.head} {embedder.card.skeleton}".encode())
    for name, tensor in sorted(embedder.network.state_dict().items()):
        values = tensor.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()[:_LENGTH]
