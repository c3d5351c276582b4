"""Columns of one name in files of different kinds."""

import datetime

import pyarrow as pa
import pytest

from prvipe.bulk.fields import (
    as_types,
    bring_to,
    columns_of,
    conform,
    merge_all,
    merge_columns,
)
from prvipe.errors import InputError

COLUMNS = {
    "int8": (pa.array([1, 2], pa.int8()), "int64", [1, 2]),
    "uint64": (pa.array([1, 2**53], pa.uint64()), "int64", [1, 2**53]),
    "wide": (pa.array([1, 2**53 + 1], pa.uint64()), "wide int64", [1, 2**53 + 1]),
    "least": (pa.array([-(2**63), None]), "wide int64", [-(2**63), None]),
    "coded": (pa.array([1, 2], pa.int32()).dictionary_encode(), "int64", [1, 2]),
    "wide box": (pa.array([[2**60], None]), "list<wide int64>", [[2**60], None]),
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
        ("wide int64", "int64", "wide int64"),
        ("wide int64", "double", "string"),
        ("list<wide int64>", "list<double>", "list<string>"),
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


@pytest.mark.parametrize("column", [[2**63], [[1], [2**64 - 1]]])
def test_whole_numbers_that_do_not_fit_are_refused(column: list[object]) -> None:
    kind = pa.uint64() if isinstance(column[0], int) else pa.list_(pa.uint64())
    with pytest.raises(InputError, match=r"id: Integer value .*; write such numbers as text"):
        conform(pa.table({"id": pa.array(column, kind)}))


def test_no_number_loses_digits_on_the_way_to_another_type() -> None:
    whole = pa.table({"id": [2**53 + 1], "box": [[-(2**53) - 1]]})
    other = pa.table({"id": [0.1], "box": [[0.1]]})
    columns = merge_all([columns_of(whole), columns_of(other)])
    assert columns == {"id": "string", "box": "list<string>"}
    assert bring_to(whole, columns).to_pylist() == [
        {"id": "9007199254740993", "box": ["-9007199254740993"]}
    ]
    assert bring_to(other, columns).to_pylist() == [{"id": "0.1", "box": ["0.1"]}]
    with pytest.raises(InputError, match="id: Integer value 9007199254740993"):
        bring_to(whole, {"id": "double"})


def test_a_manifest_names_types_alone() -> None:
    assert as_types({"id": "wide int64", "box": "list<wide int64>", "x": "double"}) == {
        "id": "int64",
        "box": "list<int64>",
        "x": "double",
    }
