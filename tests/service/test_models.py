"""Models are loaded once, and before a request waits for them."""

import pytest

from prvipe.model.lifter import Lifter
from prvipe.service.models import Models


def test_nobody_waits_for_the_lifting_model_once_it_is_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = Models()
    models.prepare()
    monkeypatch.delattr(Lifter, "load")
    assert models.lifter.gives_errors
