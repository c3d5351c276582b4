"""One person of each recording."""

from pathlib import Path

import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.people import select_person
from prvipe.people.selection import list_people
from prvipe.poses import Poses


def truth(poses: Poses) -> set[int]:
    return set(poses.table["truth"].to_pylist())


def frames(poses: Poses) -> list[int]:
    return [int(frame) for frame in poses.table["frame"].to_pylist()]


def test_the_largest_is_followed(crossing: Poses) -> None:
    largest = select_person(crossing)
    assert truth(largest) == {0}
    assert frames(largest) == list(range(40))


def test_a_large_ghost_of_few_frames_is_not_the_largest(crossing: Poses) -> None:
    ghost = crossing[[0, 1]]
    ghost = Poses(ghost.keypoints * 3, None, "coco17", ghost.table)
    ghost = ghost.with_fields(truth=[2, 2], person=[2, 2], frame=[5, 6])
    assert truth(select_person(Poses.concatenate([crossing, ghost]))) == {0}


def test_the_longest(crossing: Poses) -> None:
    who = np.array(crossing.table["truth"].to_pylist())
    some = crossing[(who == 1) | (np.arange(len(who)) < 60)]
    assert truth(select_person(some, "longest")) == {1}


def test_the_nearest_to_the_middle(crossing: Poses) -> None:
    who = np.array(crossing.table["truth"].to_pylist())
    standing = crossing.keypoints.copy()
    standing[who == 1] = standing[who == 1][0]  # stays at x = 400
    poses = Poses(standing, None, "coco17", crossing.table)
    wide = poses.with_fields(width=[800] * len(poses), height=[400] * len(poses))
    assert truth(select_person(wide, "nearest_middle")) == {1}


def test_the_middle_of_an_unknown_image_is_refused(crossing: Poses) -> None:
    with pytest.raises(InputError, match=r"two\.mp4: the size of the image is not known"):
        select_person(crossing, "nearest_middle")


def test_a_number(crossing: Poses) -> None:
    assert truth(select_person(crossing, 1)) == {1}


def test_somebody_who_is_not_there_is_refused_with_who_is(crossing: Poses) -> None:
    with pytest.raises(InputError, match=r"person 7: .* there are 0 \(40 frames\), 1 \(40"):
        select_person(crossing, 7)


def test_numbers_of_a_tracker_are_kept(crossing: Poses) -> None:
    who = np.array(crossing.table["truth"].to_pylist())
    own = crossing.with_fields(person=np.where(who == 0, 12, 30))
    chosen = select_person(own, 30)
    assert truth(chosen) == {1}
    assert set(chosen.table["person"].to_pylist()) == {30}


def test_somebody_twice_in_a_frame_is_refused(crossing: Poses) -> None:
    with pytest.raises(InputError, match=r"person 5 is twice in frame 0"):
        select_person(crossing.with_fields(person=[5] * len(crossing)), 5)


def test_each_recording_has_its_own(crossing: Poses) -> None:
    small = crossing[np.array(crossing.table["truth"].to_pylist()) == 1]
    small = small.with_fields(source=["small.mp4"] * len(small), person=[0] * len(small))
    both = select_person(Poses.concatenate([small, crossing]))
    assert both.table["truth"].to_pylist() == [1] * 40 + [0] * 40


def test_rows_come_in_the_order_of_frames(crossing: Poses) -> None:
    shuffled = crossing[np.random.default_rng(1).permutation(len(crossing))]
    assert frames(select_person(shuffled)) == list(range(40))


def test_rows_without_frames_and_people_are_all_kept(standing: np.ndarray) -> None:
    poses = Poses(np.stack([standing] * 5), None, "coco17")
    assert len(select_person(poses)) == 5


@pytest.mark.parametrize("which", ["tallest", True, 1.5])
def test_unknown_rules_are_refused(crossing: Poses, which: object) -> None:
    with pytest.raises(InputError, match="expected largest"):
        select_person(crossing, which)  # type: ignore[arg-type]


def test_many_people_are_listed_shortly(crossing: Poses) -> None:
    many = crossing.with_fields(person=np.arange(len(crossing)))
    assert list_people(many).endswith("and 68 more")


def test_who_balances_in_real_cameras(shared_data: Path) -> None:
    for camera in (1, 2, 3, 4):
        poses = load(shared_data / "pose2sim_demo" / "pose" / f"cam0{camera}_json")
        assert frames(select_person(poses)) == list(range(100))


def test_somebody_alone_who_is_not_always_numbered_is_the_same(crossing: Poses) -> None:
    alone = crossing[np.array(crossing.table["truth"].to_pylist()) == 0]
    numbers = [0 if frame % 3 else None for frame in range(40)]
    assert len(select_person(alone.with_fields(person=numbers))) == 40


def test_somebody_alone_is_kept_however_long_they_were_away(crossing: Poses) -> None:
    alone = crossing[np.array(crossing.table["truth"].to_pylist()) == 0]
    away = alone.with_fields(person=[0] * 40, frame=[*range(20), *range(500, 520)])
    assert len(select_person(away)) == 40
    assert len(select_person(away, 1)) == 20
