"""From keypoints to network inputs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.errors import InputError
from prvipe.geometry import normalize_2d
from prvipe.geometry.normalization import normalize_visible
from prvipe.model.features import feature_batches, keypoints_to_features, scored_features


def people(*leading: int, seed: int = 0) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(*leading, 13, 2))


def some_scores(*leading: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """Scores of which 0 to 9 are 0 in each row."""
    rng = np.random.default_rng(seed)
    rank = rng.random((*leading, 13)).argsort(axis=-1)
    return np.where(rank < rng.integers(10, size=(*leading, 1)), 0, rng.random((*leading, 13)))


def test_agrees_with_the_authors(
    reference_vectors: Callable[[str], dict[str, npt.NDArray[Any]]],
) -> None:
    vectors = reference_vectors("norm2d")
    features = keypoints_to_features(vectors["kp2d_xy"])
    np.testing.assert_allclose(features, vectors["features"], atol=1e-4)


def test_y_comes_before_x() -> None:
    keypoints = np.random.default_rng(0).normal(size=(2, 13, 2))
    features = keypoints_to_features(keypoints)
    normalized = normalize_2d(keypoints)
    np.testing.assert_allclose(features[:, 0::2], normalized[..., 1], atol=1e-6)
    np.testing.assert_allclose(features[:, 1::2], normalized[..., 0], atol=1e-6)


@pytest.mark.parametrize("leading", [(), (0,), (3,), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_type_and_layout(leading: tuple[int, ...], dtype: type) -> None:
    keypoints: npt.NDArray[Any] = np.random.default_rng(0).normal(size=(*leading, 13, 2))
    features = keypoints_to_features(keypoints.astype(dtype))
    assert features.shape == (*leading, 26)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous


def test_lists_are_taken() -> None:
    keypoints = np.random.default_rng(0).normal(size=(2, 13, 2))
    np.testing.assert_array_equal(
        keypoints_to_features(keypoints.tolist()), keypoints_to_features(keypoints)
    )


def test_a_missing_joint_is_refused() -> None:
    keypoints = np.random.default_rng(0).normal(size=(2, 13, 2))
    keypoints[1, 12] = np.nan
    with pytest.raises(InputError, match="row 1, joint right_ankle"):
        keypoints_to_features(keypoints)


def test_batches_are_the_whole_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prvipe.model.features._BATCH", 3)
    keypoints = np.random.default_rng(0).normal(size=(7, 13, 2))
    batches = list(feature_batches(keypoints))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(batches), keypoints_to_features(keypoints))
    assert list(feature_batches(keypoints[:0])) == []


def test_scores_follow_the_keypoints_of_what_is_visible() -> None:
    keypoints, scores = people(6), some_scores(6)
    assert (scores == 0).any()
    features = scored_features(keypoints, scores)
    normalized = normalize_visible(keypoints, scores > 0)
    np.testing.assert_allclose(features[:, 0:26:2], normalized[..., 1], atol=1e-6)
    np.testing.assert_allclose(features[:, 1:26:2], normalized[..., 0], atol=1e-6)
    np.testing.assert_allclose(features[:, 26:], scores, atol=1e-7)
    np.testing.assert_array_equal(features[:, :26].reshape(-1, 13, 2)[scores == 0], 0)


def test_a_whole_pose_is_the_paper_s_up_to_origin_and_unit() -> None:
    keypoints = people(5)
    plain = keypoints_to_features(keypoints).reshape(-1, 13, 2)
    scored = scored_features(keypoints, np.ones((5, 13)))[:, :26].reshape(-1, 13, 2)
    centred = plain - plain.mean(axis=1, keepdims=True)
    unit = np.sqrt(np.square(centred).sum(axis=(1, 2), keepdims=True) / 13)
    np.testing.assert_allclose(scored, centred / unit, atol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, -7.0])
def test_what_a_missing_joint_holds_does_not_matter(value: float) -> None:
    keypoints, scores = people(6), some_scores(6)
    expected = scored_features(keypoints, scores)
    keypoints[scores == 0] = value
    np.testing.assert_array_equal(scored_features(keypoints, scores), expected)


@pytest.mark.parametrize("leading", [(), (0,), (3,), (4, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_type_and_layout_with_scores(leading: tuple[int, ...], dtype: type) -> None:
    features = scored_features(people(*leading).astype(dtype), some_scores(*leading).astype(dtype))
    assert features.shape == (*leading, 39)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous


def test_pairs_are_the_features_of_each() -> None:
    """As training asks for them: two views of every pose."""
    keypoints, scores = people(4, 2), some_scores(4, 2)
    each = [scored_features(keypoints[:, view], scores[:, view]) for view in (0, 1)]
    np.testing.assert_array_equal(scored_features(keypoints, scores), np.stack(each, axis=1))


@pytest.mark.parametrize("score", [-0.1, 1.001, 87.0, np.nan, np.inf, -np.inf])
def test_scores_that_are_no_shares_are_refused(score: float) -> None:
    scores = np.ones((3, 13), np.float32)
    scores[2, 0] = score
    with pytest.raises(
        InputError, match=r"row 2, joint head is .*outside \[0, 1\]; divide percent"
    ):
        scored_features(people(3), scores)


@pytest.mark.parametrize("shape", [(3, 12), (13,), (2, 13), (3, 13, 1)])
def test_scores_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"scores: expected an array \(3, 13\)"):
        scored_features(people(3), np.ones(shape))


def test_batches_with_scores_are_the_whole_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prvipe.model.features._BATCH", 3)
    keypoints, scores = people(7), some_scores(7)
    batches = list(feature_batches(keypoints, scores))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(batches), scored_features(keypoints, scores))
