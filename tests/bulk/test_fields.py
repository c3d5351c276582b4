"""Columns of one name in files of different kinds."""

import datetime

import pyarrow as pa
import pytest

from prvipe.bulk.fields import bring_to, columns_of, conform, merge_all, merge_columns

COLUMNS = {
    "int8": (pa.array([1, 2], pa.int8()), "int64", [1, 2]),
    "uint64": (pa.array([1, 2**63], pa.uint64()), "double", [1.0, 2.0**63]),
    "float": (pa.array([0.5, None], pa.float32()), "double", [0.5, None]),
    "words": (pa.array(["a", "b"]).dictionary_encode(), "string", ["a", "b"]),
    "large": (pa.array(["a", None], pa.large_string()), "string", ["a", None]),
    "flag": (pa.array([True, None]), "bool", [True, None]),
    "box": (pa.array([[1, 2], [3]], pa.list_(pa.int32())), "list<int64>", [[1, 2], [3]]),
    "day": (pa.array([datetime.date(2020, 1, 2)] * 2), "string", ["2020-01-02"] * 2),
    "struct": (pa.array([{"a": 1}, None]), "string", ['{"a": 1}', None]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_types_are_few(name: str) -> None:
    column, kind, values = COLUMNS[name]
    table = conform(pa.table({name: column, "nothing": pa.nulls(2)}))
    assert columns_of(table) == {name: kind}
    assert table[name].to_pylist() == values
    # What is written is read again as it was.
    assert bring_to(table, {name: kind})[name].to_pylist() == values


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("int64", "double", "double"),
        ("int64", "string", "string"),
        ("bool", "int64", "string"),
        ("list<int64>", "list<double>", "list<double>"),
        ("list<int64>", "string", "string"),
        ("string", "string", "string"),
    ],
)
def test_columns_agree_whichever_comes_first(one: str, other: str, both: str) -> None:
    assert merge_columns({"x": one}, {"x": other}) == {"x": both}
    assert merge_columns({"x": other}, {"x": one}) == {"x": both}


def test_every_table_is_brought_to_what_all_agree_on() -> None:
    tables = [
        conform(pa.table({"camera": [1, 2]})),
        conform(pa.table({"camera": ["cam01"], "box": [[0.5]]})),
        conform(pa.table({"box": ["none"]})),
    ]
    columns = merge_all([columns_of(table) for table in tables])
    assert columns == {"camera": "string", "box": "string"}
    stacked = pa.concat_tables([bring_to(table, columns) for table in tables])
    assert stacked["camera"].to_pylist() == ["1", "2", "cam01", None]
    assert stacked["box"].to_pylist() == [None, None, "[0.5]", "none"]
