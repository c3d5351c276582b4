"""Poses of a list, looked for in a stream of people: the part that needs no source and no files."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import torch

from prvipe.detection.detector import People
from prvipe.errors import InputError
from prvipe.geometry.arrays import BoolArray, Float32Array
from prvipe.model.embedder import Embedder, as_embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import judge_poses
from prvipe.people.tracking import PeopleFollower, person_sizes
from prvipe.poses import Poses
from prvipe.poses.arguments import require_poses
from prvipe.poses.mapping import map_joints
from prvipe.poses.validity import valid_rows, visible_rows
from prvipe.skeleton import get_skeleton
from prvipe.watch.averaging import MovingAverages
from prvipe.watch.clock import LONGEST_STEP, StreamClock
from prvipe.watch.instants import LATEST, MOST_PEOPLE, Instant
from prvipe.watch.pose_list import ListMatcher, Match, PoseList
from prvipe.watch.records import Alert, WatchCounts, WatchSettings
from prvipe.watch.strikes import Strikes


class Watcher:
    """Tells when somebody strikes a pose of a list.

    It takes the people of one instant after the other and needs as much memory after a day as after
    a minute. One thread may use it.

    Args:
        watched: the poses that are watched for.
        model: the model that embedded them.
        settings: when a pose counts as struck.

    Raises:
        InputError: another model embedded the list, or settings that cannot be.

    Example:
        >>> embedder = prvipe.Embedder.load("base")
        >>> watched = PoseList.of_poses(poses, ["tree", "warrior"], embedder)
        >>> watcher = Watcher(watched, embedder)
        >>> for people, seconds in camera:
        ...     for alert in watcher.update(people, time=seconds):
        ...         print(alert.name, alert.probability)
    """

    def __init__(
        self,
        watched: PoseList,
        model: Embedder | str = "base",
        settings: WatchSettings | None = None,
    ) -> None:
        self.settings: Final = settings or WatchSettings()
        self.watched: Final = watched
        self.counts: Final = WatchCounts()
        self._embedder = as_embedder(model)
        self._fingerprint = fingerprint(self._embedder)
        if self._fingerprint != watched.fingerprint:
            raise InputError(
                "the list was embedded by another model than the one that watches; embeddings of "
                "both cannot be compared: take the list's model, or embed the list again"
            )
        self._skeleton = get_skeleton(self._embedder.card.skeleton)
        self._matcher = ListMatcher(watched)
        self._strikes = Strikes(
            self.settings.at_least, self.settings.hold, self.settings.again_after
        )
        self._clock = StreamClock()
        self._averages = MovingAverages(self.settings.averaged)
        self._follower = PeopleFollower()
        self._warm_up()

    def update(
        self, poses: Poses, *, time: float | None = None, frame: int | None = None
    ) -> list[Alert]:
        """Take the people of one instant; return what they strike with it.

        Args:
            poses: everybody who was seen, 2D, of any skeleton; possibly nobody.
            time: seconds by the source; None: the instant is now.
            frame: its number; by default the instants are counted.

        Raises:
            InputError: no Poses, or 3D, or a time that is no number of seconds.
        """
        require_poses(poses, "update")
        if poses.dimensions != 2:
            raise InputError("people are watched in the image; these poses are 3D")
        if time is not None and not abs(time) < LATEST:
            raise InputError(f"time {time}: expected seconds, or None for now")
        number = self.counts.instants if frame is None else frame
        return self.update_instants(
            [
                Instant(
                    poses.keypoints, poses.scores, poses.skeleton, number, time, clock.monotonic()
                )
            ]
        )

    def update_instants(self, instants: Sequence[Instant]) -> list[Alert]:
        """Take several instants at once, in order, as when more have come than could be looked at.

        The same as one after the other, in less time.
        """
        moments: list[_Moment] = []
        for instant, seen in zip(instants, self._seen(instants) if instants else (), strict=True):
            now = self._now(instant)
            self.counts.instants += 1
            numbers = self._follower.follow(seen.keypoints, self.counts.instants)
            wanted = self._wanted(seen.keypoints, numbers)
            for person, vector, watched in zip(numbers, seen.vectors, wanted, strict=True):
                if vector is None:
                    self.counts.untrusted += 1
                elif watched:
                    averaged = self._averages.add(person, now, vector)
                    moments.append(_Moment(instant, now, person, averaged))
            self._averages.forget(now)
        return self._decide(moments)

    def interrupt(self) -> None:
        """The stream was interrupted: whoever comes next is somebody else."""
        self._follower.forget()

    @property
    def remembered(self) -> int:
        """Count the people and strikes that are remembered."""
        return len(self._averages) + len(self._strikes)

    def _now(self, instant: Instant) -> float:
        before = self._clock.now
        now = self._clock.tick(instant.time, instant.frame, instant.arrived)
        if now - before > LONGEST_STEP:
            self._follower.forget()
        return now

    def _seen(self, instants: Sequence[Instant]) -> list[_Seen]:
        """The people of each instant, those embedded who can be."""
        found = [self._in_own_joints(instant) for instant in instants]
        keypoints = np.concatenate([each.keypoints for each in found])
        scores = np.concatenate([each.scores for each in found])
        usable = self._usable(keypoints, scores)
        chosen = np.flatnonzero(usable)
        embeddings = self._embedder.embed_keypoints(keypoints[chosen], scores[chosen]).to("cpu")
        trust = judge_poses(embeddings, scores[chosen], self._fingerprint)
        vectors: list[Float32Array | None] = [None] * len(keypoints)
        stacked = torch.cat([embeddings.mean, embeddings.std], dim=1).numpy()
        for row, vector, judged in zip(chosen.tolist(), stacked, trust, strict=True):
            vectors[row] = vector if judged.trusted else None
        ends = np.cumsum([len(each.keypoints) for each in found]).tolist()
        return [
            _Seen(each.keypoints, vectors[end - len(each.keypoints) : end])
            for each, end in zip(found, ends, strict=True)
        ]

    def _in_own_joints(self, instant: Instant) -> People:
        """The people of an instant in the joints of the model."""
        keypoints, scores = instant.keypoints, instant.scores
        self.counts.people += len(keypoints)
        if len(keypoints) > MOST_PEOPLE:
            self.counts.left_out += len(keypoints) - MOST_PEOPLE
            keypoints, scores = keypoints[:MOST_PEOPLE], scores[:MOST_PEOPLE]
        if instant.skeleton != self._skeleton:
            keypoints, scores = map_joints(keypoints, scores, instant.skeleton, self._skeleton)
        return People(keypoints, np.clip(scores, 0, 1))

    def _usable(self, keypoints: Float32Array, scores: Float32Array) -> BoolArray:
        if self._embedder.reads_scores:
            return visible_rows(keypoints, scores)
        return valid_rows(keypoints, self._skeleton)

    def _wanted(self, keypoints: Float32Array, numbers: list[int]) -> list[bool]:
        """Who of the people of an instant is watched."""
        person = self.settings.person
        if person == "all":
            return [True] * len(numbers)
        if person == "largest":
            largest = int(np.argmax(person_sizes(keypoints))) if len(numbers) else 0
            return [place == largest for place in range(len(numbers))]
        return [number == person for number in numbers]

    def _decide(self, moments: Sequence[_Moment]) -> list[Alert]:
        """Match the people of all instants, and tell what is struck with each."""
        if not moments:
            return []
        stacked = torch.from_numpy(np.stack([each.vector for each in moments]))
        mean, std = stacked.chunk(2, dim=1)
        matches = self._matcher.match(Gaussian(mean, std), self._strikes.release)
        alerts = [
            self._alert(match, moment)
            for moment, found in zip(moments, matches, strict=True)
            for match in self._strikes.see(moment.person, moment.now, found)
        ]
        self._strikes.keep(self._follower.followed)
        return alerts

    def _alert(self, match: Match, moment: _Moment) -> Alert:
        self.counts.alerts += 1
        instant = moment.instant
        return Alert(
            self.watched.names[match.name],
            match.probability,
            moment.person,
            instant.frame,
            instant.time,
            clock.monotonic() - instant.arrived,
            match.row,
        )

    def _warm_up(self) -> None:
        """Compile what is compiled at first use, lest the first frames wait for it."""
        joints = len(self._skeleton.joints)
        somebody = np.arange(2 * joints, dtype=np.float32).reshape(1, joints, 2) ** 2
        embeddings = self._embedder.embed_keypoints(somebody).to("cpu")
        self._matcher.match(embeddings, self.settings.at_least)


class _Seen(NamedTuple):
    """The people of an instant: keypoints (P, 13, 2), mean and deviations (2 d,) if trusted."""

    keypoints: Float32Array
    vectors: Sequence[Float32Array | None]


class _Moment(NamedTuple):
    """One person at one instant, averaged over the last ones (2 d,)."""

    instant: Instant
    now: float
    person: int
    vector: Float32Array
