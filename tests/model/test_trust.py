"""When an answer can be trusted."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from prvipe.comparison.verdict import judge
from prvipe.data.benchmark import load_benchmark
from prvipe.data.hiding import hide
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import LARGEST_TRUSTED_VARIANCE, LEAST_TRUSTED_PROBABILITY, judge_poses


def of_variance(*totals: float) -> Gaussian:
    std = torch.tensor(totals).div(4).sqrt()[:, None].expand(-1, 4)
    return Gaussian(torch.zeros(len(totals), 4), std.contiguous())


def scores_with(*visible: int) -> np.ndarray:
    return np.array([[0.5] * count + [0.0] * (13 - count) for count in visible], np.float32)


def test_few_joints_are_a_doubt_of_any_model() -> None:
    whole, just, few = judge_poses(of_variance(1, 1, 1), scores_with(13, 9, 8), "unknown")
    assert [each.trusted for each in (whole, just, few)] == [True, True, False]
    assert few.doubts == ("only 8 of 13 joints are visible: many poses look like this",)
    assert (few.visible, few.joints) == (8, 13)


def test_variance_is_judged_on_the_scale_of_its_model() -> None:
    base, small = LARGEST_TRUSTED_VARIANCE
    z, scores = of_variance(15), scores_with(13)
    assert judge_poses(z, scores, base)[0].trusted
    assert judge_poses(z, scores, "unknown")[0].trusted
    (doubtful,) = judge_poses(z, scores, small)
    assert "variance 15.0, trusted up to 14" in doubtful.doubts[0]
    assert doubtful.variance == pytest.approx(15)


def test_an_embedding_alone_is_judged_by_its_variance() -> None:
    base, _ = LARGEST_TRUSTED_VARIANCE
    sure, unsure = judge_poses(of_variance(5, 30), None, base)
    assert [each.trusted for each in (sure, unsure)] == [True, False]
    assert sure.visible is None


def test_a_poor_best_match_is_a_doubt() -> None:
    (trust,) = judge_poses(of_variance(1), scores_with(5), "unknown")
    assert trust.with_best_match(0.3) is trust
    judged = trust.with_best_match(0.12, "lib.pvi")
    assert len(judged.doubts) == 2
    assert judged.doubts[1] == (
        "the best match has probability 0.12, less than 0.3: this pose may well not be in lib.pvi"
    )
    assert "has probability below 0.01, less" in trust.with_best_match(0.004).doubts[1]


def test_the_doubt_says_no_more_than_the_verdict() -> None:
    """It is said beside it, of matches that the verdict calls perhaps the same, too."""
    verdict = judge(LEAST_TRUSTED_PROBABILITY - 1e-6)
    assert "perhaps the same" in verdict.words
    (trust,) = judge_poses(of_variance(1), scores_with(13), "unknown")
    (doubt,) = trust.with_best_match(LEAST_TRUSTED_PROBABILITY - 1e-6).doubts
    assert "may well not" in doubt
    assert not re.search("nothing|likely|probably", doubt)


def test_scores_of_other_poses_are_refused() -> None:
    with pytest.raises(InputError, match="cannot judge 1 embeddings"):
        judge_poses(of_variance(1), scores_with(5, 6), "unknown")


@pytest.mark.parametrize(("name", "place"), [("base", 0), ("small", 1)])
def test_the_limits_are_those_of_the_shipped_models(
    name: str, place: int, shared_data: Path
) -> None:
    """Most whole poses pass, most of those without both legs or a side do not."""
    embedder = Embedder.load(name)
    model = fingerprint(embedder)
    assert model == list(LARGEST_TRUSTED_VARIANCE)[place]
    seen = load_benchmark(shared_data / "xview" / "val.npz").get_keypoints("det")[::20, 0]
    scores = np.ones(seen.shape[:2], np.float32)
    whole = judge_poses(embedder.embed_keypoints(seen, scores), scores, model)
    assert np.mean([each.trusted for each in whole]) > 0.9
    hidden = hide(scores, "lower_body")
    cut = judge_poses(embedder.embed_keypoints(seen, hidden), None, model)
    assert np.mean([each.trusted for each in cut]) < 0.1
