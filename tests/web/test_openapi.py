"""The interface tried against its own description."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from prvipe.service.libraries import Libraries
from prvipe.web.app import create_app

EXAMPLES = 25
"""Requests of each kind that are made up for each operation."""

OPERATIONS = [
    *(("POST", f"/v1/{verb}") for verb in ("embed", "search", "uncertainty", "compare", "align")),
    *(("POST", f"/v1/{verb}") for verb in ("overlay", "read", "session")),
    ("DELETE", "/v1/session"),
    ("GET", "/v1/libraries"),
    *(
        ("GET", f"/v1/libraries/{{name}}{rest}")
        for rest in ("", "/poses", "/map", "/frames", "/recordings")
    ),
    ("GET", "/v1/libraries/{name}/recordings/{recording}"),
    ("GET", "/v1/libraries/{name}/poses/{row}/image"),
    ("POST", "/v1/libraries/{name}/reload"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
]

_CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What fits the description may still name a row that there is not, or a pose of
            # another skeleton: that is said of the field.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "404", "406", "422", "429"],
            },
        }
    }
)


@pytest.fixture(scope="module")
def document(served: Libraries) -> dict[str, Any]:
    """The OpenAPI document."""
    return create_app(served).openapi()


def test_every_operation_is_tried(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert described == set(OPERATIONS)


def test_the_description_is_complete(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], f"{method} {path}"
            assert operation["description"], f"{method} {path}"
            statuses = operation["responses"]
            assert "500" in statuses
            problems = [s for code, s in statuses.items() if int(code) >= 400]
            assert all(list(each["content"]) == ["application/problem+json"] for each in problems)
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), f"{path}: {parameter['name']}"


def test_all_references_lead_somewhere(document: dict[str, Any]) -> None:
    def look(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                name = part["$ref"].removeprefix("#/components/schemas/")
                assert name in document["components"]["schemas"]
            for each in part.values():
                look(each)
        elif isinstance(part, list):
            for each in part:
                look(each)

    look(document)


@pytest.fixture(scope="module")
def schema(document: dict[str, Any]) -> Any:
    """What makes up requests."""
    return schemathesis.openapi.from_dict(_only_json(document), config=_CONFIG)


def _only_json(document: dict[str, Any]) -> dict[str, Any]:
    """The document without bodies that are files, which are made up otherwise."""
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        paths[path] = {}
        for method, operation in item.items():
            body = operation.get("requestBody")
            if body is not None and "application/json" in body["content"]:
                json_only = {"application/json": body["content"]["application/json"]}
                operation = {**operation, "requestBody": {**body, "content": json_only}}
            paths[path][method] = operation
    return {**document, "paths": paths}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_requests_that_were_made_up(
    schema: Any, live: str, method: str, path: str, mode: GenerationMode
) -> None:
    operation = schema[path][method]
    if mode == GenerationMode.NEGATIVE and "{" not in path and method != "POST":
        return  # it takes nothing that could be wrong
    strategy = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def attempt(case: schemathesis.Case) -> None:
        if mode == GenerationMode.POSITIVE and "name" in case.path_parameters:
            case.path_parameters["name"] = "moves"  # which is hard to guess
        case.call_and_validate(base_url=live, timeout=60)

    attempt()
