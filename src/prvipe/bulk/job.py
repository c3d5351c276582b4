"""What every worker of a bulk embedding has to know."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MEMORY = 2 * 2**30
"""Bytes that one worker may take, its libraries and its model included."""


@dataclass(frozen=True)
class JobOptions:
    """What changes which numbers come out; kept in the manifest, and never mixed in one output.

    Attributes:
        skeleton: of files that do not name their joints.
        camera: azimuth, elevation (degrees) and distance (m) from which motion capture is seen.
        image_size: width and height in pixels of the images that keypoints are from.
    """

    skeleton: str | None = None
    camera: tuple[float, float, float] | None = None
    image_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Job:
    """A bulk embedding; small, and can be pickled.

    Attributes:
        out: folder or URL of the output.
        model: name of a shipped model, or absolute path of a checkpoint.
        fingerprint: of the model; a worker that loads another one refuses to work.
        options: see there.
        memory: bytes that one worker may take.
        device: where the network runs.
    """

    out: str
    model: str
    fingerprint: str
    options: JobOptions = JobOptions()
    memory: int = DEFAULT_MEMORY
    device: str = "cpu"
