"""The description of the interface, made of the models that requests are checked against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from prvipe import __version__
from prvipe.web.reading import JSON
from prvipe.wire.base import WireModel
from prvipe.wire.problem import MEDIA_TYPE, Problem

_DESCRIPTION = """
Every answer that is no success is `application/problem+json` (RFC 9457) and names the field.

Besides JSON, `embed`, `search`, `compare` and `align` take poses as Parquet, as `Poses.save` writes
it, and as numpy's npz with the arrays `keypoints` (N, J, 2), `scores` (N, J), and one of length N
per field; `skeleton` is an array of one text, or a parameter of the address. All other fields of
the request are parameters of the address then. Where two sets of poses are needed, the field `of`
says `a` or `b` of each pose.

A server that has a token wants it as `Authorization: Bearer TOKEN`.
"""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

BYTES = {"type": "string", "format": "binary"}
"""Schema of a body that is no JSON."""

_WORDS = {
    400: "The request cannot be read.",
    401: "A token is needed, or another one.",
    403: "Called by another name, or on behalf of another site.",
    404: "There is no such library, recording or picture.",
    406: "No answer of such a type is to be had.",
    408: "The body did not come in time.",
    413: "The body is too large.",
    415: "Bodies of such a type are not read.",
    422: "Something in the request is wrong; `field` says where.",
    429: "Too much is waiting; `Retry-After` says when to try again.",
    500: "A mistake in the server.",
    503: "The server is being stopped, or lost a process; try again.",
    504: "It took too long.",
    507: "The server has no disk or memory left for this.",
}
_ALWAYS = (401, 403, 429, 500, 503)
_WITH_BODY = (400, 408, 413, 415, 422, 507)


@dataclass(frozen=True)
class Contract:
    """What an endpoint takes and gives, besides parameters.

    Attributes:
        takes: model of its body in JSON; None: it takes none.
        gives: model of its answer in JSON; None: it gives none.
        bodies: other types that it takes.
        answers: other types that it gives.
        negotiated: whether the header Accept chooses between them.
        waits: model of the answer 202, that what is asked for is not ready; None: it always is.
        refusals: statuses of problems besides those of every endpoint.
        success: status of the answer.
        words: what the answer is.
    """

    takes: type[WireModel] | None = None
    gives: type[WireModel] | None = None
    bodies: Sequence[str] = ()
    answers: Sequence[str] = ()
    negotiated: bool = True
    waits: type[WireModel] | None = None
    refusals: Sequence[int] = ()
    success: int = 200
    words: str = "Done."

    @property
    def models(self) -> list[tuple[type[WireModel], JsonSchemaMode]]:
        """Models whose schemas are needed."""
        found: list[tuple[type[WireModel], JsonSchemaMode]] = []
        if self.takes is not None:
            found.append((self.takes, "validation"))
        for answer in (self.gives, self.waits):
            if answer is not None:
                found.append((answer, "serialization"))
        return found

    @property
    def statuses(self) -> list[int]:
        """Statuses of the problems that there may be."""
        own = {*_ALWAYS, *self.refusals}
        if self.takes is not None or self.bodies:
            own.update(_WITH_BODY)
        if self.answers and self.negotiated:
            own.add(406)
        return sorted(own)


_CONTRACTS: dict[Callable[..., Any], Contract] = {}


def describes(**contract: Any) -> Callable[[Endpoint], Endpoint]:
    """Note the `Contract` of an endpoint, given by its attributes."""

    def note(endpoint: Endpoint) -> Endpoint:
        _CONTRACTS[endpoint] = Contract(**contract)
        return endpoint

    return note


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI document of an application."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    known = [(each, _CONTRACTS[each.endpoint]) for each in routes if each.include_in_schema]
    models: list[tuple[type[WireModel], JsonSchemaMode]] = [(Problem, "serialization")]
    models += [model for _, contract in known for model in contract.models]
    references, definitions = models_json_schema(
        list(dict.fromkeys(models)), ref_template="#/components/schemas/{model}"
    )
    document = get_openapi(
        title="prvipe",
        version=__version__,
        summary="Poses embedded, searched, compared and aligned, whatever the camera.",
        description=_DESCRIPTION,
        routes=[route for route, _ in known],
    )
    for route, contract in known:
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            operation["responses"] = _responses(contract, references)
            if contract.takes is not None or contract.bodies:
                operation["requestBody"] = _body(contract, references)
    document["components"] = {
        "schemas": definitions.get("$defs", {}),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    }
    document["security"] = [{}, {"token": []}]
    return document


def _responses(contract: Contract, references: Any) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": BYTES} for kind in contract.answers}
    if contract.gives is not None:
        content = {JSON: {"schema": references[contract.gives, "serialization"]}, **content}
    done: dict[str, Any] = {"description": contract.words}
    if content:
        done["content"] = content
    refused = {MEDIA_TYPE: {"schema": references[Problem, "serialization"]}}
    answers = {str(contract.success): done}
    if contract.waits is not None:
        later = {JSON: {"schema": references[contract.waits, "serialization"]}}
        answers["202"] = {"description": "Not ready; ask again.", "content": later}
    return {
        **answers,
        **{
            str(status): {"description": _WORDS[status], "content": refused}
            for status in contract.statuses
        },
    }


def _body(contract: Contract, references: Any) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": BYTES} for kind in contract.bodies}
    if contract.takes is not None:
        content = {JSON: {"schema": references[contract.takes, "validation"]}, **content}
    return {"required": True, "content": content}
