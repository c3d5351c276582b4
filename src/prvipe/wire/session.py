"""Signing in."""

from __future__ import annotations

from pydantic import Field, SecretStr

from prvipe.wire.base import WireModel


class SessionRequest(WireModel):
    """The token of the server, for a cookie in its place."""

    token: SecretStr = Field(min_length=1, max_length=1_024)
