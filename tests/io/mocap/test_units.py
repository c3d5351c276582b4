import pytest

from prvipe.errors import InputError
from prvipe.io.mocap.units import unit_named
from prvipe.poses.world_frame import METRES_PER_UNIT


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [("mm", "mm"), ("Meters", "m"), ("  cm ", "cm"), ("in", "inch"), ("MM", "mm"), ("metre", "m")],
)
def test_spellings_are_understood(spelling: str, unit: str) -> None:
    assert unit_named(spelling, "here") == unit
    assert unit in METRES_PER_UNIT


def test_nothing_is_none_and_anything_else_is_refused() -> None:
    assert unit_named(" ", "here") is None
    with pytest.raises(InputError, match="here: unknown unit 'furlong', expected one of m, cm"):
        unit_named("furlong", "here")
