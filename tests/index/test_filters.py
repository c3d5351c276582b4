"""Conditions on columns."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.index.filters import Condition, matching_rows, parse_conditions, require_columns

TABLE = pa.table(
    {
        "camera": pa.array(["cam01", "cam02", None, "cam 3", "cam01"]).dictionary_encode(),
        "subject": pa.array(["S1", "S5", "S1", None, "S9"]),
        "frame": pa.array([0, 1, 2, None, 4]),
        "time": pa.array([0.0, 0.5, None, 1.5, 2.0]),
        "shown": pa.array([True, False, True, None, False]),
        "empty": pa.nulls(5),
        "box": pa.array([[1.0], None, [2.0], [3.0], [4.0]]),
    }
)


def rows(*where: str) -> list[int]:
    return np.flatnonzero(matching_rows(parse_conditions(where), TABLE)).tolist()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (["camera=cam01"], [0, 4]),
        (["camera == cam01"], [0, 4]),
        (["camera!=cam01"], [1, 2, 3]),
        (["camera='cam 3'"], [3]),
        (["camera=cam 3"], [3]),
        (["camera=null"], [2]),
        (["box=null"], [1]),
        (["empty=7"], []),
        (["empty!=7"], [0, 1, 2, 3, 4]),
        (["empty in null,7"], [0, 1, 2, 3, 4]),
        (["camera in null"], [2]),
        (["camera!=null"], [0, 1, 3, 4]),
        (["camera in cam01, cam02"], [0, 1, 4]),
        (["camera in cam02,null"], [1, 2]),
        (["subject!=S1"], [1, 3, 4]),
        (["camera>cam01"], [1]),
        (["frame>=2"], [2, 4]),
        (["frame<2"], [0, 1]),
        (["frame<1.5"], [0, 1]),
        (["frame=4.0"], [4]),
        (["frame!=4"], [0, 1, 2, 3]),
        (["frame in 0,4"], [0, 4]),
        (["time<=0.5"], [0, 1]),
        (["time=null"], [2]),
        (["shown=true"], [0, 2]),
        (["shown!=true"], [1, 3, 4]),
        (["empty=null"], [0, 1, 2, 3, 4]),
        (["camera=cam01", "time>1"], [4]),
        (["no such=null"], [0, 1, 2, 3, 4]),
        (["no such=1"], []),
        (["no such!=1"], [0, 1, 2, 3, 4]),
        ([], [0, 1, 2, 3, 4]),
    ],
)
def test_rows_that_meet_conditions(where: list[str], expected: list[int]) -> None:
    assert rows(*where) == expected


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("camera", "expected a condition such as camera!=cam01"),
        ("=1", "expected a condition"),
        ("", "expected a condition"),
        ("frame=first", "column frame holds int64, and 'first' is none"),
        ("time<soon", "column time holds double"),
        ("shown<true", "use = or !="),
        ("shown=perhaps", "column shown holds bool"),
        ("camera<null", "null has no order"),
    ],
)
def test_what_is_no_condition_is_refused(where: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rows(where)


def test_something_else_than_text_is_refused() -> None:
    other: Any = [3]
    with pytest.raises(InputError, match="where 3: expected a condition"):
        parse_conditions(other)


def test_a_column_that_there_is_not_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="no column 'cam'; there are camera, frame"):
        require_columns(parse_conditions("cam=1"), {"camera": "string", "frame": "int64"})


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3)), max_size=8), st.integers(-3, 3))
def test_whole_numbers_compare_as_in_python(values: list[int | None], bound: int) -> None:
    table = pa.table({"n": pa.array(values, pa.int64())})
    for operator, compare in (
        ("<", lambda x: x is not None and x < bound),
        (">=", lambda x: x is not None and x >= bound),
        ("=", lambda x: x == bound),
        ("!=", lambda x: x != bound),
    ):
        found = matching_rows([Condition("n", operator, (str(bound),))], table)
        assert found.tolist() == [compare(value) for value in values]


LARGE = [2**53, 2**53 + 1, 2**62, 2**62 + 1, 2**63 - 1, -(2**63), -(2**62) - 1]


@pytest.mark.parametrize("bound", [*LARGE, 2**70, -(2**70)])
def test_large_whole_numbers_are_not_rounded(bound: int) -> None:
    table = pa.table({"n": pa.array([*LARGE, None], pa.int64())})
    for operator, compare in (
        ("<", lambda x: x is not None and x < bound),
        (">=", lambda x: x is not None and x >= bound),
        ("=", lambda x: x == bound),
        ("in", lambda x: x == bound),
        ("!=", lambda x: x != bound),
    ):
        found = matching_rows([Condition("n", operator, (str(bound),))], table)
        assert found.tolist() == [compare(value) for value in [*LARGE, None]]


def test_numbers_with_a_fraction_are_compared_with_large_ones() -> None:
    table = pa.table({"n": pa.array([2, 3, 2**62 + 1], pa.int64())})
    for where, expected in (("n<2.5", [0]), ("n>2.5", [1, 2]), ("n in 2.5,3.0", [1])):
        assert np.flatnonzero(matching_rows(parse_conditions(where), table)).tolist() == expected


@pytest.mark.parametrize("encoded", [False, True])
def test_nan_is_not_known(encoded: bool) -> None:
    column = pa.array([1.5, np.nan, None, np.inf], pa.float64())
    table = pa.table({"x": column.dictionary_encode() if encoded else column})
    for where, expected in (
        ("x=null", [1, 2]),
        ("x!=null", [0, 3]),
        ("x!=1.5", [1, 2, 3]),
        ("x in null,1.5", [0, 1, 2]),
        ("x>1", [0, 3]),
        ("x=nan", []),
    ):
        assert np.flatnonzero(matching_rows(parse_conditions(where), table)).tolist() == expected


@given(st.text(max_size=12))
def test_any_text_is_a_condition_or_an_input_error(text: str) -> None:
    try:
        conditions = parse_conditions(text)
        require_columns(conditions, {name: "" for name in TABLE.column_names})
        matching_rows(conditions, TABLE)
    except InputError:
        pass


@pytest.mark.parametrize("text", [" " * 20_000, "a" + " " * 20_000, "a in" * 5_000, "a " * 10_000])
def test_long_text_is_refused_at_once(text: str) -> None:
    """A pattern that goes back and forth over the spaces would take for ever."""
    with pytest.raises(InputError, match="expected a condition"):
        parse_conditions(text)


@pytest.mark.parametrize(
    "text", ["camera in a,b", " camera  in  a, b", "camera  in 'a',\"b\"", "camera in a,b "]
)
def test_spaces_do_not_matter(text: str) -> None:
    assert parse_conditions(text) == (Condition("camera", "in", ("a", "b")),)


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64()])
@pytest.mark.parametrize("zero", ["0", "0.0", "-0.0"])
def test_a_zero_is_a_zero_whatever_its_sign(zero: str, kind: pa.DataType) -> None:
    values = [0, 1, 2] if kind == pa.int64() else [-0.0, 0.0, 2.0]
    table = pa.table({"n": pa.array(values, kind)})
    for where in (f"n={zero}", f"n in {zero}", f"n in {zero},7.5"):
        found = matching_rows(parse_conditions(where), table)
        assert found.tolist() == [value == 0 for value in values], where
