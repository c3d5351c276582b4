"""Costs of pairs of frames, and their average over time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from prvipe.model.matching import MatchingParameters, match_probability_matrix
from prvipe.sequences.costs import (
    frame_costs,
    sequence_costs,
    single_frame_probabilities,
    smooth_costs,
    smoothing_offsets,
)
from prvipe.sequences.timeline import EmbeddedRecording

PARAMETERS = MatchingParameters(a=1.3, b=3.0)

MakeRecording = Callable[..., EmbeddedRecording]


def test_costs_are_the_closed_form_smoothed_as_in_training(make_recording: MakeRecording) -> None:
    rng = np.random.default_rng(0)
    a, b = (make_recording(rng.normal(size=(n, 4))) for n in (7, 9))
    smoothed = MatchingParameters(PARAMETERS.a, PARAMETERS.b, smoothing=0.1)
    expected = -torch.log(match_probability_matrix(a.embeddings, b.embeddings, smoothed))
    np.testing.assert_allclose(frame_costs(a, b, PARAMETERS), expected, rtol=1e-4)


def test_costs_are_bounded(make_recording: MakeRecording) -> None:
    a = make_recording([[0.0] * 4, [1e3] * 4])
    costs = frame_costs(a, a, PARAMETERS)
    assert costs[0, 1] == pytest.approx(-np.log(0.05), abs=1e-3)
    assert costs.min() > -np.log(0.95) - 1e-6


def test_unknown_frames_have_no_cost(make_recording: MakeRecording) -> None:
    a = make_recording(np.zeros((3, 4)), known=[True, False, True])
    b = make_recording(np.zeros((2, 4)), known=[False, True])
    costs = frame_costs(a, b, PARAMETERS)
    assert np.isnan(costs).tolist() == [[True, False], [True, True], [True, False]]
    pairs = np.array([[0, 1], [1, 1], [2, 0]])
    found = single_frame_probabilities(a, b, pairs, PARAMETERS)
    assert np.isnan(found).tolist() == [False, True, True]


def naive_average(costs: np.ndarray, first: list[int], second: list[int]) -> np.ndarray:
    rows, columns = costs.shape
    out = np.full(costs.shape, np.nan)
    for i in range(rows):
        for j in range(columns):
            there = [
                costs[i + p, j + q]
                for p, q in zip(first, second, strict=True)
                if 0 <= i + p < rows and 0 <= j + q < columns
            ]
            known = [float(cost) for cost in there if not np.isnan(cost)]
            if known:
                out[i, j] = np.mean(known)
    return out


@given(
    arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
        elements=st.floats(0, 3, width=16) | st.just(np.float32(np.nan)),
    ),
    st.lists(st.tuples(st.integers(-14, 14), st.integers(-14, 14)), min_size=1, max_size=5),
)
def test_averages_are_over_the_pairs_that_exist_and_are_known(
    costs: np.ndarray, offsets: list[tuple[int, int]]
) -> None:
    first, second = (list(column) for column in zip(*offsets, strict=True))
    np.testing.assert_allclose(
        smooth_costs(costs, first, second),
        naive_average(costs, first, second),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("fps_a", "fps_b", "first", "second"),
    [
        (30, 30, [-6, -3, 0, 3, 6], [-6, -3, 0, 3, 6]),
        (60, 10, [-12, -6, 0, 6, 12], [-2, -1, 0, 1, 2]),
        (None, 60, [-6, -3, 0, 3, 6], [-6, -3, 0, 3, 6]),
    ],
)
def test_offsets_follow_the_frame_rates(
    make_recording: MakeRecording, fps_a: Any, fps_b: Any, first: list[int], second: list[int]
) -> None:
    a, b = make_recording(np.zeros((5, 2)), fps_a), make_recording(np.zeros((5, 2)), fps_b)
    found = smoothing_offsets(a, b)
    assert (found[0].tolist(), found[1].tolist()) == (first, second)


def test_sequence_costs_average_frame_costs(make_recording: MakeRecording) -> None:
    rng = np.random.default_rng(1)
    a, b = make_recording(rng.normal(size=(20, 3)), 20), make_recording(rng.normal(size=(9, 3)), 10)
    expected = naive_average(frame_costs(a, b, PARAMETERS), [-4, -2, 0, 2, 4], [-2, -1, 0, 1, 2])
    np.testing.assert_allclose(sequence_costs(a, b, PARAMETERS), expected, rtol=1e-5)
