"""The program of a worker: it decodes one file after the other until its server is gone.

It is started by `process.py` in a folder of its own, which is its folder for temporary files, too.
What it reads comes as an open file; no path of the server's is ever named to it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType

from prvipe.errors import InputError
from prvipe.service.decoding.confinement import allocated_bytes, allow_seconds, confine
from prvipe.service.decoding.messages import Message, Request, close_file, receive_request, send
from prvipe.service.limits import Limits

MESSAGES = "messages"
"""File in a worker's folder that takes what its libraries print."""

_STANDARD_ERROR = 2


def main(tasks: str, link: str, server: str, limits: str) -> None:
    """Answer requests until there are no more.

    Args:
        tasks: module whose function ``answer(note, file, limits)`` decodes a file, and whose
            ``prepare()`` loads what that needs.
        link: descriptor of the socket to the server.
        server: its process number.
        limits: as JSON.
    """
    bounds = Limits(**json.loads(limits))
    confine(bounds.decode_memory_bytes, int(server))
    with socket.socket(fileno=int(link)) as connection:
        connection.set_inheritable(False)
        module = import_module(tasks)
        module.prepare()
        send(connection, Message({"ready": True}))
        while request := receive_request(connection):
            answer = _answer(module, request, bounds)
            _tidy(Path.cwd())
            send(connection, answer)


def _answer(tasks: ModuleType, request: Request, limits: Limits) -> Message:
    allow_seconds(limits.decode_seconds)
    file = Path.cwd() / request.note["file"]
    # The number of this process, as programs that it starts look the name up, too.
    file.symlink_to(f"/proc/{os.getpid()}/fd/{request.descriptor}")
    spent = False
    try:
        answer: Message = tasks.answer(request.note, file, limits)
    except InputError as error:
        answer = Message({"refused": str(error).replace(str(file), request.note["name"])})
    except MemoryError:
        answer, spent = Message({"refused": f"{request.note['name']}: {_too_large(limits)}"}), True
    except Exception as error:  # whatever libraries raise on what they do not expect
        reason = f"cannot be read ({type(error).__name__}); is it damaged?"
        trace = "".join(traceback.format_exception(error))[-4_000:]
        refusal = {"refused": f"{request.note['name']}: {reason}", "trace": trace}
        answer, spent = Message(refusal), True
    finally:
        close_file(request)
    spent = spent or allocated_bytes() > limits.decode_memory_bytes // 2
    return Message({**answer.note, "spent": spent}, answer.body)


def _too_large(limits: Limits) -> str:
    return f"needs more than {limits.decode_memory_bytes / 2**20:,.0f} MiB of memory to be read"


def _tidy(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MESSAGES:
            path.unlink()
    os.ftruncate(_STANDARD_ERROR, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
