from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.evaluation.pose_pairs import PosePair
from prvipe.geometry.rotations import rotation_about
from prvipe.report.pose_pairs import draw_pose_pairs, look_at
from prvipe.skeleton import H36M17


@pytest.fixture
def pair(standing_bodies: Any) -> PosePair:
    first, second = standing_bodies(2, np.random.default_rng(0), 0.3)
    return PosePair(first, second, 0.12345, (3, 8))


def place(points: np.ndarray, joint: str) -> np.ndarray:
    return points[H36M17.index(joint)]


def test_person_is_seen_from_its_front_left(standing_bodies: Any) -> None:
    body = standing_bodies(1, np.random.default_rng(0), 0.0)[0]
    nose = body[H36M17.index("head")] + [0, -0.2, 0]  # the body faces -y
    toward_viewer, head = look_at(np.stack([nose, body[H36M17.index("head")]]), body)
    seen = look_at(body, body)
    assert place(seen, "left_shoulder")[0] > place(seen, "right_shoulder")[0]
    assert toward_viewer[0] < head[0]  # who is seen from its left front looks to the left
    assert toward_viewer[1] > head[1]  # from above, what is nearer is lower
    assert place(seen, "head")[1] < place(seen, "hip")[1] < place(seen, "left_ankle")[1]


def test_view_turns_with_the_person(pair: PosePair) -> None:
    turned = pair.first @ rotation_about("z", np.array(2.1)).T
    np.testing.assert_allclose(look_at(turned, turned), look_at(pair.first, pair.first), atol=1e-9)


def test_one_pair_of_axes_for_each_pair(pair: PosePair) -> None:
    figure = draw_pose_pairs([[pair] * 3, [pair] * 2], [(0.0, 0.05), (0.05, 0.1)])
    assert [axes.get_xlabel() for axes in figure.axes] == ["0.123"] * 5
    heading, *labels = [text.get_text() for text in figure.texts]
    assert heading == "Pairs of 3D poses, the second aligned onto the first"
    assert labels == [
        "NP-MPJPE\n0.00 to 0.05",
        "NP-MPJPE\n0.05 to 0.10",
    ]
    tops = [axes.get_position().y1 for axes in figure.axes]
    assert tops[0] == tops[2] > tops[3]


def test_poses_of_a_pair_stand_side_by_side_in_one_scale(pair: PosePair) -> None:
    (axes,) = draw_pose_pairs([[pair]], [(0.1, 0.15)]).axes
    ends = len(H36M17.edges)
    points = np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() == "o"])
    first, second = points[:17], points[17:]
    assert len(axes.lines) == 2 * (ends + 17)
    assert first[:, 0].max() < second[:, 0].min()
    expected = look_at(pair.first, pair.first), look_at(pair.second, pair.first)
    for drawn, seen in zip((first, second), expected, strict=True):
        np.testing.assert_allclose(np.ptp(drawn, axis=0), np.ptp(seen, axis=0))
    assert axes.get_aspect() == 1.0
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left < points[:, 0].min() < points[:, 0].max() < right
    assert top < points[:, 1].min() < points[:, 1].max() < bottom


def test_sides_are_explained_and_made_up_poses_called_so(pair: PosePair) -> None:
    figure = draw_pose_pairs([[pair]], [(0.1, 0.15)], synthetic=True)
    assert "(synthetic data)" in figure.texts[0].get_text()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["person's left", "person's right"]


@pytest.mark.parametrize("spread", [0.2, 1.0, 5.0])
def test_heads_are_not_cut_off(pair: PosePair, spread: float) -> None:
    wide = pair.first * [spread, spread, 1]  # the widest pairs fill the width of their axes
    figure = draw_pose_pairs([[PosePair(wide, wide, 0.1, (0, 1))] * 5], [(0.1, 0.15)])
    figure.canvas.draw()
    for axes in figure.axes:
        inside = axes.get_window_extent()
        circles = [line for line in axes.lines if line.get_marker() == "o"]
        heads = [circle for circle in circles if circle.get_markersize() > 5]
        assert len(heads) == 2
        for head in heads:
            ((x, y),) = axes.transData.transform(head.get_xydata())
            radius = (head.get_markersize() + head.get_markeredgewidth()) / 2 * figure.dpi / 72
            assert inside.x0 <= x - radius < x + radius <= inside.x1
            assert inside.y0 <= y - radius < y + radius <= inside.y1


def test_rows_must_fit_the_bands(pair: PosePair) -> None:
    with pytest.raises(InputError, match="1 rows of pose pairs for 4 bands"):
        draw_pose_pairs([[pair]])
