from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prvipe.errors import InputError
from prvipe.reproduction.datasets import ReproductionData
from prvipe.reproduction.models import ModelStore
from prvipe.training.limits import Limits

TINY = {"network.width": "16", "batch_size": "32", "loss.samples": "2"}


@pytest.fixture
def make_store(
    reproduction_data: ReproductionData, out: Path, telling: Callable[[str], Any]
) -> Callable[..., ModelStore]:
    def make(steps: int = 2, **settings: str) -> ModelStore:
        changed = TINY | {key.replace("__", "."): value for key, value in settings.items()}
        return ModelStore(out / "runs", reproduction_data, Limits(steps=steps), changed, telling)

    return make


def test_a_model_is_trained_once(make_store: Callable[..., ModelStore], told: list[str]) -> None:
    store = make_store()
    first = store.model("paper")
    assert store.model("paper") is first
    assert first.steps == 2
    assert not first.reused
    again = make_store().model("paper")
    assert again.reused
    assert again.checkpoint == first.checkpoint
    assert len(told) == 1


def test_changed_settings_make_another_model(
    make_store: Callable[..., ModelStore], told: list[str]
) -> None:
    store = make_store()
    paths = {
        store.model("paper").checkpoint,
        store.model("paper", {"loss.ratio": "3"}).checkpoint,
        make_store(seed="1").model("paper").checkpoint,
    }
    assert len(paths) == len(told) == 3
    assert any("paper_ratio=3_" in name for name in told)
    assert len(store.models) == 2


def test_the_paper_s_own_value_is_the_same_model(make_store: Callable[..., ModelStore]) -> None:
    store = make_store()
    plain = store.model("paper").checkpoint.parent.name.removeprefix("paper_")
    assert store.model("paper", {"loss.ratio": "2"}).checkpoint.parent.name.endswith(plain)


def test_a_run_too_short_is_gone_on_with(
    make_store: Callable[..., ModelStore], told: list[str]
) -> None:
    short = make_store(steps=2).model("paper")
    longer = make_store(steps=4).model("paper")
    assert (longer.checkpoint, longer.steps, longer.reused) == (short.checkpoint, 4, False)
    assert make_store(steps=3).model("paper").reused
    assert len(told) == 2


def test_a_foreign_run_in_its_folder_is_refused(
    make_store: Callable[..., ModelStore], out: Path
) -> None:
    here = make_store().model("paper").checkpoint.parent
    other = make_store(seed="7").model("paper").checkpoint.parent
    (here / "state.pt").write_bytes((other / "state.pt").read_bytes())
    with pytest.raises(InputError, match="holds a run of other settings or data"):
        make_store().model("paper")
