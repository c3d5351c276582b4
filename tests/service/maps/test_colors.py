"""Columns as colours."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from prvipe.errors import InputError
from prvipe.service.maps.colors import Amounts, Categories, color_by


def color(values: Any, kind: pa.DataType | None = None) -> Categories | Amounts:
    return color_by(pa.table({"it": pa.array(values, kind)}), "it")


def test_text_is_counted() -> None:
    found = color(["b", "a", None, "b"])
    assert isinstance(found, Categories)
    assert found.names == ("b", "a")
    np.testing.assert_array_equal(found.values, [0, 1, np.nan, 0])


def test_text_as_the_index_keeps_it() -> None:
    table = pa.table({"it": pa.chunked_array([["x"], ["y", None]]).dictionary_encode()})
    found = color_by(table, "it")
    assert isinstance(found, Categories)
    assert found.names == ("x", "y")


def test_rare_values_share_a_colour() -> None:
    found = color([f"{number:03}" for number in range(60) for _ in range(100 - number)])
    assert isinstance(found, Categories)
    assert len(found.names) == 51
    assert found.names[0] == "000"
    assert found.names[-1] == "others"
    assert (found.values == 50).sum() == sum(100 - number for number in range(50, 60))
    assert not np.isnan(found.values).any()


def test_few_whole_numbers_are_names() -> None:
    found = color([3, 1, 1, None])
    assert isinstance(found, Categories)
    assert found.names == ("1", "3")


def test_true_and_false() -> None:
    found = color([True, False, True])
    assert isinstance(found, Categories)
    assert found.names == ("true", "false")


def test_numbers_have_a_range() -> None:
    found = color([0.5, None, -2.0, np.inf])
    assert (found.low, found.high) == (-2, 0.5)
    np.testing.assert_array_equal(found.values, np.float32([0.5, np.nan, -2, np.nan]))
    assert isinstance(color(range(30)), Amounts)


@pytest.mark.parametrize("values", [[None, None], [np.nan]])
def test_nothing_is_known(values: list[Any]) -> None:
    for kind in (None, pa.float64()):
        found = color(values, kind)
        assert (found.low, found.high) == (0, 0)
        assert np.isnan(found.values).all()


def test_what_has_no_colour_is_refused() -> None:
    with pytest.raises(InputError, match="no such column; there are it"):
        color_by(pa.table({"it": [1]}), "that")
    with pytest.raises(InputError, match="choose a column of text or numbers"):
        color([[1, 2]])
