"""A library searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from prvipe.index import Hit, SearchResult
from prvipe.service.library import Library
from prvipe.skeleton import Skeleton
from prvipe.web.answers import TABLES, file_answer, json_answer, wanted_type
from prvipe.web.bodies import read_request
from prvipe.web.hits import are_described_at_once, describe_hits
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.reading import JSON, PARQUET
from prvipe.web.references import given_poses
from prvipe.web.services import Services, services_of
from prvipe.wire.binary_results import hits_to_parquet
from prvipe.wire.embed import to_gaussian
from prvipe.wire.npz import write_npz
from prvipe.wire.search import ResultBody, SearchAnswer, SearchRequest

router = APIRouter()

_MANY = 100
"""Hits from which on answers are written in a thread."""


@router.post("/v1/search", summary="Find the same pose")
@describes(
    takes=SearchRequest,
    gives=SearchAnswer,
    bodies=TABLES,
    answers=TABLES,
    refusals=(404, 504),
    words="What was found. Parquet: a row per hit with the number of its query, its row, "
    "probability and columns of the library, and x and y of every joint; npz: arrays query, row, "
    "probability and keypoints.",
)
async def search(request: Request) -> Response:
    """Find the poses of a library that match each query best, whatever camera they were seen by.

    To see more of a long list, ask for the next hits by `offset`.
    """
    services, kind = services_of(request), wanted_type(request, *TABLES)
    asked = await read_request(request, SearchRequest)
    with naming("library"):
        library = services.libraries.get(asked.library)
    with naming(partial(_field_of, asked)):
        found = await _search(services, library, asked)
        absent: list[str] = []
        if asked.where:
            absent = await services.engine.look(library.index.describe_absent, asked.where)
    pages = [result.hits[asked.offset :] for result in found]
    arguments = (library, found, pages, absent, kind)
    shown = [hit for page in pages for hit in page]
    if len(shown) < _MANY and are_described_at_once(library, shown):
        return _answer(*arguments)
    return await run_in_threadpool(_answer, *arguments)


def _field_of(asked: SearchRequest, message: str) -> str:
    """Field of a request that the message of an error is about."""
    first = message.partition(" ")[0]
    if first in ("where", "distinct", "k"):
        return first
    return next(
        name for name in ("poses", "rows", "embeddings") if getattr(asked, name) is not None
    )


async def _search(services: Services, library: Library, asked: SearchRequest) -> list[SearchResult]:
    engine, most = services.engine, asked.offset + asked.k
    options: dict[str, Any] = {"distinct": asked.distinct, "exact": asked.exact}
    if asked.rows is not None:
        return await engine.search_rows(library, asked.rows, most, asked.where, **options)
    if asked.embeddings is not None:
        queries = to_gaussian(asked.embeddings)
        return await engine.search(library, queries, most, asked.where, **options)
    assert asked.poses is not None
    poses = await given_poses(services, asked.poses)
    return await engine.search(library, poses, most, asked.where, **options)


def _answer(
    library: Library,
    found: Sequence[SearchResult],
    pages: Sequence[tuple[Hit, ...]],
    absent: list[str],
    kind: str,
) -> Response:
    if kind != JSON:
        return file_answer(_as_table(found, pages, library.index.model.skeleton, kind), kind)
    return json_answer(
        SearchAnswer(
            library=library.name,
            generation=library.generation,
            fingerprint=library.index.model.fingerprint,
            results=[
                ResultBody.of(result, describe_hits(library, hits))
                for result, hits in zip(found, pages, strict=True)
            ],
            absent=absent,
        )
    )


def _as_table(
    found: Sequence[SearchResult], pages: Sequence[tuple[Hit, ...]], skeleton: Skeleton, kind: str
) -> bytes:
    if kind == PARQUET:
        shown = [replace(each, hits=page) for each, page in zip(found, pages, strict=True)]
        return hits_to_parquet(shown, skeleton)
    hits = [hit for page in pages for hit in page]
    keypoints = np.array([hit.keypoints for hit in hits], np.float32)
    return write_npz(
        {
            "query": np.repeat(np.arange(len(pages)), [len(page) for page in pages]),
            "row": np.array([hit.row for hit in hits], np.int64),
            "probability": np.array([hit.probability for hit in hits], np.float64),
            "keypoints": keypoints.reshape(len(hits), len(skeleton.joints), 2),
        }
    )
