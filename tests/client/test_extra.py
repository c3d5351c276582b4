"""Without the extra it is said what to install."""

import subprocess
import sys


def test_the_extra_is_named() -> None:
    code = """
import sys
sys.modules["httpx"] = None
import prvipe
from prvipe.errors import InputError
try:
    prvipe.Client("http://localhost")
except InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'prvipe.Client needs httpx; install it with pip install "prvipe[client]"' in done.stdout
