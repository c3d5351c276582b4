"""The running count in a video."""

import numpy as np
import pytest

from prvipe.report.counter import RepetitionCounter
from prvipe.sequences.repetitions import Repetitions

IMAGE = np.full((300, 400, 3), 120, np.uint8)


def counter(bounds: list[tuple[int, int]]) -> RepetitionCounter:
    frames = np.array(bounds, np.int64).reshape(-1, 2)
    nothing = np.zeros(0)
    return RepetitionCounter(
        Repetitions(len(bounds), frames, None, 0.8, nothing, nothing.astype(np.int64), None)
    )


@pytest.mark.parametrize(
    ("frame", "done", "progress"),
    [(0, 0, 0), (10, 0, 0), (15, 0, 0.5), (20, 1, 0), (25, 1, 0), (31, 1, 0.1), (40, 2, 0)],
)
def test_what_is_done_and_how_far_the_next_has_come(frame: int, done: int, progress: float) -> None:
    counted = counter([(10, 20), (30, 40)])
    assert counted.done(frame) == done
    assert counted.progress(frame) == pytest.approx(progress)


def test_repetitions_that_share_a_frame_pass_over() -> None:
    counted = counter([(0, 10), (10, 20)])
    assert (counted.done(10), counted.progress(10)) == (1, 0)
    assert counted.progress(15) == pytest.approx(0.5)


def orange(image: np.ndarray) -> int:
    red, green, blue = np.moveaxis(image.astype(int), -1, 0)
    return int(((red > 180) & (green > 110) & (blue < 90)).sum())


def test_the_ring_grows_clockwise_and_the_number_changes() -> None:
    counted = counter([(0, 20), (20, 40)])
    drawn = [counted.draw_on(IMAGE, frame) for frame in (0, 5, 10, 15, 20)]
    shares = [orange(image) for image in drawn]
    assert shares[0] == 0 == shares[4]
    assert 0 < shares[1] < shares[2] < shares[3]
    np.testing.assert_allclose(shares[2] / shares[3], 2 / 3, atol=0.05)
    middle = 10 + 84 // 2  # margin and half the side of the counter
    assert orange(drawn[1][:, :middle]) < 0.05 * shares[1]  # the first quarter is at the right
    assert not np.array_equal(drawn[0], drawn[4])
    untouched = drawn[2][110:, 110:]
    assert (untouched == 120).all()
    assert (IMAGE == 120).all()


def test_where_nothing_is_repeated_it_stays_at_nought() -> None:
    counted = counter([])
    np.testing.assert_array_equal(counted.draw_on(IMAGE, 0), counted.draw_on(IMAGE, 50))


@pytest.mark.parametrize("shape", [(1, 1, 3), (40, 30, 3), (31, 900, 3)])
def test_images_of_any_size(shape: tuple[int, int, int]) -> None:
    image = np.zeros(shape, np.uint8)
    assert counter([(0, 9)] * 1).draw_on(image, 3).shape == shape


def test_large_numbers_fit_into_the_ring() -> None:
    counted = counter([(n, n + 1) for n in range(1234)])
    drawn = counted.draw_on(np.zeros((300, 400, 3), np.uint8), 5000)
    corner = drawn[10 : 10 + 84, 10 : 10 + 84].astype(int).sum(axis=-1)
    white = np.argwhere(corner > 700)
    assert len(white)
    assert np.hypot(*(white - 41.5).T).max() < 0.4 * 84
