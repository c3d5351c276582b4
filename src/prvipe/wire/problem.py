"""What went wrong, as RFC 9457 has it."""

from __future__ import annotations

from pydantic import Field

from prvipe.wire.base import WireAnswer

MEDIA_TYPE = "application/problem+json"


class FieldProblem(WireAnswer):
    """One mistake in a request."""

    field: str = Field(description="Where it is.", examples=["poses.keypoints.0.3"])
    message: str


class Problem(WireAnswer):
    """Why a request was not answered."""

    type: str = "about:blank"
    title: str = Field(description="What kind of mistake it is.")
    status: int = Field(description="Status of HTTP.")
    detail: str = Field(description="What is wrong and what to do about it.")
    field: str | None = Field(None, description="Where the first mistake in the request is.")
    errors: list[FieldProblem] = Field([], description="All mistakes found.")
