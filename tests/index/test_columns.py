"""One type per column."""

import numpy as np
import pyarrow as pa
import pytest

from prvipe.errors import InputError
from prvipe.index.columns import agree_on_columns, conform_fields


def test_fields_by_convention_have_their_types_and_rows_are_numbered() -> None:
    table = pa.table(
        {
            "camera": np.array([0, 1], np.int32),
            "frame": np.array([3.0, 4.0]),
            "time": pa.array([1, None]),
            "speed": np.array([0.5, 1], np.float32),
            "label": pa.array(["x", "y"], pa.large_string()).dictionary_encode(),
        }
    )
    found = conform_fields(table, 7)
    assert found.to_pydict() == {
        "row": [7, 8],
        "camera": ["0", "1"],
        "frame": [3, 4],
        "time": [1.0, None],
        "speed": [0.5, 1.0],
        "label": ["x", "y"],
    }
    assert [str(kind) for kind in found.schema.types] == [
        "int64", "string", "int64", "double", "double", "string",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"row": [1]}, "column named row"),
        ({"frame": ["first"]}, "column frame holds string and not int64"),
        ({"frame": [0.5]}, "column frame holds double"),
        ({"time": [["a"]]}, "column time holds list"),
    ],
)
def test_other_fields_are_refused(table: dict[str, list[object]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        conform_fields(pa.table(table), 0)


def test_columns_add_up_and_contradictions_are_refused() -> None:
    known = agree_on_columns({}, pa.table({"a": [1], "b": pa.nulls(1)}))
    assert known == {"a": "int64", "b": "null"}
    known = agree_on_columns(known, pa.table({"a": [0.5], "b": ["x"], "c": [True]}))
    assert known == {"a": "double", "b": "string", "c": "bool"}
    assert agree_on_columns(known, pa.table({"a": [1], "b": pa.nulls(1)})) == known
    with pytest.raises(InputError, match="column b holds int64 and that of the index string"):
        agree_on_columns(known, pa.table({"b": [1]}))


def test_lists_are_of_one_type_whether_parquet_or_arrow_names_them() -> None:
    of_parquet = pa.list_(pa.field("element", pa.float64()))
    tables = [
        conform_fields(pa.table({"bbox": pa.array([[1.0, 2.0]], kind)}), 0)
        for kind in (of_parquet, pa.list_(pa.float64()))
    ]
    for first, second in (tables, tables[::-1]):
        agreed = agree_on_columns(agree_on_columns({}, first), second)
        assert agreed["bbox"] == "list<item: double>"
    saved_earlier = {"row": "int64", "bbox": str(of_parquet)}
    assert agree_on_columns(saved_earlier, tables[1]) == saved_earlier
