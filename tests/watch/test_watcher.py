"""Alerts: one per strike, of whom, and after how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.watch import Alert, PoseList, Watcher
from prvipe.watch.instants import MOST_PEOPLE, Instant

Make = Callable[..., Watcher]
MakeInstant = Callable[..., Instant]


def feed(watcher: Watcher, instants: list[Instant]) -> list[Alert]:
    """One after the other."""
    return [alert for instant in instants for alert in watcher.update_instants([instant])]


def test_a_strike_is_told_once_when_it_was_held(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any, other: Any
) -> None:
    poses = [other] * 10 + [bodies[1]] * 60 + [other] * 10
    watcher = make_watcher()
    (alert,) = feed(watcher, [make_instant(pose, frame) for frame, pose in enumerate(poses)])
    assert (alert.name, alert.row, alert.person) == ("bow", 1, 0)
    assert alert.frame == 16  # first at 10, and held for 0.2 s
    assert alert.time == pytest.approx(16 / 30)
    assert alert.probability > 0.5
    assert (watcher.counts.instants, watcher.counts.people, watcher.counts.alerts) == (80, 80, 1)


@pytest.mark.parametrize(("away", "alerts"), [(20, 1), (40, 2)])
def test_it_is_told_again_after_it_was_left_for_long_enough(
    away: int, alerts: int, make_watcher: Make, make_instant: MakeInstant, bodies: Any, other: Any
) -> None:
    poses = [bodies[0]] * 20 + [other] * away + [bodies[0]] * 20
    instants = [make_instant(pose, frame) for frame, pose in enumerate(poses)]
    assert [each.name for each in feed(make_watcher(), instants)] == ["tree"] * alerts


def test_a_pose_that_is_not_held_is_not_told(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any, other: Any
) -> None:
    poses = ([bodies[0]] * 4 + [other] * 8) * 5
    instants = [make_instant(pose, frame) for frame, pose in enumerate(poses)]
    assert feed(make_watcher(), instants) == []
    assert feed(make_watcher(hold=0.0), instants) != []


def test_a_single_missed_frame_does_not_interrupt(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any, other: Any
) -> None:
    poses = [bodies[0]] * 3 + [other] + [bodies[0]] * 5
    instants = [make_instant(pose, frame) for frame, pose in enumerate(poses)]
    assert [each.frame for each in feed(make_watcher(), instants)] == [6]


def test_many_instants_at_once_are_the_same_as_one_by_one(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any, other: Any
) -> None:
    rng = np.random.default_rng(0)
    poses = [bodies[rng.integers(3)] if frame % 40 < 20 else other for frame in range(400)]
    poses = [pose + rng.normal(0, 2, (13, 2)) for pose in poses]
    instants = [make_instant(pose, frame) for frame, pose in enumerate(poses)]
    one_by_one = feed(make_watcher(averaged=0.1), instants)
    together = make_watcher(averaged=0.1).update_instants(instants)
    assert len(one_by_one) > 3
    assert [(a.name, a.frame, a.person) for a in one_by_one] == [
        (a.name, a.frame, a.person) for a in together
    ]


def test_people_are_told_apart(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any, other: Any
) -> None:
    left, right = bodies[0], bodies[2] + 900
    instants = [
        make_instant([left, right] if frame % 2 else [right, left], frame) for frame in range(20)
    ]
    alerts = feed(make_watcher(), instants)
    assert sorted((each.name, each.person) for each in alerts) == [("throw", 0), ("tree", 1)]
    only = feed(make_watcher(person=1), instants)
    assert [(each.name, each.person) for each in only] == [("tree", 1)]


def test_the_largest_can_be_watched_alone(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any
) -> None:
    small, large = bodies[0], 2 * bodies[2] + 900
    instants = [make_instant([small, large], frame) for frame in range(20)]
    assert [each.name for each in feed(make_watcher(person="largest"), instants)] == ["throw"]


def test_poses_that_show_too_little_raise_no_alert_and_are_counted(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any
) -> None:
    half, nothing = bodies[0].copy(), np.full((13, 2), np.nan)
    half[7:] = np.nan
    watcher = make_watcher(hold=0.0, at_least=0.01)
    assert feed(watcher, [make_instant([half, nothing], frame) for frame in range(9)]) == []
    assert watcher.counts.untrusted == 18


@pytest.mark.parametrize(
    "stamp",
    [
        lambda frame: frame / 30 - 1e6 * (frame >= 14),
        lambda frame: frame / 30 + 1e6 * (frame >= 14),
        lambda frame: (frame / 30) % 0.25,
        lambda frame: 7.0 if frame == 14 else frame / 30,
        lambda frame: None,
    ],
    ids=["back", "ahead", "wraps", "one is off", "none"],
)
def test_time_stamps_that_jump_change_nothing(
    stamp: Callable[[int], float | None],
    make_watcher: Make,
    make_instant: MakeInstant,
    bodies: Any,
    other: Any,
) -> None:
    poses = [other] * 10 + [bodies[0]] * 40 + [other] * 10
    instants = [make_instant(pose, frame, time=stamp(frame)) for frame, pose in enumerate(poses)]
    (alert,) = feed(make_watcher(), instants)
    assert 15 <= alert.frame <= 19


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_the_clock_of_the_computer_does_not_matter(
    jump: float, make_watcher: Make, bodies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = time.time
    calls = iter(range(10_000))
    monkeypatch.setattr(time, "time", lambda: true() + jump * (next(calls) % 2))
    people = Poses(bodies[:1], None, "coco13")
    watcher = make_watcher()
    alerts = [a for frame in range(20) for a in watcher.update(people, time=frame / 30)]
    assert [each.frame for each in alerts] == [6]
    assert 0 <= alerts[0].latency < 100


def test_no_more_is_remembered_after_long_than_after_a_while(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any
) -> None:
    rng = np.random.default_rng(1)
    watcher = make_watcher(hold=0.0, at_least=0.2, averaged=0.2)
    most = []
    for start in range(0, 6_000, 60):
        instants = []
        for frame in range(start, start + 60):
            people = bodies[rng.integers(0, 40, rng.integers(0, 4))]
            instants.append(make_instant(people + rng.uniform(0, 5_000, (1, 1, 2)), frame))
        watcher.update_instants(instants)
        most.append(watcher.remembered)
    assert watcher.counts.alerts > 100
    assert max(most[50:]) <= 2 * max(most[:50])
    watcher.update_instants([make_instant([], 100_000, time=4_000.0, arrived=5_000.0)])
    watcher.update_instants([make_instant(bodies[:1], 100_001, time=4_001.0, arrived=5_001.0)])
    assert watcher.remembered <= 2


def test_strikes_of_people_who_do_not_come_back_are_not_remembered(
    make_watcher: Make, make_instant: MakeInstant, bodies: Any
) -> None:
    watcher = make_watcher(hold=0.0, again_after=1e6)
    for start in range(0, 1_200, 60):
        instants = [
            make_instant(bodies[:1] + 20_000 * (frame % 7), frame)
            for frame in range(start, start + 60)
        ]
        watcher.update_instants(instants)
        watcher.interrupt()
    assert watcher.counts.alerts > 100
    assert watcher.remembered < 20


def test_a_crowd_is_cut_off(make_watcher: Make, make_instant: MakeInstant, bodies: Any) -> None:
    crowd = np.concatenate([bodies + 10 * step for step in range(3)])
    watcher = make_watcher()
    watcher.update_instants([make_instant(crowd, 0)])
    assert watcher.counts.left_out == len(crowd) - MOST_PEOPLE


def test_poses_of_any_skeleton_can_be_given(make_watcher: Make, bodies: Any) -> None:
    people = Poses(bodies[:1], None, "coco13").to("coco17")
    keypoints, scores = people.keypoints.copy(), people.scores.copy()
    keypoints[:, 0], scores[:, 0] = bodies[:1, 0], 1
    watcher = make_watcher(hold=0.0)
    (alert,) = watcher.update(Poses(keypoints, scores, "coco17"), time=0.0)
    assert alert.name == "tree"


def test_what_cannot_be_is_refused(make_watcher: Make, watched: PoseList, bodies: Any) -> None:
    with pytest.raises(InputError, match="another model"):
        Watcher(watched, Embedder.load("base"))
    with pytest.raises(InputError, match="3D"):
        make_watcher().update(Poses(np.zeros((1, 13, 3)), None, "coco13"))
    for when in (float("nan"), float("inf"), 1e300):
        with pytest.raises(InputError, match="expected seconds"):
            make_watcher().update(Poses(bodies[:1], None, "coco13"), time=when)
    impossible: list[dict[str, Any]] = [
        *({"at_least": 0}, {"hold": -1.0}, {"again_after": float("nan")}),
        *({"person": "tallest"}, {"averaged": 3.0}),
    ]
    for settings in impossible:
        with pytest.raises(InputError, match="expected"):
            make_watcher(**settings)
