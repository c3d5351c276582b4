"""Biovision Hierarchy (BVH): a skeleton and its joint angles in one text file.

The format states neither unit nor vertical axis; y up is its custom. End Sites, which have no
name, are called after their parent: ``Head_end``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.geometry.rotations import rotation_about
from prvipe.io.mocap.recording import Recording
from prvipe.io.mocap.text import Line, parse_numbers, read_lines

_ROTATIONS = {f"{axis.upper()}rotation": axis for axis in "xyz"}
_POSITIONS = {f"{axis.upper()}position": axis for axis in "xyz"}


@dataclass(frozen=True)
class BvhJoint:
    """One node of the hierarchy.

    Attributes:
        name: as the file has it.
        parent: position of the parent in the list of joints, -1 for a root.
        offset (3,): from the parent, in the parent's frame.
        channels: names of its numbers in a line of motion, in their order.
    """

    name: str
    parent: int
    offset: npt.NDArray[np.float64]
    channels: tuple[str, ...]


def read_bvh(path: Path) -> Recording:
    """Read a BVH file and pose its skeleton in every frame.

    Raises:
        InputError: the file is missing, truncated or otherwise not as the format demands; the
            message names the line.
    """
    with errors_naming(path):
        lines = read_lines(path)
        split = next((i for i, line in enumerate(lines) if line.words[0] == "MOTION"), None)
        if split is None:
            raise InputError("has no line MOTION: it is truncated or no BVH file")
        joints = _read_hierarchy(lines[:split])
        angles, frame_time = _read_motion(lines[split:], sum(len(j.channels) for j in joints))
    return Recording(
        positions=pose_joints(joints, angles),
        joints=tuple(joint.name for joint in joints),
        # Frame times are written with few digits: 0.0083333 means 120 frames per second.
        fps=round(1.0 / frame_time, 2),
        unit=None,
        up="y",
        source=str(path),
    )


def pose_joints(joints: list[BvhJoint], motion: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Forward kinematics: where each joint is in each frame.

    A joint's rotation is the product of its channels' rotations in the order in which the file
    lists them. Position channels stand in the place of the offset.

    Args:
        joints: parents before children.
        motion (T, C): degrees and lengths, the channels of all joints one after the other.

    Returns:
        (T, J, 3): in the unit and axes of the file.
    """
    positions = np.empty((len(motion), len(joints), 3))
    turns = np.empty((len(motion), len(joints), 3, 3))
    column = 0
    for number, joint in enumerate(joints):
        values = motion[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        offset, turn = _local_motion(joint, values)
        if joint.parent >= 0:
            above = turns[:, joint.parent]
            offset = positions[:, joint.parent] + (above @ offset[..., None])[..., 0]
            turn = above @ turn
        positions[:, number], turns[:, number] = offset, turn
    return positions


def _local_motion(
    joint: BvhJoint, values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    offset = np.tile(joint.offset, (len(values), 1))
    turn = np.broadcast_to(np.eye(3), (len(values), 3, 3))
    for channel, value in zip(joint.channels, values.T, strict=True):
        if channel in _POSITIONS:
            offset[:, "xyz".index(_POSITIONS[channel])] = value
        else:
            turn = turn @ rotation_about(_ROTATIONS[channel], np.deg2rad(value))
    return offset, turn


def _read_hierarchy(lines: list[Line]) -> list[BvhJoint]:
    if not lines or lines[0].words[0] != "HIERARCHY":
        raise InputError("does not begin with HIERARCHY: it is no BVH file")
    joints: list[BvhJoint] = []
    rest = iter(lines[1:])
    for line in rest:
        _read_node(line, -1, rest, joints)
    if not joints:
        raise InputError(
            "its hierarchy has no joints; give a BVH file with a ROOT, or export it again"
        )
    return joints


def _read_node(line: Line, parent: int, rest: Iterator[Line], joints: list[BvhJoint]) -> None:
    # Reads one node, whose first line is given, and all below it.
    name = _node_name(line, parent, joints)
    number = len(joints)
    joints.append(BvhJoint(name, parent, np.zeros(3), ()))
    for inner in rest:
        keyword = inner.words[0]
        if keyword == "OFFSET":
            offset = parse_numbers(inner.words[1:], 3, f"line {inner.number} (offset of {name})")
            joints[number] = BvhJoint(name, parent, offset, joints[number].channels)
        elif keyword == "CHANNELS":
            channels = _read_channels(inner, name)
            joints[number] = BvhJoint(name, parent, joints[number].offset, channels)
        elif keyword == "}":
            return
        elif keyword != "{":
            _read_node(inner, number, rest, joints)
    raise InputError(f"joint {name} (line {line.number}) is never closed with }}: it is truncated")


def _node_name(line: Line, parent: int, joints: list[BvhJoint]) -> str:
    kind = line.words[0]
    if kind == "End" and parent >= 0:
        return f"{joints[parent].name}_end"
    if len(line.words) < 2 or kind != ("ROOT" if parent < 0 else "JOINT"):
        expected = "ROOT name" if parent < 0 else "OFFSET, CHANNELS, JOINT name, End Site or }"
        raise InputError(f"line {line.number}: {' '.join(line.words)!r}, expected {expected}")
    return " ".join(line.words[1:]).removesuffix("{").rstrip()


def _read_channels(line: Line, joint: str) -> tuple[str, ...]:
    where = f"line {line.number} (channels of {joint})"
    count, *names = line.words[1:] or ("",)
    if not count.isdigit() or int(count) != len(names):
        raise InputError(f"{where}: says {count!r} channels and names {len(names)}")
    channels = tuple(name[:1].upper() + name[1:].lower() for name in names)
    for name, channel in zip(names, channels, strict=True):
        if channel not in _ROTATIONS and channel not in _POSITIONS:
            known = ", ".join([*_POSITIONS, *_ROTATIONS])
            raise InputError(f"{where}: unknown channel {name!r}, expected {known}")
    return channels


def _read_motion(lines: list[Line], channels: int) -> tuple[npt.NDArray[np.float64], float]:
    if len(lines) < 3 or lines[1].words[0] != "Frames:" or lines[2].words[:2] != ("Frame", "Time:"):
        raise InputError("MOTION is not followed by the lines Frames: and Frame Time:")
    frames = parse_numbers(lines[1].words[1:], 1, f"line {lines[1].number} (Frames)")[0]
    frame_time = parse_numbers(lines[2].words[2:], 1, f"line {lines[2].number} (Frame Time)")[0]
    if not frame_time > 0:
        raise InputError(f"line {lines[2].number}: the frame time must be above 0 seconds")
    rows = [
        parse_numbers(line.words, channels, f"line {line.number} (frame {frame})")
        for frame, line in enumerate(lines[3:])
    ]
    if len(rows) != frames or not rows:
        raise InputError(
            f"announces {frames:.0f} frames (line {lines[1].number}), but {len(rows)} follow, up "
            f"to line {lines[-1].number}; it is truncated or was edited, copy or export it again"
        )
    return np.array(rows), float(frame_time)
