"""From keypoints to network inputs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.errors import InputError
from prvipe.geometry import normalize_2d
from prvipe.model.features import feature_batches, keypoints_to_features


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
