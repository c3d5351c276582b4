"""`import prvipe` and `prvipe --help` stay light."""

import subprocess
import sys

import pytest

import prvipe

HEAVY = (
    "torch",
    "numba",
    "pyarrow",
    "matplotlib",
    "scipy",
    "faiss",
    "mediapipe",
    "cv2",
    "av",
    "PIL",
    "fastapi",
    "uvicorn",
    "httpx",
    "umap",
    "fsspec",
    "pymilvus",
    "ray",
    "pandas",
)

REPORT = f"print('heavy:', [name for name in {HEAVY} if name in sys.modules])"
HELP = """
sys.argv = ["prvipe", {arguments}]
from prvipe.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def run_python(code: str) -> str:
    command = [sys.executable, "-c", f"import sys\n{code}\n{REPORT}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert run_python("import prvipe; dir(prvipe)").splitlines()[-1] == "heavy: []"


def test_what_is_heavy_is_noticed() -> None:
    assert run_python("import prvipe; prvipe.Poses").splitlines()[-1] == "heavy: ['pyarrow']"


@pytest.mark.parametrize("arguments", ["'--help'", "'train', '--help'", "'evaluate', '--help'"])
def test_help_imports_nothing_heavy(arguments: str) -> None:
    output = run_python(HELP.format(arguments=arguments))
    assert "Usage" in output
    assert output.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize("name", prvipe.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(prvipe, name) is not None
    assert name in dir(prvipe)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Embeder'"):
        _ = prvipe.Embeder
