"""Matching probabilities in words."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.comparison.verdict import VERDICTS, judge
from prvipe.data.benchmark import load_benchmark
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder


@given(st.floats(0, 1))
def test_every_probability_has_the_verdict_of_its_range(probability: float) -> None:
    verdict = judge(probability)
    above = [each.least for each in VERDICTS if each.least > verdict.least]
    assert verdict.least <= probability
    assert all(probability < least for least in above)


def test_the_words_of_some_probabilities() -> None:
    assert judge(1.0).words == "the same pose, or nearly"
    assert judge(0.7).words == "the same pose, or nearly"
    assert judge(0.3).words == "alike, perhaps the same pose"
    assert judge(0.0).words == "different poses"


def test_the_meaning_has_the_numbers() -> None:
    assert "78.5% are the same pose" in judge(0.6).meaning
    assert "48.7% and 88%" in judge(0.6).meaning


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="no matching probability"):
        judge(wrong)


@pytest.mark.slow
def test_the_numbers_are_those_of_val(shared_data: Path) -> None:
    """Measured anew on other queries than the benchmark's."""
    benchmark = load_benchmark(shared_data / "xview" / "val.npz").select(cameras=range(4))
    script = Path(__file__).parents[2] / "benchmarks" / "verdicts.py"
    spec = importlib.util.spec_from_file_location("verdicts", script)
    assert spec
    assert spec.loader
    measuring = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measuring)
    queries = np.random.default_rng(5).permutation(len(benchmark))[:300]
    pairs = np.array([(0, 1), (2, 3)])
    probability, distance = measuring.measure(benchmark, Embedder.load("base"), queries, pairs)
    above = 1.1
    for verdict in VERDICTS:
        inside = (probability >= verdict.least) & (probability < above)
        every = np.broadcast_to(distance, probability.shape)[inside]
        same = (every <= 0.1).mean()
        assert same == pytest.approx(verdict.like_training.same, abs=0.08), verdict.words
        assert (every <= 0.2).mean() == pytest.approx(verdict.like_training.near, abs=0.08)
        above = verdict.least
