import subprocess
import sys

PRINTS = """
import os, sys
from prvipe.detection.quiet import native_messages_held
try:
    with native_messages_held():
        os.write(2, b"chatter")
        {what}
except ValueError:
    pass
os.write(2, b" after")
"""


def standard_error(what: str) -> str:
    code = PRINTS.format(what=what)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stderr


def test_what_a_library_prints_is_held_back() -> None:
    assert standard_error("pass") == " after"


def test_it_is_shown_if_something_goes_wrong() -> None:
    assert standard_error("raise ValueError") == "chatter after"


def test_a_closed_standard_error_does_no_harm() -> None:
    code = "from prvipe.detection.quiet import native_messages_held as held\n"
    code += "with held(): print('in')\nprint('out')"
    command = ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "in\nout\n"
