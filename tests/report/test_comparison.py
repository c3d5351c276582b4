"""The picture of two people compared."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from prvipe.comparison import Comparison, JointDifference
from prvipe.comparison.verdict import judge
from prvipe.report.comparison import Person, draw_comparison
from prvipe.skeleton import COCO13


@pytest.fixture
def comparison() -> Comparison:
    """The left wrist is apart, the left elbow perhaps; the second lacks the right ankle."""
    rest = [joint for joint in COCO13.joints if joint not in ("left_wrist", "left_elbow")]
    joints = [("left_wrist", 0.8), ("left_elbow", 0.4), *((joint, 0.1) for joint in rest[:-1])]
    return Comparison(
        probability=0.03,
        verdict=judge(0.03),
        doubts=(),
        joints=tuple(JointDifference(*joint) for joint in joints),
        missing={"right_ankle": "b"},
    )


@pytest.fixture
def people() -> tuple[Person, Person]:
    keypoints = np.random.default_rng(0).uniform(20, 80, (2, 13, 2))
    keypoints[1, 12] = np.nan
    image = np.full((100, 100, 3), 200, np.uint8)
    return Person("a.png", keypoints[0], image), Person("b.csv", keypoints[1])


def texts(figure: Figure) -> list[str]:
    """Every text in the figure but tick labels."""
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [axes.get_title(), axes.get_xlabel()]
        found += [text.get_text() for text in axes.texts]
    for legend in figure.legends:
        found += [text.get_text() for text in legend.get_texts()]
    return found


def test_it_says_what_was_found(comparison: Comparison, people: tuple[Person, Person]) -> None:
    said = texts(draw_comparison(comparison, *people))
    assert "Probably different poses" in said
    assert "matching probability 0.03" in said
    assert "apart: left wrist" in said
    assert {"a.png", "b.csv"} <= set(said)
    assert said.count("L wrist") == 2  # at the joint itself, in both pictures
    assert "not seen in the second" in said
    assert {"apart", "perhaps apart", "no clear difference", "seen here only"} <= set(said)


def test_one_bar_per_joint_as_long_as_its_difference(
    comparison: Comparison, people: tuple[Person, Person]
) -> None:
    bars = draw_comparison(comparison, *people).axes[2]
    lengths = [round(float(bar.get_width()), 6) for bar in bars.patches]
    assert lengths == [joint.difference for joint in comparison.joints]
    names = [label.get_text() for label in bars.get_yticklabels()]
    assert names[:2] == ["left wrist", "left elbow"]
    assert names[-1] == "right ankle"


def test_the_image_is_drawn_where_there_is_one(
    comparison: Comparison, people: tuple[Person, Person]
) -> None:
    first, second, _ = draw_comparison(comparison, *people).axes
    assert len(first.images) == 1
    assert not second.images
    for axes, person in ((first, people[0]), (second, people[1])):
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        seen = person.keypoints[np.isfinite(person.keypoints).all(axis=1)]
        assert (seen > [left, top]).all()
        assert (seen < [right, bottom]).all()


def test_marks_differ_without_any_colour(
    comparison: Comparison, people: tuple[Person, Person]
) -> None:
    first = draw_comparison(comparison, *people).axes[0]
    sizes = {line.get_markersize() for line in first.lines if line.get_marker() != "None"}
    assert len(sizes) == 4


def test_doubts_come_before_joints(comparison: Comparison, people: tuple[Person, Person]) -> None:
    doubted = replace(comparison, doubts=("the first pose: only 6 of 13 joints are visible",))
    said = texts(draw_comparison(doubted, *people))
    assert "the first pose: only 6 of 13 joints are visible" in said
    assert "apart: left wrist" not in said
    assert "Probably different poses, but that is doubtful" in said


def test_nothing_compared(comparison: Comparison, people: tuple[Person, Person]) -> None:
    nothing = replace(comparison, joints=(), missing=dict.fromkeys(COCO13.joints, "both"))
    said = texts(draw_comparison(nothing, *people))
    assert said.count("seen in neither") == 13
    assert {"Too little in common to say", "only 0 of 13 joints are seen in both"} <= set(said)


def test_values_stand_in_a_column_away_from_the_lines(
    comparison: Comparison, people: tuple[Person, Person]
) -> None:
    wide = replace(comparison.joints[0], uncertainty=0.4)
    bars = draw_comparison(
        replace(comparison, joints=(wide, *comparison.joints[1:])), *people
    ).axes[2]
    values = [text for text in bars.texts if text.get_text()[0] == "0"]
    assert len(values) == len(comparison.joints)
    assert {text.get_position()[0] for text in values} == {1.11}
    assert bars.get_xlim()[1] > 1.2  # the line ends within the axes


def test_every_mark_of_the_legend_can_be_seen(
    comparison: Comparison, people: tuple[Person, Person]
) -> None:
    (legend,) = draw_comparison(comparison, *people).legends
    assert min(handle.get_markersize() for handle in legend.get_lines()) > 5


def test_long_names_are_clipped(comparison: Comparison, people: tuple[Person, Person]) -> None:
    long = replace(people[0], title=f"{'x' * 100}.png, frame 12")
    title = draw_comparison(comparison, long, people[1]).axes[0].get_title()
    assert len(title) == 56
    assert title.endswith("x.png, frame 12")
