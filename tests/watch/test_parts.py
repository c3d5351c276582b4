"""The parts that a watcher is made of: clock, latencies, averages, list, notes."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.watch import PoseList
from prvipe.watch.averaging import MovingAverages
from prvipe.watch.clock import StreamClock
from prvipe.watch.latency import LatencyHistogram
from prvipe.watch.notes import PAUSE, Notes
from prvipe.watch.pose_list import NEAREST, ListMatcher
from prvipe.watch.sources.patience import Patience

stamps = st.none() | st.floats(-1e9, 1e9) | st.sampled_from([float("nan"), float("inf")])


@given(st.lists(st.tuples(stamps, st.integers(-(2**62), 2**62), st.floats(0, 10)), max_size=30))
def test_the_clock_never_falls(ticks: list[tuple[float | None, int, float]]) -> None:
    clock, arrived, before = StreamClock(), 0.0, 0.0
    for stamp, frame, waited in ticks:
        arrived += waited
        now = clock.tick(stamp, frame, arrived)
        assert before <= now < float("inf")
        before = now


@pytest.mark.parametrize(
    ("frames", "waited", "passed"),
    [(1, 0.0, 1 / 30), (300, 0.0, 10.0), (1, 10.0, 10.0)],
    ids=["a jump", "borne out by the frames", "borne out by the arrival"],
)
def test_a_long_step_must_be_borne_out(frames: int, waited: float, passed: float) -> None:
    clock = StreamClock()
    for frame in range(30):
        before = clock.tick(frame / 30, frame, frame / 30)
    now = clock.tick(29 / 30 + 10, 29 + frames, 29 / 30 + waited)
    assert now - before == pytest.approx(passed, rel=0.01)


@given(st.lists(st.floats(1e-5, 1e3), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99]))
def test_percentiles_are_near_the_truth(latencies: list[float], share: float) -> None:
    histogram = LatencyHistogram()
    for each in latencies:
        histogram.add(each)
    true = np.quantile(latencies, share, method="inverted_cdf")
    assert histogram.percentile(share) == pytest.approx(true, rel=0.025)


def test_averages_reach_back_so_far_and_are_forgotten() -> None:
    averages = MovingAverages(0.1)
    ones = np.ones(4, np.float32)
    assert averages.add(7, 0.0, ones).tolist() == [1] * 4
    assert averages.add(7, 0.1, 3 * ones).tolist() == [2] * 4
    assert averages.add(7, 0.2, 5 * ones).tolist() == [4] * 4
    assert averages.add(8, 0.2, 9 * ones).tolist() == [9] * 4
    averages.forget(0.25)
    assert len(averages) == 2
    averages.forget(0.5)
    assert len(averages) == 0


def test_matches_are_those_of_all_pairs(bodies: Any, watched: PoseList, embedder: Embedder) -> None:
    rng = np.random.default_rng(0)
    several = PoseList.of_poses(
        Poses(bodies, None, "coco13"), [f"pose {row % 20}" for row in range(40)], embedder
    )
    queries = embedder.embed(bodies + rng.normal(0, 3, bodies.shape))
    found = ListMatcher(several).match(queries, 0.3)
    likeness = embedder.similarity(queries, several.embeddings).numpy()
    for matches, row in zip(found, likeness, strict=True):
        best = {name: row[several.name_of == name].max() for name in range(len(several.names))}
        expected = sorted((-p, name) for name, p in best.items() if p >= 0.3)[:8]
        assert [each.name for each in matches] == [name for _, name in expected]
        assert [each.probability for each in matches] == pytest.approx(
            [-p for p, _ in expected], abs=1e-4
        )
        assert all(several.name_of[each.row] == each.name for each in matches)


def test_a_list_leaves_out_what_is_too_ambiguous(bodies: Any, embedder: Embedder) -> None:
    half = bodies[:2].copy()
    half[1, 6:] = np.nan
    listed = PoseList.of_poses(Poses(half, None, "coco13"), ["whole", "half"], embedder)
    assert (listed.names, listed.left_out) == (("whole",), 1)
    with pytest.raises(InputError, match=r"no pose that can be watched for \(only 6 of 13"):
        PoseList.of_poses(Poses(half[1:], None, "coco13"), ["half"], embedder)


def test_each_pose_of_a_list_has_one_name(bodies: Any, embedder: Embedder) -> None:
    poses = Poses(bodies[:2], None, "coco13")
    with pytest.raises(InputError, match="1 names of 2 poses: each pose needs one"):
        PoseList.of_poses(poses, ["tree"], embedder)
    with pytest.raises(InputError, match="3 names of 2 poses"):
        PoseList.of_embeddings(embedder.embed(poses), ["tree", "warrior", "more"], embedder)


def test_notes_of_a_kind_are_said_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    said: list[str] = []
    notes = Notes(said.append)
    for number in range(1_000):
        notes.count("bad lines", f"line {number} is bad")
        now[0] += PAUSE / 400
    assert notes.counts == {"bad lines": 1_000}
    assert len(said) == 3
    assert said[1] == "line 400 is bad (399 more bad lines since the last note)"


def test_pauses_grow_and_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    said: list[str] = []
    patience = Patience("camera:0", Notes(said.append), 120.0)
    pauses = []
    for _ in range(9):
        before = now[0]
        assert len(list(patience.lost("unplugged"))) > 1
        pauses.append(round(now[0] - before, 1))
    with pytest.raises(InputError, match="camera:0: unplugged; gave up after 120 seconds"):
        list(patience.lost("unplugged"))
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 28.5]
    assert said == ["camera:0: lost (unplugged); trying again, at longer intervals"]
    assert patience.found()
    assert said[1] == "camera:0: found again after 120.0 seconds"
    assert not patience.found()


@pytest.fixture(scope="module")
def detections(bodies: Any) -> Any:
    """Eight detections (8, 40, 13, 2) of each body, with errors of their own."""
    return bodies + np.random.default_rng(4).normal(0, 6, (8, *bodies.shape))


def test_detections_of_one_pose_are_averaged(
    bodies: Any, detections: Any, embedder: Embedder
) -> None:
    true = embedder.embed(bodies).mean

    def error(count: int) -> float:
        names = [str(row) for _ in range(count) for row in range(len(bodies))]
        people = detections[:count].reshape(-1, 13, 2)
        several = PoseList.of_poses(Poses(people, None, "coco13"), names, embedder)
        rows = [int(several.names[name]) for name in several.name_of]
        return float((several.embeddings.mean - true[rows]).norm(dim=1).median())

    assert error(8) < 0.6 * error(1)


def test_other_poses_of_a_name_and_single_ones_stay(
    bodies: Any, detections: Any, other: Any, embedder: Embedder
) -> None:
    people = np.stack([*detections[:4, 0], other, bodies[1]]).astype(np.float32)
    names = ["tree"] * 5 + ["bow"]
    several = PoseList.of_poses(Poses(people, None, "coco13"), names, embedder)
    alone = embedder.embed(people)
    assert torch.equal(several.embeddings.mean[4:], alone.mean[4:])
    assert torch.equal(several.embeddings.std[4:], alone.std[4:])
    for found, listed in (
        (several.embeddings.mean, alone.mean),
        (several.embeddings.std, alone.std),
    ):
        expected = listed[:4].mean(dim=0, keepdim=True).expand(4, -1)
        torch.testing.assert_close(found[:4], expected, rtol=1e-5, atol=1e-5)


def test_many_detections_of_one_pose_hide_no_other_name(bodies: Any, embedder: Embedder) -> None:
    """Names of poses so alike that both are struck, of each more detections than are looked at."""
    rng = np.random.default_rng(5)
    people = bodies[0] + rng.normal(0, 0.5, (2 * (NEAREST + 1), *bodies[0].shape))
    names = ["tree"] * (NEAREST + 1) + ["also tree"] * (NEAREST + 1)
    several = PoseList.of_poses(Poses(people, None, "coco13"), names, embedder)
    (matches,) = ListMatcher(several).match(embedder.embed(bodies[:1]), 0.3)
    assert sorted(each.name for each in matches) == [0, 1]
    assert sorted(each.row for each in matches) == [0, NEAREST + 1]
