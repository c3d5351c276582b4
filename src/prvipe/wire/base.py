"""What all models of requests and answers share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

MOST_POSES = 20_000
"""Poses of one body at most, as many as a recording may have; a server may allow fewer."""

MOST_TEXT = 4_096
"""Characters of a name, a condition or a value."""

MOST_DIMENSIONS = 1_024
"""Dimensions of an embedding."""


class WireModel(BaseModel):
    """A request, or a part of one: nothing besides what it names, no number that is not finite."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
    )


class WireAnswer(WireModel):
    """An answer, or a part of one; a newer server may say more, which is passed over."""

    model_config = ConfigDict(extra="ignore")
