"""TensorBoard events of a run, if the optional package is there."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from prvipe.errors import InputError
from prvipe.training.loop import Report


def tensorboard_report(folder: str | os.PathLike[str]) -> Report:
    """Report that writes every number of every record as a scalar.

    Raises:
        InputError: tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InputError(
            "TensorBoard is not installed; install it with: pip install 'prvipe[tensorboard]'"
        ) from error

    @cache  # not before the first record: only then does the folder belong to this run
    def writer() -> Any:
        return SummaryWriter(str(folder))

    def report(record: dict[str, Any], progress: float) -> None:
        for name, value in record.items():
            if name != "step":
                writer().add_scalar(name, value, record["step"])
        writer().flush()

    return report
