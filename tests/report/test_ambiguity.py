from dataclasses import replace

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from prvipe.evaluation.ambiguity import Ambiguity
from prvipe.report.ambiguity import draw_ambiguity


@pytest.fixture
def ambiguity() -> Ambiguity:
    rng = np.random.default_rng(0)
    variance = rng.uniform(0.1, 0.9, 1200)
    errors = rng.uniform(0.05, 0.15, (1200, 10)).astype(np.float32)
    return Ambiguity(
        keypoints=rng.normal(size=(1200, 13, 2)),
        variance=variance,
        neighbors=rng.integers(1200, size=(1200, 10)),
        errors_2d=errors,
        errors_3d=errors,
        rank_correlation=-0.617,
        curve=Polynomial.fit(variance, errors.mean(axis=1), 5),
    )


def test_dots_are_poses_and_the_line_is_the_curve(ambiguity: Ambiguity) -> None:
    (axes,) = draw_ambiguity(ambiguity).axes
    dots, curve = axes.lines
    np.testing.assert_array_equal(dots.get_xdata(), ambiguity.variance)
    np.testing.assert_array_equal(dots.get_ydata(), ambiguity.mean_error_2d)
    x, y = curve.get_data()
    assert x[0] == pytest.approx(ambiguity.variance.min())
    assert x[-1] == pytest.approx(ambiguity.variance.max())
    np.testing.assert_allclose(y, ambiguity.curve(np.asarray(x)))


def test_all_dots_are_in_sight(ambiguity: Ambiguity) -> None:
    (axes,) = draw_ambiguity(ambiguity).axes
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlim()[1] > ambiguity.variance.max()
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] > ambiguity.mean_error_2d.max()


@pytest.mark.parametrize(
    ("correlation", "text"), [(-0.617, "−0.62"), (0.3, "+0.30"), (-0.001, "0.00")]
)
def test_legend_says_the_rank_correlation(
    ambiguity: Ambiguity, correlation: float, text: str
) -> None:
    (axes,) = draw_ambiguity(replace(ambiguity, rank_correlation=correlation)).axes
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == f"rank correlation {text}"
    assert [entry.get_text() for entry in legend.get_texts()] == [
        "1,200 2D poses",
        "polynomial of degree 5",
    ]


def test_synthetic_data_is_called_so(ambiguity: Ambiguity) -> None:
    assert draw_ambiguity(ambiguity).get_suptitle() == ""
    made_up = draw_ambiguity(replace(ambiguity, synthetic=True))
    assert made_up.get_suptitle() == "synthetic data"
