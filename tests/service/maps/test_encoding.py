"""The bytes of a map, read as a page does."""

import json

import numpy as np
import pyarrow as pa
import pytest

from prvipe.service.maps.colors import Amounts, Categories
from prvipe.service.maps.encoding import encode_map
from prvipe.service.maps.layout import Layout

ROWS = np.array([0, 7, 2**32 - 1])
POINTS = np.array([[0, 1], [-1, 0.5], [0.25, -0.125]], np.float32)
LAYOUT = Layout("pca", ROWS, POINTS, pa.table({"row": ROWS}), 9)


@pytest.mark.parametrize(
    ("color", "described"),
    [
        (None, None),
        (
            Categories(("Märchen", "b"), np.float32([0, 1, np.nan])),
            {"kind": "category", "names": ["Märchen", "b"]},
        ),
        (
            Amounts(-1.5, 2.0, np.float32([-1.5, np.nan, 2])),
            {"kind": "number", "range": [-1.5, 2.0]},
        ),
    ],
)
def test_a_map_is_read_back(
    color: Categories | Amounts | None, described: dict[str, object] | None
) -> None:
    content = encode_map(LAYOUT, color, ("pca", "umap"))
    length = int.from_bytes(content[:4], "little")
    assert length % 4 == 0
    assert json.loads(content[4 : 4 + length]) == {
        "count": 3,
        "total": 9,
        "method": "pca",
        "methods": ["pca", "umap"],
        "color": described,
    }
    at = 4 + length
    np.testing.assert_array_equal(np.frombuffer(content, "<f4", 6, at).reshape(3, 2), POINTS)
    np.testing.assert_array_equal(np.frombuffer(content, "<u4", 3, at + 24), ROWS)
    values = np.frombuffer(content, "<f4", 3, at + 36)
    np.testing.assert_array_equal(values, [np.nan] * 3 if color is None else color.values)
    assert len(content) == at + 48


def test_an_empty_map() -> None:
    empty = Layout("pca", ROWS[:0], POINTS[:0], pa.table({"row": ROWS[:0]}), 0)
    content = encode_map(empty, None, ("pca",))
    assert len(content) == 4 + int.from_bytes(content[:4], "little")
