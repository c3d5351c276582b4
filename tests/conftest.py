"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data and reference vectors; skips where there is none."""
    folder = Path(os.environ.get("PRVIPE_SHARED_DATA", _BESIDE_THE_CHECKOUT))
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder} (set PRVIPE_SHARED_DATA to its folder)")
    return folder
