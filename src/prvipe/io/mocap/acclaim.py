"""Acclaim: a skeleton (.asf) and its motion (.amc) in two text files, as CMU's database has them.

A bone ends where the next begins, so joints are called after bones: ``lfemur_end`` is the left
knee. The format gives lengths as inches times a factor of its own (CMU: 0.45) and does not say how
many frames a second has; CMU's recordings have 120. Their y axis points up.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.geometry.rotations import turn_about
from prvipe.io.mocap.acclaim_skeleton import Bone, Skeleton, read_asf
from prvipe.io.mocap.recording import Recording
from prvipe.io.mocap.text import Line, parse_numbers, read_lines

FPS = 120.0
"""Frames per second of CMU's recordings."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Motion:
    """The numbers of an AMC file.

    Attributes:
        values: of the root and each moving bone, (T, number of its degrees of freedom).
        in_degrees: whether angles are degrees, else radians.
    """

    values: dict[str, Floats]
    in_degrees: bool


def read_acclaim(path: Path, skeleton_file: Path | None = None) -> Recording:
    """Read an AMC file and pose its skeleton in every frame.

    Args:
        path: the AMC file.
        skeleton_file: the ASF file; by default the one beside it of the same name, or of the name
            up to the first underscore (05.asf for 05_06.amc).

    Raises:
        InputError: one of the files is missing, truncated or otherwise not as the format demands;
            the message names file, frame and line.
    """
    skeleton = read_asf(skeleton_file or find_skeleton(path))
    motion = read_amc(path, skeleton)
    return Recording(
        positions=pose_bones(skeleton, motion) / skeleton.inches,
        joints=("root", *(f"{bone.name}_end" for bone in skeleton.bones)),
        fps=FPS,
        unit="inch",
        up="y",
        source=str(path),
    )


def find_skeleton(path: Path) -> Path:
    """Return the ASF file that lies beside an AMC file.

    Raises:
        InputError: there is none of a fitting name.
    """
    names = list(dict.fromkeys((path.stem, path.stem.split("_")[0])))
    for name in names:
        for suffix in (".asf", ".ASF"):
            if (found := path.with_name(name + suffix)).is_file():
                return found
    expected = " or ".join(f"{name}.asf" for name in names)
    raise InputError(
        f"{path}: its skeleton is missing; put {expected} beside it or name the file "
        "(skeleton_file=..., --skeleton-file ...)"
    )


def read_amc(path: Path, skeleton: Skeleton) -> Motion:
    """Read the motion of a skeleton.

    Raises:
        InputError: the file is missing, a frame lacks a bone or has an unknown one, or a line has
            too few numbers; the message names frame and line.
    """
    channels = {"root": len(skeleton.root_order)}
    channels |= {bone.name: len(bone.freedom) for bone in skeleton.bones if bone.freedom}
    with errors_naming(path):
        lines = read_lines(path)
        header = {line.words[0].upper() for line in lines if line.words[0].startswith(":")}
        frames = _split_frames([line for line in lines if line.words[0][0] not in "#:"])
        rows = [_read_frame(frame, channels, lines[-1]) for frame in frames]
    values = {name: np.array([row[name] for row in rows]) for name in channels}
    return Motion(values, in_degrees=":RADIANS" not in header)


def pose_bones(skeleton: Skeleton, motion: Motion) -> Floats:
    """Forward kinematics: where the root and the end of each bone is in each frame.

    A bone's angles turn it about its own axes, which its `axis` gives in the world of the rest
    pose; its rotation is passed on to its children.

    Returns:
        (T, 1 + number of bones, 3): in the unit and axes of the skeleton.
    """
    unit = np.pi / 180 if motion.in_degrees else 1.0
    root = dict(zip(skeleton.root_order, motion.values["root"].T, strict=True))
    start = np.stack([root[f"t{axis}"] + skeleton.position["xyz".index(axis)] for axis in "xyz"])
    angles = {axis: root[f"r{axis}"] * unit for axis in skeleton.root_axes}
    ends = {"root": start.T}
    turns = {"root": turn_about(angles) @ skeleton.orientation}
    for bone in skeleton.bones:
        turns[bone.name] = turns[bone.parent] @ _local_turn(bone, motion.values, unit)
        ends[bone.name] = ends[bone.parent] + turns[bone.name] @ bone.vector
    return np.stack(list(ends.values()), axis=1)


def _local_turn(bone: Bone, values: dict[str, Floats], unit: float) -> Floats:
    if not bone.freedom:
        return np.eye(3)
    angles = {
        freedom[1]: value * unit
        for freedom, value in zip(bone.freedom, values[bone.name].T, strict=True)
    }
    return np.asarray(bone.axes @ turn_about(angles) @ bone.axes.T)


def _split_frames(lines: list[Line]) -> list[list[Line]]:
    frames: list[list[Line]] = []
    for line in lines:
        if len(line.words) == 1 and line.words[0].isdigit():
            frames.append([])
            _require_next_frame(line, frames)
        if not frames:
            raise InputError(f"line {line.number}: {line.words[0]!r} comes before any frame number")
        frames[-1].append(line)
    if not frames:
        raise InputError("holds no frames; it is truncated or no AMC file")
    return frames


def _require_next_frame(line: Line, frames: list[list[Line]]) -> None:
    if len(frames) > 1:
        before = int(frames[-2][0].words[0])
        if int(line.words[0]) != before + 1:
            raise InputError(
                f"line {line.number}: frame {before} is followed by frame {line.words[0]}; frames "
                "are missing or out of order, copy the file again"
            )


def _read_frame(lines: list[Line], channels: dict[str, int], last: Line) -> dict[str, Floats]:
    number = lines[0].words[0]
    values = {}
    for line in lines[1:]:
        bone = line.words[0]
        where = f"line {line.number} (frame {number}, {bone})"
        if bone not in channels:
            cut = " Or is the motion cut short here? Then copy it again" if line is last else ""
            raise InputError(
                f"{where}: the skeleton has no such moving bone; is it the ASF file of this motion?"
                f"{cut}"
            )
        values[bone] = parse_numbers(line.words[1:], channels[bone], where)
    missing = [bone for bone in channels if bone not in values]
    if missing:
        raise InputError(
            f"line {lines[-1].number}: frame {number} ends without {', '.join(missing)}; the file "
            "is truncated (copy it again) or belongs to another skeleton"
        )
    return values
