"""What a training run is: the settings that a recipe gives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from prvipe.model.network import NetworkConfig


def _ascending(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] > limits[1]:
        raise ValueError("the lower limit comes first")
    return limits


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ViewConfig(_Section):
    """Where the 2D poses of a pair come from (section 3.5).

    Angles are in degrees, distances in units of the normalised 3D pose. The strength of a
    detector's errors, from the range `detector_noise`, is drawn per projection; `detector_scores`
    is the probability that a projection comes with scores, which are low for outliers.
    """

    inputs: Literal["detected", "projected", "mixed"] = "mixed"
    rotation: Literal["tilt_then_turn", "turn_then_tilt"] = "tilt_then_turn"
    azimuth: Range = (-180.0, 180.0)
    elevation: Range = (-30.0, 30.0)
    roll: Range = (-30.0, 30.0)
    distance: Range = (2.0, 2.0)
    nearest: float = Field(0.5, gt=0.25)
    detector_noise: Range = (0.0, 0.0)
    detector_scores: float = Field(0.0, ge=0, le=1)


class AugmentationConfig(_Section):
    """Changes to 3D poses before they are projected, and what is hidden of a view.

    Probabilities are per pair, except `hide_joints`: per view, to get a pattern of
    `prvipe.data.hiding.occlude`. `bend_spread` is in degrees, `proportion_spread` the standard
    deviation of the logarithm of scales.
    """

    mirror: float = Field(0.0, ge=0, le=1)
    recombine_limbs: float = Field(0.0, ge=0, le=1)
    bend_joints: float = Field(0.0, ge=0, le=1)
    bend_spread: float = Field(12.0, ge=0)
    proportions: float = Field(0.0, ge=0, le=1)
    proportion_spread: float = Field(0.1, ge=0)
    hide_joints: float = Field(0.0, ge=0, le=1)


class LossConfig(_Section):
    """The paper's three losses (equations 4, 6, 8), their distance, and our two losses."""

    kernel: Literal["matching_probability", "squared_distance"] = "matching_probability"
    estimator: Literal["sampled", "closed_form"] = "sampled"
    samples: int = Field(20, gt=0)
    ratio: float = Field(2.0, gt=1)
    triplet_weight: float = Field(1.0, ge=0)
    contrastive_weight: float = Field(0.0, ge=0)
    contrastive_width: float = Field(0.03, gt=0)
    likelihood_weight: float = Field(0.0, ge=0)
    positive_weight: float = Field(0.005, ge=0)
    prior_weight: float = Field(0.001, ge=0)
    matching_threshold: float = Field(0.1, gt=0)
    smoothing: float = Field(0.1, ge=0, lt=1)

    @property
    def has_weight(self) -> bool:
        """Whether any of the losses has a weight above 0."""
        return any(value > 0 for name, value in self if name.endswith("_weight"))


class DistillationConfig(_Section):
    """A teacher whose Gaussians the network learns to reproduce, and the weights of two losses.

    The teacher is the name of a shipped model or the path of a checkpoint.
    """

    teacher: str = Field(min_length=1)
    mean_weight: float = Field(1.0, ge=0)
    std_weight: float = Field(1.0, ge=0)


class OptimizerConfig(_Section):
    """Optimiser, learning-rate schedule and the moving average of the weights."""

    name: Literal["adagrad", "adamw"] = "adagrad"
    learning_rate: float = Field(0.02, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    schedule: Literal["constant", "cosine", "late_decay"] = "constant"
    warmup_steps: int = Field(0, ge=0)
    average_decay: float = Field(0.9999, ge=0, lt=1)


class TrainingConfig(_Section):
    """A whole recipe; every default is the paper's with the authors' choices.

    Poses are drawn with weights density ** -`rarity`: 0 draws all equally often, 1 spreads the
    draws evenly over pose space. Each drawn pose brings along `group_size` - 1 neighbours in time.
    The backbone starts as that of `initial`, a shipped model or a checkpoint, if one is named.
    """

    description: str = ""
    seed: int = Field(0, ge=0, lt=2**63)
    batch_size: int = Field(256, gt=1)
    rarity: float = Field(0.0, ge=0, le=1)
    group_size: int = Field(1, ge=1)
    validation_seconds: float = Field(120.0, gt=0)
    calibrate: bool = False
    initial: str = ""
    network: NetworkConfig = NetworkConfig()
    views: ViewConfig = ViewConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    loss: LossConfig = LossConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    distillation: DistillationConfig | None = None

    @model_validator(mode="after")
    def _gaussians_are_distilled(self) -> TrainingConfig:
        if self.distillation is not None and self.network.head != "gaussian":
            raise ValueError(
                "only Gaussians can be distilled: set network.head to gaussian or leave out "
                "distillation"
            )
        return self

    @model_validator(mode="after")
    def _loss_fits_head(self) -> TrainingConfig:
        head = self.network.head
        if self.network.lifts:
            self._require_no_embedding_losses()
        elif head == "gaussian":
            if self.loss.kernel == "squared_distance":
                raise ValueError("loss.kernel squared_distance needs network.head point or l2")
        else:
            self._require_losses_of_points()
        return self

    @model_validator(mode="after")
    def _something_is_learnt(self) -> TrainingConfig:
        teacher = self.distillation
        from_teacher = teacher is not None and max(teacher.mean_weight, teacher.std_weight) > 0
        if not (self.network.lifts or self.loss.has_weight or from_teacher):
            raise ValueError("every loss has weight 0: give at least one a weight above 0")
        return self

    @model_validator(mode="after")
    def _projections_show_changed_bodies(self) -> TrainingConfig:
        if self.augments_bodies and self.views.inputs == "detected":
            raise ValueError("changed 3D poses need projections: set views.inputs or augmentation")
        return self

    def _require_losses_of_points(self) -> None:
        if self.loss.estimator == "sampled":
            raise ValueError("a point embedding has nothing to sample: set loss.estimator")
        if self.loss.prior_weight > 0:
            raise ValueError("a point embedding has no prior loss: set loss.prior_weight to 0")
        if self.loss.likelihood_weight > 0:
            raise ValueError("loss.likelihood_weight needs network.head gaussian")
        if self.calibrate:
            raise ValueError("a point embedding has no confidence to calibrate")

    def _require_no_embedding_losses(self) -> None:
        paper = LossConfig().model_dump()
        changed = [name for name, value in self.loss.model_dump().items() if value != paper[name]]
        if unused := [f"loss.{name}" for name in changed if name != "matching_threshold"]:
            raise ValueError(
                f"a lifting network regresses 3D poses by squared error: leave out "
                f"{', '.join(unused)}"
            )
        if self.calibrate:
            raise ValueError("a lifting network has no confidence to calibrate")

    @model_validator(mode="after")
    def _scores_are_read(self) -> TrainingConfig:
        scored = max(self.augmentation.hide_joints, self.views.detector_scores) > 0
        if scored and self.network.inputs == "keypoints":
            raise ValueError(
                "augmentation.hide_joints and views.detector_scores need a network that reads "
                "scores: set network.inputs to keypoints_and_scores"
            )
        return self

    @model_validator(mode="after")
    def _scores_tell_of_noise(self) -> TrainingConfig:
        if self.views.detector_scores > 0 and self.views.detector_noise[1] == 0:
            raise ValueError(
                "views.detector_scores tells of a detector's errors, and there are none: set "
                "views.detector_noise"
            )
        return self

    @model_validator(mode="after")
    def _noise_is_not_negative(self) -> TrainingConfig:
        if self.views.detector_noise[0] < 0:
            raise ValueError("views.detector_noise cannot be negative")
        return self

    def for_card(self) -> dict[str, Any]:
        """Settings for a model's card, which tells network and description on its own.

        Of the losses of embeddings a lifting network knows nothing but what counts as a match.
        """
        settings = self.model_dump(mode="json", exclude={"network", "description"})
        if self.network.lifts:
            settings["loss"] = {"matching_threshold": self.loss.matching_threshold}
        settings["initial"] = Path(self.initial).name if self.initial else ""
        if self.distillation is None:
            del settings["distillation"]
        else:
            settings["distillation"]["teacher"] = Path(self.distillation.teacher).name
        return settings

    @property
    def augments_bodies(self) -> bool:
        """Whether 3D poses are changed in ways that no detection shows."""
        changes = self.augmentation
        return max(changes.recombine_limbs, changes.bend_joints, changes.proportions) > 0
