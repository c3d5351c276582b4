"""Poses in JSON: what comes back is what was sent, and mistakes are named where they are."""

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from wire_strategies import poses, same_poses

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.wire.embed import EmbedRequest
from prvipe.wire.poses import EXAMPLE_POSES, Clip, PoseReference, PosesBody


def refusal(body: Any) -> list[tuple[str, str]]:
    """Where the mistakes are and what they are, the same from JSON text and from Python."""
    found = []
    for read in (EmbedRequest.model_validate, _from_text):
        with pytest.raises(ValidationError) as caught:
            read(body)
        found.append([(".".join(map(str, e["loc"])), e["msg"]) for e in caught.value.errors()])
    assert [where for where, _ in found[0]] == [where for where, _ in found[1]]
    return found[0]


def _from_text(body: Any) -> EmbedRequest:
    return EmbedRequest.model_validate_json(json.dumps(body))


@given(poses(kinds=("whole", "number", "text", "truth", "box")))
def test_poses_come_back(sent: Poses) -> None:
    body = PosesBody.of(sent).model_dump_json()
    received = PosesBody.model_validate_json(body).to_poses()
    assert same_poses(sent, received)
    assert received.table.to_pylist() == sent.table.to_pylist()


def test_the_example_is_valid() -> None:
    example = EmbedRequest.model_validate({"poses": EXAMPLE_POSES}).poses.to_poses()
    assert example.valid(missing_allowed=True).all()
    assert np.isnan(example.keypoints[0, 0]).all()


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ([1], ".3"),
        ([1, 2, 3], ".3"),
        ([1, None], ".3.1"),
        ([1, "2"], ".3.1"),
        ([True, 2], ".3.0"),
        ([1, float("nan")], ".3.1"),
        ([float("inf"), 1], ".3.0"),
        ([1, 1e39], ".3.1"),
        ([1, 10**400], ".3.1"),
        ([1, [2]], ".3.1"),
        ({}, ".3"),
        ({"x": 1, "y": 2}, ".3"),
        ("ab", ".3"),
        (5, ".3"),
    ],
)
def test_a_wrong_joint_is_named(value: Any, where: str) -> None:
    poses = copy.deepcopy(EXAMPLE_POSES)
    poses["keypoints"][0][3] = value
    assert refusal({"poses": poses})[0][0] == f"poses.keypoints.0{where}"


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("keypoints", None, "poses.keypoints"),
        ("keypoints", [None], "poses.keypoints.0"),
        ("keypoints", [[]], "poses.keypoints.0"),
        ("keypoints", [[[1, 2]], [[1, 2], [3, 4]]], "poses.keypoints"),
        ("keypoints", [[[1, 2]] * 300], "poses.keypoints.0"),
        ("keypoints", [[[1, 2]]] * 20_001, "poses.keypoints"),
        ("scores", [[0.5, None]], "poses.scores.0.1"),
        ("scores", [["1"] * 13], "poses.scores.0.0"),
        ("skeleton", 3, "poses.skeleton"),
        ("fields", {"time": [float("nan")]}, "poses.fields.time.0"),
        ("fields", {"time": [{}]}, "poses.fields.time.0"),
        ("fields", {"frame": [2**63]}, "poses.fields.frame.0"),
        ("fields", {"source": ["a" * 5_000]}, "poses.fields.source.0"),
        ("fields", {"box": [[[1]]]}, "poses.fields.box.0"),
        ("joints", 13, "poses.joints"),
    ],
)
def test_a_wrong_part_is_named(key: str, value: Any, where: str) -> None:
    assert refusal({"poses": {**EXAMPLE_POSES, key: value}})[0][0] == where


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"skeleton": "dog"}, "dog"),
        ({"keypoints": [[[1, 2]] * 12], "scores": None}, "12 joints"),
        ({"scores": [[1] * 12]}, "scores"),
        ({"fields": {"frame": [1, 2]}}, "2 rows"),
        ({"fields": {"frame": [1], "time": [1, 2]}}, "number of rows"),
        ({"fields": {"camera": [[1, "a"]]}}, "camera"),
    ],
)
def test_what_disagrees_is_refused(changes: dict[str, Any], words: str) -> None:
    body = PosesBody.model_validate({**EXAMPLE_POSES, **changes})
    with pytest.raises(InputError, match=words):
        body.to_poses()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=9))
def test_anything_else_is_refused_as_a_mistake(value: Any) -> None:
    for body in ({"keypoints": value}, {**EXAMPLE_POSES, "scores": value}):
        try:
            PosesBody.model_validate(body).to_poses()
        except (ValidationError, InputError):
            continue


def test_one_pose_and_one_clip_are_given_one_way() -> None:
    poses = {"poses": EXAMPLE_POSES}
    assert PoseReference.model_validate(poses).poses is not None
    assert PoseReference.model_validate({"library": "a", "row": 3}).row == 3
    assert Clip.model_validate({"library": "a", "recording": "x"}).recording == "x"
    for wrong in ({}, {"row": 1}, {"library": "a"}, {**poses, "row": 1}, {**poses, "library": "a"}):
        with pytest.raises(ValidationError):
            PoseReference.model_validate(wrong)
    for wrong in ({}, {"recording": "x"}, {"library": "a"}, {**poses, "recording": "x"}):
        with pytest.raises(ValidationError):
            Clip.model_validate(wrong)
