import warnings

import pytest
from matplotlib.figure import Figure

from prvipe.report.style import style_axes


@pytest.mark.parametrize("grid", [True, False])
def test_grid_lines_are_as_asked_for_and_nothing_warns(grid: bool) -> None:
    axes = Figure().add_subplot()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style_axes(axes, grid=grid)
    lines = [*axes.get_xgridlines(), *axes.get_ygridlines()]
    assert lines
    assert all(line.get_visible() is grid for line in lines)
