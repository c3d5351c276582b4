import importlib.util
from types import ModuleType

import numpy as np
import pytest
from pages import ROOT, read_page

from prvipe.poses import Poses
from prvipe.skeleton import BUILT_IN


@pytest.fixture(scope="module")
def make_skeletons() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_skeletons", ROOT / "docs" / "make_skeletons.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_lists_the_built_in_skeletons(make_skeletons: ModuleType) -> None:
    text = read_page("docs/skeletons.md")
    shown = text.split(make_skeletons.BEGIN)[1].split(make_skeletons.END)[0].strip()
    assert shown == make_skeletons.table(), "run python docs/make_skeletons.py"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_skeleton_has_the_joints_of_the_models(name: str) -> None:
    joints = len(BUILT_IN[name].joints)
    whole = Poses(np.random.default_rng(0).normal(size=(1, joints, 2)), None, name)
    assert (whole.to("coco13").scores > 0).all()


def test_every_built_in_skeleton_can_be_drawn(make_skeletons: ModuleType) -> None:
    panels = make_skeletons.draw_all().axes
    assert len(panels) == len(BUILT_IN)
    for axes, skeleton in zip(panels, BUILT_IN.values(), strict=True):
        numbers = {int(text.get_text()) for text in axes.texts}
        assert numbers == set(range(len(skeleton.joints)))
