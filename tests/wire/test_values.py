"""Values of every type that a column can have go through JSON and come back."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_strategies import VALUES

from prvipe.errors import InputError
from prvipe.wire.values import from_json_value, to_json_value


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_values_come_back_as_the_column_has_them(kind: str, data: st.DataObject) -> None:
    arrow, values = VALUES[kind]
    column = pa.array([data.draw(st.none() | values)], arrow)
    (value,) = column.to_pylist()
    text = json.dumps(to_json_value(value), allow_nan=False)
    assert from_json_value(json.loads(text), str(column.type)) == value


def test_what_json_lacks_is_null() -> None:
    assert to_json_value(float("nan")) is None
    assert to_json_value([float("inf"), 1.5]) == [None, 1.5]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("yesterday", "date32[day]"), ("noon", "time64[us]"), ("much", "decimal128(4, 2)")],
)
def test_text_of_another_type_is_refused(text: str, kind: str) -> None:
    with pytest.raises(InputError, match=text):
        from_json_value(text, kind)
