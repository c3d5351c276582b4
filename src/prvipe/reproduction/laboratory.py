"""What every experiment works with: data, trained models, measurements and a place for figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from matplotlib.figure import Figure

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.baselines import KeypointRetrieval
from prvipe.evaluation.loading import load_system
from prvipe.evaluation.protocol import KAPPA, EvaluationResult
from prvipe.evaluation.systems import EmbeddingRetrieval, RetrievalSystem
from prvipe.model.embedder import Embedder, find_model
from prvipe.report.figure_files import save_figure
from prvipe.report.sections import ReportFigure
from prvipe.reproduction.datasets import ReproductionData
from prvipe.reproduction.measurements import Measurements
from prvipe.reproduction.models import ModelStore
from prvipe.reproduction.systems import PR_VIPE_AUGMENTED, SystemRow

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Laboratory:
    """Data, models and measurements of one reproduction.

    Attributes:
        data: what is trained and measured on.
        store: trains or finds models.
        measurements: evaluates, or finds what was evaluated before.
        figures: folder for pictures.
        seed: chooses the examples that figures show.
    """

    data: ReproductionData
    store: ModelStore
    measurements: Measurements
    figures: Path
    seed: int = 0
    _made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What `make` returns, made the first time that it is asked for by this name."""
        if name not in self._made:
            self._made[name] = make()
        made: Made = self._made[name]
        return made

    def checkpoint(self, row: SystemRow, changes: Mapping[str, str] | None = None) -> Path | None:
        """File of a row's weights, trained now if need be; None if the row has none."""
        if row.shipped is not None:
            return find_model(row.shipped)
        if row.recipe is None:
            return None
        return self.store.model(row.recipe, changes).checkpoint

    def system(
        self, row: SystemRow, changes: Mapping[str, str] | None = None
    ) -> RetrievalSystem[Any]:
        """The row as something that retrieves."""
        checkpoint = self.checkpoint(row, changes)
        if checkpoint is None:
            return KeypointRetrieval(name=row.name)
        return load_system(checkpoint, name=row.name)

    def embedding(self, row: SystemRow = PR_VIPE_AUGMENTED) -> EmbeddingRetrieval:
        """A row that embeds, for the figures about the embedding.

        Raises:
            TypeError: the row does not embed.
        """
        system = self.system(row)
        if not isinstance(system, EmbeddingRetrieval):
            raise TypeError(f"{row.name} does not embed")
        return system

    def embedder(self, row: SystemRow = PR_VIPE_AUGMENTED) -> Embedder:
        """The model of a row that embeds."""
        checkpoint = self.checkpoint(row)
        if checkpoint is None:
            raise TypeError(f"{row.name} has no weights")
        return Embedder.load(checkpoint)

    def evaluate(
        self,
        row: SystemRow,
        benchmark: CrossViewBenchmark,
        keypoints: KeypointKind = "det",
        kappa: float = KAPPA,
        changes: Mapping[str, str] | None = None,
    ) -> EvaluationResult:
        """Hit@k of a row's model, with some settings of its recipe changed."""
        return self.measurements.evaluate(
            self.system(row, changes), self.checkpoint(row, changes), benchmark, keypoints, kappa
        )

    def figure(self, figure: Figure, name: str, caption: str) -> ReportFigure:
        """Save a picture and say what it shows."""
        return ReportFigure(save_figure(figure, self.figures, name), caption)
