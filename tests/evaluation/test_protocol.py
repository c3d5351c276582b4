import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from prvipe import __version__
from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.errors import InputError
from prvipe.evaluation import KeypointRetrieval, evaluate, hit_rates
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.normalization import normalize_2d
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix
from prvipe.progress import Progress
from prvipe.retrieval.streaming import Neighbors


@dataclass
class ShiftedRows:
    """Retrieves, whatever the keypoints, the gallery row `shift` after the query's, then more."""

    shift: int
    name: str = "shifted rows"
    ranked_by: str = "shift"
    probabilistic: bool = False

    def describe(self, keypoints: FloatArray) -> int:
        return len(keypoints)

    def search(
        self, query: int, gallery: int, k: int, progress: Progress | None = None
    ) -> Neighbors:
        indices = (np.arange(query)[:, None] + self.shift + np.arange(k)) % gallery
        if progress is not None:
            progress(query, query)
        return Neighbors(indices, np.zeros(indices.shape, np.float32))


def test_hit_rates_by_hand() -> None:
    errors = np.array([[0.05, 0.3, 0.2], [0.3, 0.1, 0.2], [0.3, 0.2, 0.0], [0.9, 0.9, 0.9]])
    assert hit_rates(errors, 0.1, (1, 2, 3)) == {1: 0.25, 2: 0.5, 3: 0.75}
    assert hit_rates(errors, 0.2, (1, 2)) == {1: 0.25, 2: 0.75}


def test_error_equal_to_kappa_is_a_hit() -> None:
    assert hit_rates(np.array([[0.25]]), 0.25, (1,)) == {1: 1.0}
    assert hit_rates(np.array([[np.nextafter(0.25, 1)]]), 0.25, (1,)) == {1: 0.0}


def test_finding_the_same_instant_is_perfect(benchmark: CrossViewBenchmark) -> None:
    result = evaluate(ShiftedRows(0), benchmark)
    assert result.hits == {1: 1.0, 5: 1.0, 10: 1.0, 20: 1.0}


def test_agrees_with_errors_computed_one_by_one(benchmark: CrossViewBenchmark) -> None:
    poses = benchmark.poses3d
    errors = np.array(
        [[np_mpjpe(poses[i], poses[(i + 3 + j) % 40]) for j in range(5)] for i in range(40)]
    )
    kappa = float(np.median(errors))
    result = evaluate(ShiftedRows(3), benchmark, kappa=kappa, ranks=(1, 2, 5))
    expected = {k: float(np.mean((errors[:, :k] <= kappa).any(axis=1))) for k in (1, 2, 5)}
    assert 0 < expected[1] < expected[2] < expected[5]
    assert result.hits == pytest.approx(expected)


def test_every_ordered_pair_once_by_the_numbers_in_the_file(benchmark: CrossViewBenchmark) -> None:
    result = evaluate(ShiftedRows(0), benchmark.select(cameras=[8, 3]))
    assert [(p.query_camera, p.gallery_camera) for p in result.pairs] == [(8, 3), (3, 8)]
    assert len(evaluate(ShiftedRows(0), benchmark).pairs) == 6


def test_average_is_over_pairs(benchmark: CrossViewBenchmark) -> None:
    result = evaluate(KeypointRetrieval(), benchmark, ranks=(1, 3), kappa=0.4)
    for k in (1, 3):
        shares = [pair.hits[k] for pair in result.pairs]
        assert len(set(shares)) > 1
        assert result.hits[k] == pytest.approx(sum(shares) / 6)


def test_system_sees_the_keypoints_asked_for(benchmark: CrossViewBenchmark) -> None:
    seen: list[float] = []

    class Recording(ShiftedRows):
        def describe(self, keypoints: FloatArray) -> int:
            seen.append(float(keypoints[0, 0, 0]))
            return super().describe(keypoints)

    for kind in ("det", "gt"):
        evaluate(Recording(0), benchmark, kind)  # type: ignore[arg-type]
    views = benchmark.keypoints
    assert seen == [*views["det"][0, :, 0, 0].tolist(), *views["gt"][0, :, 0, 0].tolist()]


def test_json_holds_everything(benchmark: CrossViewBenchmark) -> None:
    content = json.loads(json.dumps(evaluate(ShiftedRows(2), benchmark, "gt").as_dict()))
    assert content["system"] == "shifted rows"
    assert (content["data"], content["synthetic"]) == ("forty.npz", False)
    assert (content["keypoints"], content["frames"], content["kappa"]) == ("gt", 40, 0.1)
    assert len(content["pairs"]) == 6
    assert content["pairs"][0]["query_camera"] == 3
    assert set(content["hits"]) == {"1", "5", "10", "20"}
    assert (content["ranking"], content["calibration_error"]) == ("shift", None)
    assert content["prvipe"] == __version__


def test_probabilities_are_held_against_the_hits(benchmark: CrossViewBenchmark) -> None:
    """Every score is 0: wrong at every hit, right at every miss."""
    result = evaluate(ShiftedRows(0, probabilistic=True), benchmark)
    assert result.calibration_error == pytest.approx(1.0)
    errors = np_mpjpe(benchmark.poses3d, np.roll(benchmark.poses3d, -3, axis=0))
    kappa = float(np.median(errors))
    result = evaluate(ShiftedRows(3, probabilistic=True), benchmark, kappa=kappa)
    assert result.calibration_error == pytest.approx(result.hits[1])
    assert 0 < result.hits[1] < 1


def test_progress_runs_over_all_pairs(benchmark: CrossViewBenchmark) -> None:
    calls: list[tuple[int, int]] = []
    evaluate(ShiftedRows(0), benchmark, progress=lambda done, all_: calls.append((done, all_)))
    assert calls == [(40 * pair, 240) for pair in range(1, 7)]


def test_one_camera_is_refused(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match=r"forty\.npz: has one camera only; .* at least two"):
        evaluate(ShiftedRows(0), benchmark.select(cameras=[5]))


def test_keypoints_that_are_not_there_are_refused(benchmark: CrossViewBenchmark) -> None:
    detected = replace(benchmark, keypoints={"det": benchmark.keypoints["det"]})
    with pytest.raises(InputError, match="no kp2d_gt"):
        evaluate(ShiftedRows(0), detected, "gt")


def test_fewer_frames_than_ranks_are_refused(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match=r"forty\.npz: has 6 frames, too few for Hit@20"):
        evaluate(KeypointRetrieval(), benchmark.select(rows=slice(6)))


def test_no_ranks_are_refused(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="ranks"):
        evaluate(ShiftedRows(0), benchmark, ranks=())


def test_two_dimensional_baseline_on_real_motion_by_brute_force(shared_data: Path) -> None:
    benchmark = load_benchmark(shared_data / "xview" / "val.npz")
    benchmark = benchmark.select(cameras=[0, 1], rows=np.arange(0, len(benchmark), 30))
    views = normalize_2d(benchmark.get_keypoints("det"))
    poses = benchmark.poses3d
    errors = np.array([np_mpjpe(pose, poses) for pose in poses])
    shares = []
    for query, gallery in ((0, 1), (1, 0)):
        order = np.argsort(pa_mpjpe_2d_matrix(views[:, query], views[:, gallery]), axis=1)[:, :5]
        hits = np.take_along_axis(errors, order, axis=1) <= 0.1
        shares.append(hits.any(axis=1).mean())
    result = evaluate(KeypointRetrieval(), benchmark, ranks=(5,))
    assert 0 < result.hits[5] < 1
    assert [pair.hits[5] for pair in result.pairs] == pytest.approx(shares)
