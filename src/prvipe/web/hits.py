"""Poses of a library as answers have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from prvipe.index import Hit
from prvipe.service.library import Library
from prvipe.wire.hits import HitBody

SIZE_COLUMNS = {"width", "height"}
"""Columns that say how large the frame is; without it nobody can be found in it."""

_TRIED = 20
"""Sources that are looked for to say whether a library has images at all."""


def describe_hits(library: Library, hits: Sequence[Hit]) -> list[HitBody]:
    """Describe hits, and what can be shown of each: the frame that it is from, its 3D."""
    found = {source: library.media.holds(source) for source in {hit.source for hit in hits}}
    measured = [False] * len(hits)
    if library.index.has_3d and hits:
        bodies = library.index.poses3d([hit.row for hit in hits])
        measured = np.isfinite(bodies).all(axis=(1, 2)).tolist()
    return [
        HitBody.of(hit, image=found[hit.source] and is_sized(hit), pose3d=known)
        for hit, known in zip(hits, measured, strict=True)
    ]


def are_described_at_once(library: Library, hits: Iterable[Hit]) -> bool:
    """Whether `describe_hits` need not look for files, which may lie on a slow disk."""
    sources = {hit.source for hit in hits}
    return all(library.media.remembers(source) is not None for source in sources)


def is_sized(hit: Hit) -> bool:
    """Whether it is known how large the frame of a pose is."""
    return all(hit.fields.get(name) is not None for name in SIZE_COLUMNS)


def has_images(library: Library) -> bool:
    """Whether frames of a library can be shown, judged by some of its sources."""
    if not library.index.columns.keys() >= SIZE_COLUMNS:
        return False
    sources = list(library.index.sources())
    some = sources[:: max(1, len(sources) // _TRIED)]
    return any(library.media.holds(source) for source in some)
