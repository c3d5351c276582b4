"""At most one hit of a recording within some time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.index.thinning import Distance, choose_apart


def hit(time: float | None, source: str = "a.mp4", person: int = 0) -> dict[str, object]:
    return {"source": source, "person": person, "time": time}


def test_the_best_of_each_stretch_stays() -> None:
    hits = [hit(5), hit(5.5), hit(4), hit(6.1), hit(5, "b.mp4"), hit(5, person=1), hit(None)]
    assert list(choose_apart(Distance.parse("1s"), hits)) == [0, 2, 3, 4, 5, 6]


def test_what_is_near_the_query_is_left_out() -> None:
    hits = [hit(5), hit(7), hit(5, "b.mp4")]
    assert list(choose_apart(Distance.parse(2), hits, [hit(4)])) == [1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2", (2, "time")), ("0.5s", (0.5, "time")), ("30f", (30, "frame")), (1.5, (1.5, "time"))],
)
def test_seconds_and_frames_are_read(text: str | float, expected: tuple[float, str]) -> None:
    distance = Distance.parse(text)
    assert (distance.least, distance.column) == expected


@pytest.mark.parametrize("text", ["", "0", "-1", "2m", "s", "nan", 0, -2.0, "1e3"])
def test_what_is_no_distance_is_refused(text: str | float) -> None:
    with pytest.raises(
        InputError, match=r"such as 2s \(or 2, without a unit\) or frames such as 30f"
    ):
        Distance.parse(text)


@given(st.lists(st.floats(0, 10), max_size=20), st.floats(0.1, 3))
def test_hits_are_apart_and_none_is_left_out_for_nothing(
    times: list[float], seconds: float
) -> None:
    kept = list(choose_apart(Distance(seconds, "time"), [hit(time) for time in times]))
    for place, time in enumerate(times):
        better = [times[other] for other in kept if other < place]
        assert (place in kept) == all(abs(time - other) >= seconds for other in better)
