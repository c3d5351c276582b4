"""How far an answer can be trusted."""

from __future__ import annotations

from pydantic import Field

from prvipe.model.trust import Trust
from prvipe.wire.base import WireAnswer


class TrustBody(WireAnswer):
    """How far an answer about one pose can be trusted."""

    visible: int | None = Field(
        description="Joints that are known; null where only an embedding is."
    )
    joints: int = Field(description="Joints that the model reads.")
    variance: float = Field(description="Total variance of the embedding.")
    doubts: list[str] = Field(description="What speaks against trusting it, in plain words.")
    trusted: bool = Field(description="Whether nothing speaks against it.")

    @classmethod
    def of(cls, trust: Trust) -> TrustBody:
        """Describe a judgement."""
        return cls(
            visible=trust.visible,
            joints=trust.joints,
            variance=trust.variance,
            doubts=list(trust.doubts),
            trusted=trust.trusted,
        )

    def to_trust(self) -> Trust:
        """Return what is described."""
        return Trust(self.visible, self.joints, self.variance, tuple(self.doubts))
