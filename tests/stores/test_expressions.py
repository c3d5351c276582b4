"""Conditions mean in Milvus what they mean in a folder."""

import math
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.index.columns import ROW, agree_on_columns, conform_fields
from prvipe.index.filters import matching_rows, parse_conditions
from prvipe.stores.milvus.address import MilvusAddress
from prvipe.stores.milvus.expressions import Filter
from prvipe.stores.milvus.layout import Layout

TEXTS = st.one_of(
    st.sampled_from(["cam01", "7", "true", 'a"b', "it's", "\\", "\\u0041", "%41", "A", "ü", "😀"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4).filter(lambda t: t != "null"),
)
WHOLE = st.one_of(
    st.integers(-4, 4), st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63), -(2**63) + 1])
)
NUMBERS = st.one_of(
    st.integers(-4, 4).map(float),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.5, -0.0, 1e-300, -1.7976931348623157e308]),
)
COLUMNS = {
    "text col": (TEXTS, pa.string()),
    "whole": (WHOLE, pa.int64()),
    "number": (NUMBERS, pa.float64()),
    'truth"; --': (st.booleans(), pa.bool_()),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 12))
    columns = {
        name: pa.array(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), kind)
        for name, (values, kind) in COLUMNS.items()
    }
    return conform_fields(pa.table(columns), draw(st.integers(0, 3)))


@st.composite
def conditions(draw: st.DrawFn, table: pa.Table) -> str:
    name = draw(st.sampled_from([*COLUMNS, ROW]))
    own = [str(v).lower() if isinstance(v, bool) else str(v) for v in table[name].to_pylist()]
    values = st.sampled_from([value for value in own if value != "None"] or ["1"])
    if name in ("whole", "number", ROW):
        others = st.one_of(st.integers(-5, 5), NUMBERS, WHOLE).map(str)
        values = values | others.filter(lambda v: name == "number" or v not in ("nan", "inf"))
    elif name == "text col":
        values = values | TEXTS
    else:
        values = values | st.sampled_from(["true", "false"])
    equality = name == 'truth"; --' or draw(st.booleans())
    operator = draw(st.sampled_from(["=", "!="] if equality else ["<", "<=", ">", ">="]))
    if equality:
        values = values | st.just("null")
        if draw(st.booleans()):
            several = draw(st.lists(values, min_size=1, max_size=4))
            return f"{name} in {','.join(several)}"
    return f"{name}{operator}{draw(values)}"


def layout_of(table: pa.Table) -> Layout:
    layout = Layout.of(table)
    layout.kinds = agree_on_columns({}, table)
    layout.types = {column.name: column.type for column in table.schema}
    return layout


def equal(value: Any, other: Any) -> bool:
    """NaN is not known."""
    nan = (None if isinstance(v, float) and math.isnan(v) else v for v in (value, other))
    return len({repr(v) for v in nan}) == 1


@given(table=tables())
def test_fields_are_read_as_they_were_written(table: pa.Table) -> None:
    layout = layout_of(table)
    rows, layout.outside = layout.as_stored(table)
    for row, number in zip(rows, table[ROW].to_pylist(), strict=True):
        row[ROW] = number
    read = layout.as_table(rows, table.column_names)
    assert read.schema == table.schema
    for name in table.column_names:
        for value, other in zip(read[name].to_pylist(), table[name].to_pylist(), strict=True):
            assert equal(value, other)


def test_columns_beyond_the_fields_of_milvus_are_kept_in_one_and_checked_here() -> None:
    table = conform_fields(pa.table({f"c{number}": [number] for number in range(70)}), 0)
    layout = layout_of(table)
    assert len(layout.declared()) + len(["row", "vector", "deviations", "figure"]) <= 64
    rows, layout.outside = layout.as_stored(table)
    assert layout.as_table([{**rows[0], ROW: 0}], table.column_names).equals(table)
    chosen = Filter.of(parse_conditions(["c3=3", "c69=69"]), layout)
    assert [condition.column for condition in chosen.here] == ["c69"]


@given(value=TEXTS)
def test_no_text_ends_its_quotes(value: str) -> None:
    table = conform_fields(pa.table({"t": [value]}), 0)
    expression = Filter.of(parse_conditions([f't="{value}"']), layout_of(table)).expression
    inside = expression.removeprefix('(c1 == "').removesuffix('")')
    assert len(inside) == len(expression) - len('(c1 == "")')
    assert not set(inside) & set("\"'\\\n\r")


_numbers = count()


@pytest.fixture(scope="module")
def client(place: Callable[[str], str], kind: str) -> Any:
    from pymilvus import MilvusClient

    return MilvusClient(MilvusAddress.parse(f"{place(kind)}/x").uri)


def rows_in_milvus(client: Any, table: pa.Table, layout: Layout, where: list[str]) -> list[int]:
    """Rows that meet conditions, as Milvus and we find them together."""
    from prvipe.stores.milvus.rows import as_segment

    chosen = Filter.of(parse_conditions(where), layout)
    found = [
        dict(row)
        for row in client.query(
            client.named,
            filter=chosen.expression,
            output_fields=[ROW, *layout.names(chosen.columns)],
        )
    ]
    segment = as_segment(sorted(found, key=lambda r: r[ROW]), layout, chosen.columns, 1, 1)
    mask = np.ones(len(segment), bool)
    if chosen.here and len(segment):
        mask = matching_rows(chosen.here, segment.fields.table)
    rows: list[int] = segment.row_numbers[mask].tolist()
    return rows


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(table=tables(), data=st.data())
def test_random_conditions_on_random_tables(
    table: pa.Table, data: st.DataObject, client: Any
) -> None:
    from pymilvus import DataType

    layout = layout_of(table)
    rows, layout.outside = layout.as_stored(table)
    client.named = f"random{next(_numbers)}"
    schema = client.create_schema(auto_id=False)
    schema.add_field(ROW, DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    for name, kind, options in layout.declared():
        schema.add_field(name, DataType[kind], **options)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection(
        client.named, schema=schema, index_params=index, consistency_level="Strong"
    )
    numbers = table[ROW].to_pylist()
    client.insert(
        client.named,
        [{**row, ROW: n, "vector": [0.0, 0.0]} for row, n in zip(rows, numbers, strict=True)],
    )
    for where in data.draw(st.lists(conditions(table), min_size=25, max_size=25)):
        mask = matching_rows(parse_conditions(where), table)
        expected = table[ROW].to_numpy()[mask].tolist()
        assert rows_in_milvus(client, table, layout, [where]) == expected, where
    client.drop_collection(client.named)


EXPRESSIONS: list[tuple[str, str | None]] = [
    ("text=a", '(c1 == "=a")'),
    ("text!=a", '(c1 != "=a")'),
    ("text=null", '(c1 == "")'),
    ("text!=null", '(c1 != "")'),
    ("text in a,null", '(c1 in ["=a", ""])'),
    ("text<a", None),
    ("whole<3", f"(c2 < 3 and c2 != {-(2**63) + 1})"),
    ("whole<2.5", f"(c2 < 3 and c2 != {-(2**63) + 1})"),
    ("whole>2.5", "(c2 > 2)"),
    ("whole=2.5", "(row < 0)"),
    ("whole!=2.5", "(row >= 0)"),
    ("whole in 1,2.5,null", f"(c2 in [1, {-(2**63) + 1}])"),
    ("whole=9007199254740993.0", None),
    ("number>=10", "(c3 >= 10.0)"),
    ("number in 0,-0.0", "(c3 == 0.0)"),
    ("number in 0,1,2", "((c3 == 0.0 or c3 in [1.0, 2.0]))"),
    ("number!=-0.0", "(c3 != 0.0)"),
    ("number<=1e-7", "(c3 <= 1e-07 and c3 != -1.7976931348623157e+308)"),
    ("number=inf", None),
    ("row=null", "(row < 0)"),
    ("row!=null", "(row >= 0)"),
    ("list=null", None),
]


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS)
def test_what_milvus_is_asked(where: str, expression: str | None) -> None:
    table = pa.table({"text": ["a"], "whole": [1], "number": [0.5], "list": [[1]]})
    chosen = Filter.of(parse_conditions(where), layout_of(conform_fields(table, 0)))
    assert chosen.expression == (expression or "row >= 0")
    assert bool(chosen.here) == (expression is None)
