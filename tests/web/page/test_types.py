"""The page's modules are what their JSDoc says they are."""

import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[3] / "web"


def test_modules_keep_the_types_they_state() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node to check with")
    if not (WEB / "node_modules" / "typescript").is_dir():
        pytest.skip("web/node_modules is missing: run `npm ci` in web/")
    checked = subprocess.run(
        [node, "check.js"], cwd=WEB, capture_output=True, text=True, timeout=180
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
