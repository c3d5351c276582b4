"""The files that readers of the documentation are supposed to have."""

import pytest
from example_inputs import Inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """Makes example files, each once."""
    return Inputs(tmp_path_factory.mktemp("inputs"))
