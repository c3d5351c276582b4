"""Recipes, settings replaced on the command line, and what does not go together."""

import pytest

from prvipe.errors import InputError
from prvipe.training.config import TrainingConfig
from prvipe.training.recipe_files import load_recipe, parse_config, recipe_names

POINT = {"estimator": "closed_form", "prior_weight": 0.0}
LIFTING = {"head": "lifting", "dimension": 39}
NO_WEIGHT = {f"{name}_weight": 0.0 for name in ("triplet", "positive", "prior")}


def test_paper_is_the_default_in_all_but_words() -> None:
    paper = load_recipe("paper").model_copy(update={"description": ""})
    assert paper == TrainingConfig()


def test_paper_follows_section_3_6() -> None:
    paper = load_recipe("paper")
    assert (paper.network.width, paper.network.blocks, paper.network.dimension) == (1024, 2, 16)
    assert (paper.batch_size, paper.loss.samples, paper.loss.ratio) == (256, 20, 2.0)
    assert (paper.loss.positive_weight, paper.loss.prior_weight) == (0.005, 0.001)
    assert (paper.optimizer.name, paper.optimizer.learning_rate) == ("adagrad", 0.02)
    assert (paper.network.dropout, paper.loss.matching_threshold) == (0.3, 0.1)
    assert paper.views.inputs == "mixed"


def test_what_the_variants_change() -> None:
    assert load_recipe("paper-no-augmentation").views.inputs == "detected"
    assert load_recipe("l2-vipe-no-augmentation").views.inputs == "detected"
    assert load_recipe("vipe").network.head == "point"
    assert load_recipe("l2-vipe").network.head == "l2"
    assert load_recipe("l2-vipe").loss.kernel == "squared_distance"
    lifting = load_recipe("lifting")
    assert (lifting.network.head, lifting.views.inputs) == ("lifting", "detected")
    paper = load_recipe("paper")
    assert lifting.network.width == paper.network.width
    assert lifting.network.blocks == paper.network.blocks
    assert lifting.batch_size == paper.batch_size


def test_settings_are_replaced_by_dotted_key() -> None:
    config = load_recipe(
        "paper",
        {
            "network.width": "512",
            "views.distance": "[3, 10]",
            "views.inputs": "projected",
            "optimizer.schedule": '"cosine"',
            "seed": "7",
            "description": "mine",
        },
    )
    assert config.network.width == 512
    assert config.views.distance == (3.0, 10.0)
    assert (config.views.inputs, config.optimizer.schedule) == ("projected", "cosine")
    assert (config.seed, config.description) == (7, "mine")
    assert config.network.dimension == load_recipe("paper").network.dimension


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("network.depth", "3", "network.depth"),
        ("colour", "red", "colour"),
        ("network.width", "wide", "network.width"),
        ("network.width", "-1", "network.width"),
        ("network", "5", "network"),
        ("network.width.more", "5", "network.width"),
        ("seed.more", "1", "seed"),
        ("loss.estimator", "guess", "loss.estimator"),
        ("views.nearest", "0.1", "views.nearest"),
        ("views.distance", "[3]", "views.distance"),
        ("views.distance", "[10, 3]", "views.distance: .* lower limit comes first"),
        ("views.distance", "[3, inf]", "views.distance"),
        ("views.azimuth", "[nan, 3]", "views.azimuth"),
        ("optimizer.learning_rate", "nan", "optimizer.learning_rate"),
        ("optimizer.learning_rate", "inf", "optimizer.learning_rate"),
        ("augmentation.mirror", "1.5", "augmentation.mirror"),
        ("rarity", "1.5", "rarity"),
        ("augmentation.bend_joints", "-0.1", "augmentation.bend_joints"),
        ("augmentation.bend_spread", "-1", "augmentation.bend_spread"),
        ("augmentation.hide_joints", "1.1", "augmentation.hide_joints"),
        ("views.detector_noise", "1.0", "views.detector_noise"),
        ("views.detector_noise", "[1, 0.5]", "views.detector_noise: .* lower limit comes first"),
        ("views.detector_noise", "[-0.5, 1]", "views.detector_noise cannot be negative"),
        ("views.detector_scores", "2", "views.detector_scores"),
        ("batch_size", "1", "batch_size"),
        ("batch_size", "", "batch_size"),
    ],
)
def test_a_bad_setting_is_named(key: str, value: str, named: str) -> None:
    with pytest.raises(InputError, match=named):
        load_recipe("paper", {key: value})


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"network": {"head": "point"}}, "nothing to sample"),
        (
            {"network": {"head": "point"}, "loss": {"estimator": "closed_form"}},
            "no prior loss",
        ),
        ({"loss": {"kernel": "squared_distance"}}, "needs network.head point or l2"),
        (
            {
                "network": {"head": "l2"},
                "loss": POINT | {"kernel": "squared_distance", "likelihood_weight": 1.0},
            },
            "likelihood_weight needs",
        ),
        ({"network": {"head": "lifting"}}, "set network.dimension to 39"),
        (
            {"network": LIFTING, "loss": {"triplet_weight": 0.5, "ratio": 3.0}},
            "by squared error: leave out loss.ratio, loss.triplet_weight$",
        ),
        ({"network": LIFTING, "calibrate": True}, "lifting network has no confidence"),
        ({"loss": NO_WEIGHT}, "every loss has weight 0"),
        (
            {
                "loss": NO_WEIGHT,
                "distillation": {"teacher": "base", "mean_weight": 0.0, "std_weight": 0.0},
            },
            "every loss has weight 0",
        ),
        (
            {"views": {"inputs": "detected"}, "augmentation": {"recombine_limbs": 0.1}},
            "need projections",
        ),
        (
            {"views": {"inputs": "detected"}, "augmentation": {"proportions": 0.1}},
            "need projections",
        ),
        (
            {"views": {"inputs": "detected"}, "augmentation": {"bend_joints": 0.1}},
            "need projections",
        ),
        (
            {"augmentation": {"hide_joints": 0.1}},
            "need a network that reads scores: set network.inputs to keypoints_and_scores",
        ),
        (
            {"views": {"detector_noise": [0, 1], "detector_scores": 0.1}},
            "need a network that reads scores",
        ),
        (
            {
                "views": {"detector_scores": 0.1},
                "network": {"inputs": "keypoints_and_scores"},
            },
            "there are none: set views.detector_noise",
        ),
    ],
)
def test_settings_that_do_not_go_together(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse_config(settings, "recipe")


def test_scores_and_hidden_joints_go_with_a_network_that_reads_scores() -> None:
    settings = {
        "network.inputs": "keypoints_and_scores",
        "views.detector_scores": "0.3",
        "views.detector_noise": "[0, 1]",
        "augmentation.hide_joints": "0.2",
    }
    config = load_recipe("paper", settings)
    assert (config.views.detector_scores, config.augmentation.hide_joints) == (0.3, 0.2)


def test_rarity_and_hidden_joints_leave_detections_of_use() -> None:
    views = {"inputs": "detected"}
    kept = {"mirror": 0.5, "hide_joints": 0.5}
    network = {"inputs": "keypoints_and_scores"}
    config = parse_config(
        {"rarity": 1.0, "views": views, "augmentation": kept, "network": network}, "recipe"
    )
    assert not config.augments_bodies


def test_lifting_keeps_what_it_has_a_use_for() -> None:
    settings = {
        "loss.matching_threshold": "0.05",
        "views.inputs": "mixed",
        "augmentation.mirror": "0.5",
        "augmentation.proportions": "0.3",
    }
    config = load_recipe("lifting", settings)
    assert (config.loss.matching_threshold, config.augmentation.mirror) == (0.05, 0.5)


def test_configurations_survive_json() -> None:
    """Runs are resumed, and cards written, by it."""
    for name in recipe_names():
        config = load_recipe(name)
        assert TrainingConfig.model_validate_json(config.model_dump_json()) == config
