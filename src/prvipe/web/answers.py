"""Answers in the form that a client asks for."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from prvipe.web.problems import RefusedError
from prvipe.web.reading import JSON, NPZ, PARQUET
from prvipe.wire.base import WireModel

NOT_KEPT = {"cache-control": "no-store"}
"""Header of answers that are of no use later, and that nobody else should find in a cache."""


def json_answer(answer: WireModel, status: int = 200) -> Response:
    """Answer with a model as JSON."""
    return Response(answer.model_dump_json(), status, NOT_KEPT, media_type=JSON)


def file_answer(content: bytes, kind: str) -> Response:
    """Answer with a table."""
    return Response(content, headers=NOT_KEPT, media_type=kind)


def wanted_type(request: Request, *others: str) -> str:
    """Type that the client would rather have: JSON, or one of the others.

    Raises:
        RefusedError: 406, it takes none of them.
    """
    accepted = request.headers.get("accept", "*/*")
    if accepted == "*/*":
        return JSON
    possible = (JSON, *others)
    for pattern in _by_preference(accepted):
        for kind in possible:
            if pattern in (kind, "*/*", f"{kind.partition('/')[0]}/*"):
                return kind
    raise RefusedError(
        406, f"answers of type {accepted[:200]} are not to be had; there are {', '.join(possible)}"
    )


def _by_preference(accepted: str) -> list[str]:
    """Patterns of an Accept header, the most wanted first."""
    weighed = []
    for entry in accepted.lower().split(","):
        pattern, *parameters = (part.strip() for part in entry.split(";"))
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            quality = float(weight)
        except ValueError:
            quality = 0.0
        if quality > 0:
            weighed.append((quality, pattern))
    return [pattern for _, pattern in sorted(weighed, key=lambda each: -each[0])]


TABLES = (PARQUET, NPZ)
"""Types of tables."""
