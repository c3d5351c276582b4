"""Two recordings of a motion aligned."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences import align, embed_recording
from prvipe.sequences.alignment import LEAVE_OUT, trim_ends
from prvipe.sequences.warping import warp

Views = dict[str, np.ndarray]
MakePoses = Callable[..., Poses]


def test_one_motion_in_two_cameras_is_aligned_to_the_frame(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    seen = views["macarena_0"]
    alignment = align(as_poses(seen[:, 0]), as_poses(seen[:, 1]), embedder)
    errors = np.abs(np.diff(alignment.pairs, axis=1))
    assert np.median(errors) <= 1
    assert alignment.verdict == "same motion"
    assert abs(alignment.offset) <= 1 / 30
    assert alignment.pace == pytest.approx(1, abs=0.05)
    assert 0.05 <= alignment.similarity <= 0.95


def test_a_cut_and_faster_recording_is_placed_in_time(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    seen = views["macarena_0"]
    whole, part = as_poses(seen[:, 0]), as_poses(seen[60:220:2, 1], first=7)
    alignment = align(whole, part, embedder)
    places = alignment.place_in_b(np.arange(240))
    inside = np.arange(80, 200)
    assert np.nanmedian(np.abs(places[inside] - (inside - 60) / 2)) <= 1.5
    assert np.isnan(places[:40]).all()
    assert alignment.pace == pytest.approx(0.5, abs=0.06)
    assert alignment.b.timeline.frames[0] == 7


def test_both_directions_agree(views: Views, as_poses: MakePoses, embedder: Embedder) -> None:
    seen = views["waltz_0"]
    a, b = as_poses(seen[:150, 0]), as_poses(seen[30:, 1])
    there, back = align(a, b, embedder), align(b, a, embedder)
    assert there.distance == pytest.approx(back.distance, abs=1e-4)
    assert there.offset == pytest.approx(-back.offset, abs=0.05)


def test_ends_that_fit_worse_than_the_rest_stay_out() -> None:
    costs = np.full((60, 60), 2.9, np.float32)
    costs[np.arange(60), np.arange(60)] = 2.3
    inside = np.arange(5, 55)
    costs[inside, inside] = 1.0
    path = warp(costs, LEAVE_OUT, most=3)
    assert path.pairs[[0, -1]].tolist() == [[0, 0], [59, 59]]
    trimmed = trim_ends(costs, path, LEAVE_OUT)
    assert trimmed.pairs[[0, -1]].tolist() == [[5, 5], [54, 54]]


def test_another_motion_is_not_the_same(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    one, other = as_poses(views["macarena_0"][:, 0]), as_poses(views["getting_up_0"][:, 1])
    alignment = align(one, other, embedder)
    assert alignment.verdict == "no common motion"
    same = align(one, as_poses(views["macarena_0"][:, 1]), embedder)
    assert same.part_distance < alignment.part_distance <= LEAVE_OUT + 0.01


def test_distances_are_what_the_frames_cost(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    seen = views["macarena_0"]
    alignment = align(as_poses(seen[:100, 0]), as_poses(seen[20:, 1]), embedder)
    rows, columns = alignment.pairs.T
    costs = -np.log(alignment.similarities.astype(np.float64))
    np.testing.assert_allclose(costs, alignment.costs[rows, columns], atol=1e-4)
    weights = np.concatenate([[2], np.diff(alignment.pairs, axis=0).sum(axis=1)])
    left_out = 100 + 220 - np.ptp(rows) - np.ptp(columns) - 2
    total = float(weights @ costs) + LEAVE_OUT * left_out
    assert 0.75 * total / 320 <= alignment.distance <= total / 320 + 1e-3
    assert alignment.similarity == pytest.approx(np.exp(-costs.mean()), rel=1e-3)


def test_a_motion_that_repeats_itself_has_a_rival(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    once = views["macarena_0"][:80]
    again = np.concatenate([once, once])
    lone = align(as_poses(once[:, 0]), as_poses(once[:, 1]), embedder)
    twice = align(as_poses(once[:, 0]), as_poses(again[:, 1]), embedder)
    assert lone.rival - lone.distance > 0.3
    assert twice.rival - twice.distance < 0.1


def test_frames_without_a_person_are_bridged(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    seen = views["macarena_0"]
    kept = np.r_[0:100, 115:240]
    alignment = align(as_poses(seen[:, 0])[kept], as_poses(seen[:, 1]), embedder)
    assert len(alignment.a) == 240
    assert not alignment.a.known[100:115].any()
    places = alignment.place_in_b(np.array([50, 107, 200]))
    assert (np.abs(places - [50, 107, 200]) <= [2, 7, 3]).all()  # 107 is within the gap
    gap = (alignment.pairs[:, 0] >= 100) & (alignment.pairs[:, 0] < 115)
    assert np.isnan(alignment.probabilities[gap]).all()
    assert np.isfinite(alignment.probabilities[~gap]).all()
    assert np.isfinite(alignment.similarities).all()


def test_frame_rates_may_differ(views: Views, as_poses: MakePoses, embedder: Embedder) -> None:
    seen = views["macarena_0"]
    alignment = align(as_poses(seen[:, 0]), as_poses(seen[::3, 1], fps=10), embedder)
    assert abs(alignment.offset) <= 0.05
    assert alignment.pace == pytest.approx(1, abs=0.05)


def test_without_times_frames_are_counted(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    seen = views["macarena_0"]
    a = Poses(seen[:, 0], None, "coco13", {"frame": np.arange(240) + 1000})
    alignment = align(a, as_poses(seen[:, 1]), embedder)
    assert not alignment.in_seconds
    assert alignment.offset == pytest.approx(-1000, abs=2)


def test_closed_ends_hold_first_and_last_together(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    seen = views["macarena_0"]
    a, b = as_poses(seen[:, 0]), as_poses(seen[50:, 1])
    alignment = align(a, b, embedder, open_ends=False)
    assert alignment.pairs[0].tolist() == [0, 0]
    assert alignment.pairs[-1].tolist() == [239, 189]
    with pytest.raises(InputError, match="240 and 30 frames cannot be aligned from end to end"):
        align(a, as_poses(seen[:30, 1]), embedder, open_ends=False)


def test_what_was_embedded_is_not_embedded_again(
    views: Views, as_poses: MakePoses, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    poses = as_poses(views["waltz_0"][:60, 0])
    a = embed_recording(poses, embedder)
    by_name = align(poses, poses, "small")
    assert by_name.similarity == pytest.approx(align(a, a, embedder).similarity)
    monkeypatch.setattr(embedder, "embed", lambda *_: pytest.fail("embedded again"))
    assert align(a, a, embedder).similarity > 0.6


def test_too_many_pairs_are_refused_with_a_remedy(
    views: Views, as_poses: MakePoses, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prvipe.sequences.alignment.MOST_CELLS", 1_000)
    a: Any = as_poses(views["waltz_0"][:60, 0])
    with pytest.raises(InputError, match=r"keep one frame in 2 of both \(--every 2\)"):
        align(a, a, embedder)


@pytest.mark.parametrize(("frames", "which"), [((60, 1), "second"), ((1, 60), "first")])
def test_one_frame_is_no_motion(
    views: Views, as_poses: MakePoses, embedder: Embedder, frames: tuple[int, int], which: str
) -> None:
    a, b = (as_poses(views["waltz_0"][:count, 0]) for count in frames)
    with pytest.raises(InputError, match=f"the {which} recording shows a person in 1 of its 1 fra"):
        align(a, b, embedder)
