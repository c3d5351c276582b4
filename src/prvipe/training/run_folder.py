"""What a training run leaves in its folder."""

from __future__ import annotations

import io
import json
import math
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from prvipe.errors import InputError
from prvipe.files import atomic_path, make_folder
from prvipe.model.checkpoint import read_card


class RunFolder:
    """The folder of one run: log.jsonl, state.pt and best.safetensors."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.log = self.path / "log.jsonl"
        self.state = self.path / "state.pt"
        self.best = self.path / "best.safetensors"
        self._made = False

    def create(self, resume: bool) -> None:
        """Make the folder, unless it holds another run that is not to be resumed.

        Raises:
            InputError: see `require_fit`, or it cannot be made or written to.
        """
        self.require_fit(resume)
        self._made = not self.path.exists()
        make_folder(self.path)

    def require_fit(self, resume: bool) -> None:
        """Check that a run can begin here or, with `resume`, go on.

        Raises:
            InputError: it holds a run and `resume` is False, or holds none and `resume` is True.
        """
        if resume and not self.state.exists():
            raise InputError(f"{self.path}: nothing to resume, there is no {self.state.name}")
        if not resume and any(file.exists() for file in (self.state, self.log, self.best)):
            raise InputError(
                f"{self.path}: holds a training run; add --resume to go on with it, delete the "
                "folder, or choose another with --out"
            )

    def discard(self) -> None:
        """Remove the state and the log, and the folder if `create` made it and it holds no more."""
        for file in (self.state, self.log):
            file.unlink(missing_ok=True)
        if self._made and not any(self.path.iterdir()):
            self.path.rmdir()

    def require_best(self) -> None:
        """Check the best weights so far.

        Raises:
            InputError: they are missing or damaged.
        """
        try:
            read_card(self.best)
        except InputError as error:
            raise InputError(
                f"{error}; the run cannot be resumed without its best weights so far: put the file "
                "back, or start the run afresh in another folder"
            ) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes' runs out of the folder until the block ends or the process dies.

        Raises:
            InputError: another run holds it.
        """
        if sys.platform == "win32":  # cannot lock a folder
            yield
            return
        import fcntl

        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(
                    f"{self.path}: another process trains in this folder; wait for its end, or "
                    "choose another folder with --out"
                ) from error
            yield
        finally:
            os.close(descriptor)

    def save_state(self, state: dict[str, Any]) -> None:
        """Write the state to resume from, atomically."""
        # Through memory: torch.save does not say why a file cannot be written.
        serialized = io.BytesIO()
        torch.save(state, serialized)
        with atomic_path(self.state) as temporary:
            temporary.write_bytes(serialized.getbuffer())

    def load_state(self) -> dict[str, Any]:
        """Read what `save_state` wrote, onto the CPU.

        Raises:
            InputError: unreadable, truncated or foreign file.
        """
        try:
            serialized = io.BytesIO(self.state.read_bytes())
        except OSError as error:
            raise InputError(f"{self.state}: cannot be read ({error.strerror})") from error
        try:
            state = torch.load(serialized, map_location="cpu", weights_only=True)
            if not isinstance(state, dict):
                raise ValueError("no dictionary")
        # PyTorch's own messages speak of its archives and of code to run, and help nobody here.
        except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, OSError) as error:
            raise InputError(
                f"{self.state}: cannot be resumed from, it is empty, cut short, damaged or not the "
                "state of a run; start the run afresh in another folder"
            ) from error
        return state

    def load_state_of(self, run: dict[str, Any]) -> dict[str, Any]:
        """Read the state of the same run, with its best weights in place.

        Args:
            run: the state of a run with the settings, data and teacher that are given now.

        Raises:
            InputError: no state, or of other settings or other data, or best weights that are
                missing or damaged.
        """
        state = self.load_state()
        if state.keys() != run.keys():
            raise InputError(
                f"{self.state}: not the state of a run; start the run afresh in another folder"
            )
        if state["config"] != run["config"]:
            raise InputError(
                f"{self.path}: this run was started with other settings; resume it with the same "
                "--recipe and --set"
            )
        if state["data"] != run["data"]:
            raise InputError(
                f"{self.path}: this run was started with other data; resume it with the same "
                "training file and --val"
            )
        if state["teacher"] != run["teacher"]:
            raise InputError(
                f"{self.path}: the teacher's weights have changed since this run began; resume it "
                "with the same distillation.teacher"
            )
        if math.isfinite(state["best"]):
            self.require_best()
        return state

    def append_log(self, record: dict[str, Any]) -> None:
        """Add one line to the log.

        Raises:
            InputError: it cannot be written.
        """
        try:
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(record) + "\n")
        except OSError as error:
            raise InputError(f"{self.log}: cannot be written ({error.strerror})") from error

    def read_log(self) -> list[dict[str, Any]]:
        """All records of the log so far; a last line that a kill cut short is left out."""
        if not self.log.exists():
            return []
        records = []
        for line in self.log.read_text(encoding="utf-8").splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return records

    def rewind_log(self, step: int) -> None:
        """Drop the records after `step`, which a resumed run will write again."""
        kept = [json.dumps(r) + "\n" for r in self.read_log() if r["step"] <= step]
        with atomic_path(self.log) as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")
