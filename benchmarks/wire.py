"""Processor time of what is said over HTTP: requests read, answers written, and both at a client.

    python benchmarks/wire.py

Microseconds for 1 and 64 poses, of which a fifth of the joints is missing; a search has ten hits.
Nothing is sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from prvipe.client.questions import NAMING_FIELDS, describe_poses
from prvipe.index import Hit, SearchResult
from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import judge_poses
from prvipe.poses import Poses
from prvipe.wire.embed import EmbedAnswer, EmbedRequest
from prvipe.wire.hits import HitBody
from prvipe.wire.search import ResultBody, SearchAnswer

_ROUNDS, _CALLS = 9, 20
_FIELDS = {"source": "clip.mp4", "frame": 3, "time": 0.1, "person": 0, "camera": "cam01"}
_COLUMNS = {"source": "string", "frame": "int64", "time": "double", "person": "int64"}


def main() -> None:
    """Measure and print."""
    for count in (1, 64):
        print(f"{count} poses")
        for name, work in _steps(count).items():
            print(f"  {name:40s} {_microseconds(work):8.0f}")


def _steps(count: int) -> dict[str, Callable[[], object]]:
    poses = _poses(count)
    asked = EmbedRequest(poses=describe_poses(poses, "coco13", NAMING_FIELDS))
    request = asked.model_dump_json(exclude_none=True)
    embeddings = Gaussian(*torch.rand(2, count, 16))
    trust = judge_poses(embeddings, poses.scores, "")
    embedded = EmbedAnswer.of("base", "", embeddings, trust).model_dump_json()
    hits = tuple(Hit.of(row, 0.5, dict(_FIELDS), poses.keypoints[0]) for row in range(10))
    results = [SearchResult(hits, each, poses.keypoints[0]) for each in trust]
    found = _answer(results)
    return {
        "client: poses -> JSON": lambda: EmbedRequest(
            poses=describe_poses(poses, "coco13", NAMING_FIELDS)
        ).model_dump_json(exclude_none=True),
        "server: JSON -> poses": lambda: EmbedRequest.model_validate_json(request).poses.to_poses(),
        "server: embeddings -> JSON": lambda: EmbedAnswer.of(
            "base", "", embeddings, trust
        ).model_dump_json(),
        "client: JSON -> embeddings": lambda: EmbedAnswer.model_validate_json(
            embedded
        ).to_gaussian(),
        "server: hits -> JSON": lambda: _answer(results),
        "client: JSON -> hits": lambda: [
            each.to_result(_COLUMNS) for each in SearchAnswer.model_validate_json(found).results
        ],
    }


def _poses(count: int) -> Poses:
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 1_000, (count, 13, 2)).astype(np.float32)
    keypoints[rng.random((count, 13)) < 0.2] = np.nan
    return Poses(keypoints, None, "coco13", {"frame": np.arange(count)})


def _answer(results: list[SearchResult]) -> str:
    bodies = [ResultBody.of(each, [HitBody.of(hit) for hit in each]) for each in results]
    answer = SearchAnswer(library="a", generation=1, fingerprint="", results=bodies, absent=[])
    return answer.model_dump_json()


def _microseconds(work: Callable[[], object]) -> float:
    """Processor time of one call: the best of some rounds."""
    work()
    best = np.inf
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_CALLS):
            work()
        best = min(best, (time.process_time() - began) / _CALLS)
    return float(best * 1e6)


if __name__ == "__main__":
    main()
