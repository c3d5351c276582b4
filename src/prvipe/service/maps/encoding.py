"""A map as bytes that a page draws without looking at each number."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from prvipe.service.maps.colors import Amounts, Categories
from prvipe.service.maps.layout import Layout, Method


def encode_map(
    layout: Layout, color: Categories | Amounts | None, methods: Sequence[Method]
) -> bytes:
    """Write a map: the length of its header, the header in JSON, and three arrays.

    The header has `count`, `total`, `method`, `methods` and `color`; it is followed by points
    (n, 2), rows (n,) and colours (n,), as little-endian float32, uint32 and float32. All start at a
    multiple of 4 bytes.

    Args:
        layout: n poses.
        color: of the points; None: none, all NaN.
        methods: that could have been asked for.
    """
    header = {
        "count": len(layout.rows),
        "total": layout.total,
        "method": layout.method,
        "methods": list(methods),
        "color": _describe(color),
    }
    text = json.dumps(header, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    values = np.full(len(layout.rows), np.nan) if color is None else color.values
    parts = (
        np.array(len(text), "<u4"),
        layout.points.astype("<f4"),
        layout.rows.astype("<u4"),
        values.astype("<f4"),
    )
    first, *rest = (part.tobytes() for part in parts)
    return first + text + b"".join(rest)


def _describe(color: Categories | Amounts | None) -> dict[str, object] | None:
    if color is None:
        return None
    if isinstance(color, Categories):
        return {"kind": "category", "names": list(color.names)}
    return {"kind": "number", "range": [color.low, color.high]}
