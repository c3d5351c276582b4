"""Requests that contradict themselves are refused; every model is described for others."""

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import prvipe.wire
from prvipe.comparison import compare
from prvipe.poses import Poses
from prvipe.wire.align import AlignRequest
from prvipe.wire.base import WireAnswer, WireModel
from prvipe.wire.compare import CompareAnswer
from prvipe.wire.poses import EXAMPLE_POSES
from prvipe.wire.problem import Problem
from prvipe.wire.search import SearchRequest
from prvipe.wire.session import SessionRequest
from prvipe.wire.uncertainty import UncertaintyRequest

POSES = {"poses": EXAMPLE_POSES}
EMBEDDINGS = {"mean": [[0.5, 1]], "std": [[1, 1]]}


def all_models() -> list[type[WireModel]]:
    found = []
    for module in pkgutil.iter_modules(prvipe.wire.__path__, "prvipe.wire."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, WireModel):
                found.append(value)
    return sorted(set(found) - {WireModel, WireAnswer}, key=lambda model: model.__name__)


def wrong_places(model: type[WireModel], body: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body)
    return [".".join(map(str, each["loc"])) for each in caught.value.errors()]


@pytest.mark.parametrize("model", all_models(), ids=lambda model: model.__name__)
def test_every_model_is_described(model: type[WireModel]) -> None:
    for mode in ("validation", "serialization"):
        schema = model.model_json_schema(mode=mode)
        assert schema["description"]
        assert ("additionalProperties" in schema) != issubclass(model, WireAnswer)
        for name, field in schema["properties"].items():
            assert {"type", "$ref", "anyOf", "const", "enum"} & set(field) or name == "value", name


@pytest.mark.parametrize(
    "body",
    [
        POSES,
        {"rows": [1, 2], "library": "moves"},
        {"embeddings": EMBEDDINGS, "k": 1000},
        {**POSES, "offset": 990, "k": 10, "distinct": "2s", "where": ["a=1"], "exact": True},
    ],
)
def test_searches_are_asked_for_one_way(body: dict[str, Any]) -> None:
    SearchRequest.model_validate(body)
    other = {"rows": [1]} if "rows" not in body else POSES
    assert wrong_places(SearchRequest, {**body, **other}) == [""]
    for key in ("poses", "rows", "embeddings"):
        body = {name: value for name, value in body.items() if name != key}
    assert wrong_places(SearchRequest, body) == [""]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"k": 0}, "k"),
        ({"k": 1001}, "k"),
        ({"k": "5"}, "k"),
        ({"k": True}, "k"),
        ({"offset": -1}, "offset"),
        ({"offset": 995, "k": 10}, ""),
        ({"where": "a=1"}, "where"),
        ({"where": [1]}, "where.0"),
        ({"where": ["a=1"] * 65}, "where"),
        ({"distinct": 2}, "distinct"),
        ({"exact": 1}, "exact"),
        ({"library": ""}, "library"),
        ({"nothing": 1}, "nothing"),
    ],
)
def test_wrong_parts_of_searches_are_named(changes: dict[str, Any], where: str) -> None:
    assert wrong_places(SearchRequest, {**POSES, **changes}) == [where]


@pytest.mark.parametrize("rows", [[], [-1], [1.5], ["1"], [2**63], [0] * 20_001])
def test_wrong_rows_are_refused(rows: list[Any]) -> None:
    assert wrong_places(SearchRequest, {"rows": rows})[0].startswith("rows")
    assert wrong_places(UncertaintyRequest, {"rows": rows})[0].startswith("rows")


def test_uncertainty_is_of_poses_or_of_rows() -> None:
    UncertaintyRequest.model_validate(POSES)
    UncertaintyRequest.model_validate({"library": "moves", "rows": [1]})
    for wrong in ({}, {**POSES, "rows": [1]}, {**POSES, "library": "moves"}):
        assert wrong_places(UncertaintyRequest, wrong) == [""]


@pytest.mark.parametrize("changes", [{"fps": 0}, {"fps": 1e400}, {"every": 0}, {"every": 1.5}])
def test_wrong_parts_of_alignments_are_named(changes: dict[str, Any]) -> None:
    assert wrong_places(AlignRequest, {"a": POSES, "b": POSES, **changes}) == [*changes]


def test_a_token_is_not_shown() -> None:
    assert "secret" not in repr(SessionRequest.model_validate({"token": "secret"}))


def test_answers_of_newer_servers_are_understood() -> None:
    told = {"title": "a", "status": 400, "detail": "b", "instance": "/c"}
    assert Problem.model_validate(told).detail == "b"


def test_a_comparison_comes_back() -> None:
    rng = np.random.default_rng(0)
    a, b = (Poses(rng.normal(size=(1, 13, 2)), None, "coco13") for _ in range(2))
    keypoints = b.keypoints.copy()
    keypoints[0, 3] = np.nan
    b = Poses(keypoints, None, "coco13")
    sent = compare(a, b)
    body = CompareAnswer.of(sent, a, b, "base", "abc")
    text = body.model_dump_json()
    received = CompareAnswer.model_validate_json(text)
    assert received.to_comparison() == sent
    assert received.verdict.meaning == sent.verdict.meaning
    assert np.isnan(received.keypoints_b[3]).all()
