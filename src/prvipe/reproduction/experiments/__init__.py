"""The experiments of the paper by name, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable

from prvipe.report.sections import Section
from prvipe.reproduction.experiments.ablations import figure_7, table_3, table_4, table_5
from prvipe.reproduction.experiments.ambiguity import figure_5, figure_6, figure_11
from prvipe.reproduction.experiments.confidence import figure_8
from prvipe.reproduction.experiments.embedding_map import figure_3, figure_12
from prvipe.reproduction.experiments.point_and_detector import (
    perfect_detector,
    point_or_probabilistic,
)
from prvipe.reproduction.experiments.poses import figure_9, figure_10
from prvipe.reproduction.experiments.retrievals import figure_4, figure_13
from prvipe.reproduction.experiments.sampling import closed_form_or_sampling
from prvipe.reproduction.experiments.tables_1_2 import table_1, table_2
from prvipe.reproduction.laboratory import Laboratory

Experiment = Callable[[Laboratory], Section]

EXPERIMENTS: dict[str, Experiment] = {
    "table1": table_1,
    "table2": table_2,
    "point": point_or_probabilistic,
    "detector": perfect_detector,
    "sampling": closed_form_or_sampling,
    "figure3": figure_3,
    "figure4": figure_4,
    "figure5": figure_5,
    "figure6": figure_6,
    "figure7": figure_7,
    "figure8": figure_8,
    "figure9": figure_9,
    "figure10": figure_10,
    "table3": table_3,
    "table4": table_4,
    "table5": table_5,
    "figure11": figure_11,
    "figure12": figure_12,
    "figure13": figure_13,
}
