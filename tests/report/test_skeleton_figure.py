import numpy as np
from matplotlib.axes import Axes

from prvipe.report.skeleton_figure import draw_skeletons
from prvipe.skeleton import COCO13, H36M17, Skeleton


def names_in(axes: Axes) -> dict[str, np.ndarray]:
    return {text.get_text(): np.array(text.xy) for text in axes.texts}


def test_every_joint_has_its_number_and_name() -> None:
    for axes, skeleton in zip(draw_skeletons().axes, (H36M17, COCO13), strict=True):
        expected = {f"{j}  {name.replace('_', ' ')}" for j, name in enumerate(skeleton.joints)}
        assert set(names_in(axes)) == expected


def test_names_point_at_their_joints() -> None:
    for axes, skeleton in zip(draw_skeletons().axes, (H36M17, COCO13), strict=True):
        markers = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
        for joint, name in enumerate(skeleton.joints):
            target = names_in(axes)[f"{joint}  {name.replace('_', ' ')}"]
            np.testing.assert_array_equal(markers[joint], target)


def test_person_faces_the_reader() -> None:
    axes = draw_skeletons().axes[1]
    targets = names_in(axes)
    assert targets["5  left wrist"][0] > 0 > targets["6  right wrist"][0]
    assert targets["0  head"][1] < targets["12  right ankle"][1]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_names_do_not_meet() -> None:
    for axes in draw_skeletons().axes:
        places = np.array([text.get_position() for text in axes.texts])
        for side in (-1, 1):
            column = np.sort(places[np.sign(places[:, 0]) == side, 1])
            assert np.diff(column).min() > 0.15  # metres of the person, about 8 points


def test_skeletons_are_those_of_the_arrays() -> None:
    def bones(skeleton: Skeleton, axes: Axes) -> int:
        return len(axes.lines) - len(skeleton.joints)

    body, keypoints = draw_skeletons().axes
    assert bones(H36M17, body) == len(H36M17.edges)
    assert bones(COCO13, keypoints) == len(COCO13.edges)
