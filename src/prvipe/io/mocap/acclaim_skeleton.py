"""Acclaim skeleton files (.asf): bones, their rest directions, axes and degrees of freedom."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.geometry.rotations import turn_about
from prvipe.io.mocap.text import Line, parse_numbers, read_lines

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bone:
    """A bone in the rest pose.

    Attributes:
        name: as the file has it.
        parent: the bone, or "root", at whose end it begins.
        vector (3,): from its start to its end.
        axes (3, 3): its own frame -> the world.
        freedom: what it can do, such as ("rx", "ry", "rz"), in the order of the motion's numbers.
    """

    name: str
    parent: str
    vector: Floats
    axes: Floats
    freedom: tuple[str, ...]


@dataclass(frozen=True)
class Skeleton:
    """What an ASF file holds.

    Attributes:
        bones: parents before children.
        root_order: meaning of the root's numbers, such as ("tx", "ty", "tz", "rx", "ry", "rz").
        root_axes: axes in the order in which the root turns about them, such as "xyz".
        position (3,): of the root, added to its motion.
        orientation (3, 3): of the root, before its motion.
        inches: length units in an inch, the file's "length" (CMU: 0.45).
    """

    bones: tuple[Bone, ...]
    root_order: tuple[str, ...]
    root_axes: str
    position: Floats
    orientation: Floats
    inches: float


def read_asf(path: Path) -> Skeleton:
    """Read a skeleton.

    Raises:
        InputError: the file is missing, truncated or otherwise not as the format demands; the
            message names the line.
    """
    with errors_naming(path):
        sections = _split_sections(read_lines(path))
        units = {line.words[0].lower(): line for line in sections["units"]}
        in_degrees = "angle" not in units or units["angle"].words[1:2] != ("rad",)
        inches = _read_inches(units["length"]) if "length" in units else 1.0
        unit = np.pi / 180 if in_degrees else 1.0
        bones = _read_bones(sections["bonedata"], unit)
        parents = _read_hierarchy(sections["hierarchy"], bones)
        return _assemble(bones, parents, sections["root"], unit, inches)


def _split_sections(lines: list[Line]) -> dict[str, list[Line]]:
    sections: dict[str, list[Line]] = {"units": []}
    current: list[Line] = []
    for line in lines:
        if line.words[0].startswith(":"):
            current = sections.setdefault(line.words[0][1:].lower(), [])
        elif not line.words[0].startswith("#"):
            current.append(line)
    for name in ("root", "bonedata", "hierarchy"):
        if name not in sections:
            raise InputError(f"has no section :{name}; it is truncated or no ASF file")
    return sections


def _read_inches(line: Line) -> float:
    inches = parse_numbers(line.words[1:], 1, f"line {line.number} (length)")[0]
    if not inches > 0:
        raise InputError(f"line {line.number}: the unit of length must be above 0")
    return float(inches)


def _read_bones(lines: list[Line], unit: float) -> dict[str, Bone]:
    bones = {}
    for block in _split_blocks(lines):
        fields = {line.words[0].lower(): line for line in block}
        for needed in ("name", "direction", "length", "axis"):
            if needed not in fields:
                raise InputError(
                    f"line {block[0].number}: a bone without {needed}; the file is damaged, copy "
                    "it again"
                )
        name = " ".join(fields["name"].words[1:])
        bones[name] = _read_bone(name, fields, unit)
    return bones


def _split_blocks(lines: list[Line]) -> list[list[Line]]:
    blocks: list[list[Line]] = []
    opened: Line | None = None
    for line in lines:
        if line.words[0] == "begin":
            opened = line
            blocks.append([line])
        elif line.words[0] == "end":
            opened = None
        elif opened is not None:
            blocks[-1].append(line)
    if opened is not None:
        raise InputError(f"line {opened.number}: begin without end, the file is truncated")
    return blocks


def _read_bone(name: str, fields: dict[str, Line], unit: float) -> Bone:
    def numbers(field: str, count: int) -> Floats:
        line = fields[field]
        return parse_numbers(line.words[1 : count + 1], count, f"line {line.number} ({name})")

    freedom = tuple(word.lower() for word in fields["dof"].words[1:]) if "dof" in fields else ()
    unknown = set(freedom) - {"rx", "ry", "rz"}
    if unknown:
        raise InputError(
            f"line {fields['dof'].number} ({name}): only rotations rx, ry, rz are read, not "
            f"{', '.join(sorted(unknown))}"
        )
    direction = numbers("direction", 3)
    length = np.linalg.norm(direction)
    if not length > 0:
        raise InputError(f"line {fields['direction'].number} ({name}): the direction has no length")
    order = _axis_order(fields["axis"].words[4:5], fields["axis"].number)
    axes = turn_about(dict(zip(order, numbers("axis", 3) * unit, strict=True)))
    return Bone(name, "", direction / length * numbers("length", 1), axes, freedom)


def _read_hierarchy(lines: list[Line], bones: dict[str, Bone]) -> dict[str, str]:
    parents: dict[str, str] = {}
    for line in (line for block in _split_blocks(lines) for line in block[1:]):
        parent, *children = line.words
        for name in children if parent == "root" else line.words:
            if name not in bones:
                raise InputError(f"line {line.number}: {name} is not among the bones")
        parents |= dict.fromkeys(children, parent)
    return parents


def _assemble(
    bones: dict[str, Bone], parents: dict[str, str], root: list[Line], unit: float, inches: float
) -> Skeleton:
    placed: list[Bone] = []
    known = {"root"}
    # Bones may be listed before their parents.
    waiting = dict(parents)
    while ready := [name for name, parent in waiting.items() if parent in known]:
        for name in ready:
            bone = bones[name]
            placed.append(Bone(name, waiting.pop(name), bone.vector, bone.axes, bone.freedom))
            known.add(name)
    lost = [name for name in bones if name not in known]
    if lost:
        raise InputError(f":hierarchy does not connect {', '.join(lost)} to the root")
    fields = {line.words[0].lower(): line for line in root}
    order = tuple(word.lower() for word in _root_words(fields, "order", 6))
    if set(order) != {"tx", "ty", "tz", "rx", "ry", "rz"}:
        raise InputError(f"line {fields['order'].number}: expected the order of TX TY TZ RX RY RZ")
    axes = _axis_order(_root_words(fields, "axis", 1), fields["axis"].number)
    where = ":root"
    position = parse_numbers(_root_words(fields, "position", 3), 3, f"{where} position")
    turn = parse_numbers(_root_words(fields, "orientation", 3), 3, f"{where} orientation")
    orientation = turn_about(dict(zip(axes, turn * unit, strict=True)))
    return Skeleton(tuple(placed), order, axes, position, orientation, inches)


def _root_words(fields: dict[str, Line], name: str, count: int) -> tuple[str, ...]:
    if name not in fields:
        raise InputError(f":root has no line {name}; it is truncated or no ASF file")
    return fields[name].words[1 : count + 1]


def _axis_order(words: tuple[str, ...], line: int) -> str:
    order = words[0].lower() if words else ""
    if sorted(order) != ["x", "y", "z"]:
        raise InputError(f"line {line}: expected an order of axes such as XYZ, got {order!r}")
    return order
