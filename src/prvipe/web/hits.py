"""Poses of a library as answers have them."""

from __future__ import annotations

from collections.abc import Iterable

from prvipe.index import Hit
from prvipe.service.library import Library
from prvipe.wire.hits import HitBody

_TRIED = 20
"""Sources that are looked for to say whether a library has images at all."""


def describe_hits(library: Library, hits: Iterable[Hit]) -> list[HitBody]:
    """Describe hits, and whether the frame of each can be shown."""
    found: dict[str | None, bool] = {None: False}
    described = []
    for hit in hits:
        if hit.source not in found:
            found[hit.source] = library.media.resolve(hit.source) is not None
        # Where the size of the frame is not known, nobody can be found in it.
        sized = hit.fields.get("width") is not None and hit.fields.get("height") is not None
        described.append(HitBody.of(hit, image=found[hit.source] and sized))
    return described


def has_images(library: Library) -> bool:
    """Whether frames of a library can be shown, judged by some of its sources."""
    sources = list(library.index.sources())
    some = sources[:: max(1, len(sources) // _TRIED)]
    return any(library.media.resolve(source) is not None for source in some)
