"""A short motion found in long recordings."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences import Occurrence, embed_recording, find

Views = dict[str, np.ndarray]
MakePoses = Callable[..., Poses]


@pytest.fixture(scope="session")
def library(views: Views, as_poses: MakePoses) -> list[Poses]:
    """Four recordings of one camera."""
    names = ("getting_up_0", "macarena_0", "waltz_0", "jumping_jacks_0")
    return [as_poses(views[name][:, 1], first=100) for name in names]


def test_a_clip_of_one_camera_is_found_in_another(
    views: Views, as_poses: MakePoses, library: list[Poses], embedder: Embedder
) -> None:
    found = find(as_poses(views["macarena_0"][90:140, 0]), library, embedder)
    best = found[0]
    assert best.recording == 1
    assert abs(best.first - 90) <= 5
    assert abs(best.last - 139) <= 5
    assert (best.first_frame, best.last_frame) == (best.first + 100, best.last + 100)
    assert best.start == pytest.approx(best.first_frame / 30)
    assert best.end == pytest.approx(best.last_frame / 30)
    assert best.pairs[0].tolist() == [0, best.first]
    assert best.pairs[-1].tolist() == [49, best.last]


def test_occurrences_are_sorted_apart_and_good_enough(
    views: Views, as_poses: MakePoses, library: list[Poses], embedder: Embedder
) -> None:
    clip = as_poses(views["jumping_jacks_0"][60:100, 0])
    found = find(clip, library, embedder, k=None, least_score=0.1)
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) >= 0.1
    for recording in range(4):
        spans = sorted((f.first, f.last) for f in found if f.recording == recording)
        assert all(b[0] > a[1] for a, b in pairwise(spans))
    assert [f.score for f in find(clip, library, embedder, k=2, least_score=0)] == scores[:2]


def test_nothing_is_found_where_nothing_is(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    clip = as_poses(views["getting_up_0"][:60, 0])
    assert find(clip, [as_poses(views["waltz_0"][:, 1])], embedder, least_score=0.5) == []


def test_blocks_make_no_difference(
    views: Views,
    as_poses: MakePoses,
    library: list[Poses],
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip = as_poses(views["macarena_0"][90:140, 0])
    kept = np.r_[0:100, 120:240]  # a gap, and times that rise unevenly
    times = np.arange(240) / 30 + 0.004 * np.sin(np.arange(240))
    recordings = [library[1].with_fields(time=times)[kept]]

    def places(found: list[Occurrence]) -> list[tuple[int, int, float]]:
        return [(f.first, f.last, round(f.score, 6)) for f in found]

    whole = places(find(clip, recordings, embedder, least_score=0))
    monkeypatch.setattr("prvipe.sequences.motion_search._CELLS_AT_ONCE", 50 * 30)
    assert places(find(clip, recordings, embedder, least_score=0)) == whole


def test_progress_and_embedded_recordings(
    views: Views, as_poses: MakePoses, library: list[Poses], embedder: Embedder
) -> None:
    seen: list[tuple[int, int]] = []
    embedded = [embed_recording(each, embedder) for each in library]
    clip = as_poses(views["macarena_0"][90:140, 0])
    one = find(clip, embedded, embedder, progress=lambda *done: seen.append(done))
    assert seen == [(240, 960), (480, 960), (720, 960), (960, 960)]
    assert one[0].first == find(clip, library, embedder)[0].first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "k is 0"),
        ({"least_score": 1.5}, "scores are from 0 to 1"),
        ({"recordings": []}, "no recording to search"),
        ({"frames": 1}, "the clip has 1 frames"),
    ],
)
def test_what_makes_no_sense_is_refused(
    views: Views,
    as_poses: MakePoses,
    library: list[Poses],
    embedder: Embedder,
    arguments: dict[str, object],
    message: str,
) -> None:
    clip = as_poses(views["waltz_0"][: arguments.pop("frames", 20), 0])
    with pytest.raises(InputError, match=message):
        find(clip, **{"recordings": library, "embedder": embedder, **arguments})  # type: ignore[arg-type]


def test_a_long_recording_takes_memory_for_its_length_only(embedder: Embedder) -> None:
    import tracemalloc

    rng = np.random.default_rng(0)
    recording = embed_recording(Poses(rng.normal(size=(20_000, 13, 2)), None, "coco13"), embedder)
    clip = recording[5_000:5_400]
    find(clip, [recording[:1000]], embedder)  # compiled beforehand
    tracemalloc.start()
    best = find(clip, [recording], embedder)[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (best.first, best.last) == (5_000, 5_399)
    assert peak < 150e6  # all costs at once would take 400 * 20,000 * 4 bytes several times over
