"""Every figure is drawn, saved, and its numbers are those of the model and the data."""

import json
from dataclasses import replace

import numpy as np
import pytest

from prvipe.reproduction.experiments import EXPERIMENTS
from prvipe.reproduction.experiments.confidence import figure_8
from prvipe.reproduction.experiments.embedding_map import figure_3
from prvipe.reproduction.experiments.retrievals import figure_4
from prvipe.reproduction.experiments.sampling import closed_form_or_sampling
from prvipe.reproduction.laboratory import Laboratory

FIGURES = [name for name in EXPERIMENTS if name.startswith("figure")]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_saved_in_three_forms_under_its_name(laboratory: Laboratory, name: str) -> None:
    section = EXPERIMENTS[name](laboratory)
    assert section.name == name
    assert section.figures
    for figure in section.figures:
        assert figure.caption
        for file in figure.files:
            assert file.stat().st_size > 1000
            assert file.name.startswith(name)
    assert json.dumps(dict(section.numbers), allow_nan=False)


def test_views_of_a_pose_lie_closer_than_those_of_another(laboratory: Laboratory) -> None:
    numbers = figure_3(laboratory).numbers
    assert numbers["same_pose_distance"] < numbers["other_pose_distance"]
    assert sum(numbers["explained_variance"]) == pytest.approx(1)


def test_confidences_are_of_100_queries_and_5_retrievals_for_every_pair(
    laboratory: Laboratory,
) -> None:
    measured = figure_8(laboratory).numbers["Ours (base)"]
    assert measured["training cameras"]["retrievals"] == 12 * 100 * 5
    assert measured["unseen cameras"]["retrievals"] == 6 * 100 * 5
    assert sum(measured["training cameras"]["bins"]["count"]) == 12 * 100 * 5


def test_people_in_the_wild_have_confidence_alone(laboratory: Laboratory) -> None:
    section = figure_4(laboratory)
    assert [e["np_mpjpe"] for e in section.numbers["people"]] == [None] * 3
    assert all(0 <= e["confidence"] <= 1 for e in section.numbers["people"])
    assert all(e["np_mpjpe"] >= 0 for e in section.numbers["training cameras"])
    assert not section.notes


def test_a_missing_gallery_is_said(laboratory: Laboratory) -> None:
    alone = replace(laboratory, data=replace(laboratory.data, galleries={}))
    assert "--gallery" in figure_4(alone).notes[0]


def test_sampling_comes_close_to_the_closed_form(laboratory: Laboratory) -> None:
    hits = closed_form_or_sampling(laboratory).numbers
    closed = hits.pop("closed form")
    assert len(hits) == 2
    for sampled in hits.values():
        np.testing.assert_allclose(sampled, closed, atol=0.03)
