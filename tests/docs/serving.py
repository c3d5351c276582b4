"""Servers that a page starts: in the background, at ports of their own, ended with the page."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

USUAL_PORT = "8765"

_HOST = r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):"


@dataclass
class Servers:
    """What `prvipe serve` started, and where it really listens."""

    ports: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, line: str, folder: Path) -> str:
        """Run `prvipe serve ...`, on loopback alone; return the line that it prints.

        Raises:
            AssertionError: it ends, or prints no address.
        """
        arguments = shlex.split(line.rstrip("& "))[1:]
        asked = USUAL_PORT
        for option, safe in (("--port", "0"), ("--host", "127.0.0.1")):
            if option in arguments:
                place = arguments.index(option) + 1
                asked = arguments[place] if option == "--port" else asked
                arguments[place] = safe
            else:
                arguments += [option, safe]
        command = [sys.executable, "-m", "prvipe", *(a for a in arguments if a != "--open")]
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout is not None
        printed = process.stdout.readline()
        found = re.match(rf"{_HOST}(\d+)", printed)
        assert found, f"{line}: prints {printed!r} and no address"
        self.ports[asked] = found[1]
        return printed

    def redirect(self, text: str) -> str:
        """Return commands or a snippet with the ports at which servers really listen."""
        for asked, real in self.ports.items():
            text = re.sub(rf"({_HOST}){asked}\b", rf"\g<1>{real}", text)
        return text

    def stop(self) -> None:
        """End all of them."""
        for process in self.processes:
            process.terminate()
            process.wait(60)
            if process.stdout is not None:
                process.stdout.close()
