from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prvipe.errors import InputError
from prvipe.evaluation.embedding_map import EmbeddingMap
from prvipe.report.embedding_map import FIGURE_3, FIGURE_12, MapSize, draw_embedding_map


@pytest.fixture
def embedding_map() -> EmbeddingMap:
    rng = np.random.default_rng(0)
    poses = rng.normal(size=(300, 1, 2)) * [5, 3]
    return EmbeddingMap(
        rows=np.arange(300),
        keypoints=rng.normal(size=(300, 4, 13, 2)),
        positions=poses + 0.3 * rng.normal(size=(300, 4, 2)),
        shares=np.array([0.412, 0.2, 0.1, 0.288]),
        same_pose_distance=1.0,
        other_pose_distance=4.0,
    )


def cells(figure: Figure) -> list[Rectangle]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def framed(figure: Figure) -> list[str]:
    return [to_hex(cell.get_edgecolor()) for cell in cells(figure) if cell.get_edgecolor()[3] > 0]


@pytest.mark.parametrize("size", [FIGURE_3, FIGURE_12])
def test_thumbnails_do_not_overlap(embedding_map: EmbeddingMap, size: MapSize) -> None:
    figure = draw_embedding_map(embedding_map, size)
    extents = [cell.get_bbox() for cell in cells(figure)]
    assert 30 <= len(extents) <= size.thumbnails
    for number, extent in enumerate(extents):
        assert not any(extent.overlaps(other) for other in extents[:number])


def test_size_on_paper(embedding_map: EmbeddingMap) -> None:
    figure = draw_embedding_map(embedding_map)
    width, height = cells(figure)[0].get_window_extent().size / figure.dpi
    assert (width, height) == pytest.approx(FIGURE_3.cell)
    assert figure.get_figwidth() == pytest.approx(6.9)


def test_every_view_is_a_dot(embedding_map: EmbeddingMap) -> None:
    dots = draw_embedding_map(embedding_map).axes[0].lines[0]
    np.testing.assert_array_equal(dots.get_xydata(), embedding_map.positions.reshape(-1, 2))


def test_views_of_one_pose_share_frame_letter_and_lines_to_their_dots(
    embedding_map: EmbeddingMap,
) -> None:
    figure = draw_embedding_map(embedding_map)
    frames = framed(figure)
    assert len(frames) == 12
    assert all(frames.count(color) == 3 for color in frames)
    letters = [text.get_text() for text in figure.axes[0].texts]
    assert letters == ["A"] * 3 + ["B"] * 3 + ["C"] * 3 + ["D"] * 3
    leaders = [lines for lines in figure.axes[0].collections if lines.get_zorder() == 2]
    assert len(leaders) == 4
    poses = []
    for group in leaders:
        dots = np.array([segment[0] for segment in group.get_segments()])
        match = (embedding_map.positions[:, :, None] == dots).all(axis=-1)
        rows, views, _ = np.nonzero(match)
        assert len(set(rows)) == 1
        assert len(set(views)) == 3
        poses.append(rows[0])
    assert len(set(poses)) == 4


def test_skeletons_stand_on_their_dots(embedding_map: EmbeddingMap) -> None:
    figure = draw_embedding_map(embedding_map)
    dots = embedding_map.positions.reshape(-1, 2)
    alone = [cell for cell in cells(figure) if cell.get_edgecolor()[3] == 0]
    assert 20 <= len(alone) <= FIGURE_3.thumbnails - 12
    for cell in alone:
        center = np.add(cell.get_xy(), [cell.get_width() / 2, cell.get_height() / 2])
        assert np.abs(dots - center).max(axis=1).min() < 1e-9


def test_words(embedding_map: EmbeddingMap) -> None:
    axes = draw_embedding_map(embedding_map).axes[0]
    assert axes.get_xlabel() == "principal axis 1 (41% of the variance)"
    assert axes.get_ylabel() == "principal axis 2 (20% of the variance)"
    title = "Views of one 3D pose lie 0.25 times as far apart as those of different poses"
    assert axes.get_title() == title
    made_up = draw_embedding_map(replace(embedding_map, synthetic=True))
    assert made_up.axes[0].get_title() == f"{title} (synthetic data)"


@pytest.mark.parametrize("size", [FIGURE_3, FIGURE_12])
def test_nothing_leaves_the_page(embedding_map: EmbeddingMap, size: MapSize) -> None:
    figure = draw_embedding_map(replace(embedding_map, synthetic=True), size)
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.axes[0]
    legend = axes.get_legend()
    assert legend is not None
    heading, entries = axes.title.get_window_extent(renderer), legend.get_window_extent(renderer)
    assert not heading.overlaps(entries)
    for extent in (heading, entries, axes.get_tightbbox(renderer)):
        assert figure.bbox.x0 <= extent.x0 <= extent.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= extent.y0 <= extent.y1 <= figure.bbox.y1


@pytest.mark.parametrize("stretch", [(1, 0), (0, 1), (1, 1e-9)])
def test_flat_maps_have_room(embedding_map: EmbeddingMap, stretch: tuple[float, float]) -> None:
    flat = replace(embedding_map, positions=embedding_map.positions * stretch)
    figure = draw_embedding_map(flat)
    assert len(framed(figure)) == 12
    assert 0.4 < figure.get_figheight() / figure.get_figwidth() < 1.5


def test_few_poses_and_two_cameras(embedding_map: EmbeddingMap) -> None:
    few = replace(
        embedding_map,
        rows=embedding_map.rows[:2],
        keypoints=embedding_map.keypoints[:2, :2],
        positions=embedding_map.positions[:2, :2],
    )
    figure = draw_embedding_map(few)
    frames = framed(figure)
    assert 2 <= len(frames) <= 4
    assert len(frames) % 2 == 0


def test_seed_chooses_the_poses(embedding_map: EmbeddingMap) -> None:
    first, again, other = (
        [cell.get_xy() for cell in cells(draw_embedding_map(embedding_map, seed=seed))]
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_too_many_groups(embedding_map: EmbeddingMap) -> None:
    with pytest.raises(InputError, match="6 groups cannot be told apart"):
        draw_embedding_map(embedding_map, FIGURE_3._replace(groups=6))
