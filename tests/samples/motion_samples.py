"""Small files of motion capture: someone who stands, as BVH, TRC, ASF/AMC and C3D."""

from pathlib import Path

import numpy as np
from c3d_file import write_c3d_file

# In centimetres, y up, facing +z, so that the left is +x; offsets from the joint before.
_OFFSETS = {
    "UpLeg": (10, 0, 0),
    "Leg": (1, -43, 4),
    "Foot": (0, -41, -6),
    "Arm": (18, -4, 0),
    "ForeArm": (2, -30, 0),
    "Hand": (0, -25, 5),
}
_LEG, _ARM = ("UpLeg", "Leg", "Foot"), ("Arm", "ForeArm", "Hand")
_ROOT = (0, 93, 0)
_SPINE, _HEAD, _TOP = (0, 50, 0), (0, 10, 0), (0, 17, 0)
FRAMES = 4


def write_motion_samples(folder: Path) -> dict[str, Path]:
    """Write one file of each format into a folder."""
    paths = {name: folder / f"walk_01.{name}" for name in ("bvh", "trc", "amc")}
    paths["bvh"].write_text(bvh())
    paths["trc"].write_text(trc())
    (folder / "walk.asf").write_text(asf())
    paths["amc"].write_text(amc())
    return paths | {"c3d": write_c3d(folder / "walk_01.c3d")}


def write_c3d(path: Path) -> Path:
    """Write the markers of the TRC file."""
    markers = place_markers()
    # z up, as C3D has it: from (x, y up, z forward) to (z, x, y).
    places = np.array(list(markers.values()), float)[:, [2, 0, 1]]
    return write_c3d_file(path, tuple(markers), np.tile(places, (FRAMES, 1, 1)), 25, "cm")


def bvh() -> str:
    lines = ["HIERARCHY", "ROOT Hips", "{", "OFFSET 0 0 0"]
    lines.append("CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation")
    count = 0

    def open_joint(name: str, offset: tuple[float, ...]) -> None:
        nonlocal count
        count += 1
        lines.extend([f"JOINT {name}", "{", "OFFSET {} {} {}".format(*offset)])
        lines.append("CHANNELS 3 Zrotation Xrotation Yrotation")

    def end(offset: tuple[float, ...] = (0, 0, 0)) -> None:
        lines.extend(["End Site", "{", "OFFSET {} {} {}".format(*offset), "}"])

    def limb(parts: tuple[str, ...], side: str) -> None:
        for part in parts:
            x, y, z = _OFFSETS[part]
            open_joint(side + part, (x if side == "Left" else -x, y, z))
        end()
        lines.extend("}" * len(parts))

    for side in ("Left", "Right"):
        limb(_LEG, side)
    open_joint("Spine", _SPINE)
    for side in ("Left", "Right"):
        limb(_ARM, side)
    open_joint("Head", _HEAD)
    end(_TOP)
    lines.extend("}}}")
    lines.extend(["MOTION", f"Frames: {FRAMES}", "Frame Time: 0.04"])
    for frame in range(FRAMES):
        place = (_ROOT[0] + frame, *_ROOT[1:])
        lines.append(" ".join(map(str, (*place, *[0] * 3, *[5 * frame] * 3 * count))))
    return "\n".join(lines) + "\n"


def place_markers() -> dict[str, tuple[int, int, int]]:
    """Where each marker is, in centimetres, y up."""
    markers = {"Nose": (0, 163, 8)}
    for side, sign in (("L", 1), ("R", -1)):
        x, y, z = _ROOT
        for part, name in zip(_LEG, ("Hip", "Knee", "Ankle"), strict=True):
            dx, dy, dz = _OFFSETS[part]
            x, y, z = x + dx, y + dy, z + dz
            markers[side + name] = (sign * x, y, z)
        x, y, z = 0, _ROOT[1] + _SPINE[1], 0
        for part, name in zip(_ARM, ("Shoulder", "Elbow", "Wrist"), strict=True):
            dx, dy, dz = _OFFSETS[part]
            x, y, z = x + dx, y + dy, z + dz
            markers[side + name] = (sign * x, y, z)
    return markers


def trc() -> str:
    markers = place_markers()
    names = "\t".join(f"{name}\t\t" for name in markers)
    axes = "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, len(markers) + 1))
    lines = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame"
        "\tOrigNumFrames",
        f"25\t25\t{FRAMES}\t{len(markers)}\tcm\t25\t1\t{FRAMES}",
        f"Frame#\tTime\t{names}",
        f"\t\t{axes}",
    ]
    for frame in range(FRAMES):
        places = "\t".join(f"{x + frame}\t{y}\t{z}" for x, y, z in markers.values())
        lines.append(f"{frame + 1}\t{frame / 25:g}\t{places}")
    return "\n".join(lines) + "\n"


def asf() -> str:
    """Bones that end in the joints; lengths in centimetres."""
    bones = {"spine": ("root", _SPINE), "head": ("spine", (0, 27, 0))}
    for side, sign in (("l", 1), ("r", -1)):
        for first, names, parts in (
            ("root", ("hipjoint", "femur", "tibia"), _LEG),
            ("spine", ("clavicle", "humerus", "radius"), _ARM),
        ):
            parent = first
            for name, part in zip(names, parts, strict=True):
                x, y, z = _OFFSETS[part]
                bones[side + name] = (parent, (sign * x, y, z))
                parent = side + name
    lines = [":version 1.10", ":name walk", ":units", "  mass 1.0", "  length 1.0", "  angle deg"]
    lines += [":root", "  order TX TY TZ RX RY RZ", "  axis XYZ", "  position 0 0 0"]
    lines += ["  orientation 0 0 0", ":bonedata"]
    for number, (name, (_, offset)) in enumerate(bones.items(), 1):
        length = sum(each**2 for each in offset) ** 0.5
        direction = " ".join(f"{each / length:.6f}" for each in offset)
        lines += ["  begin", f"    id {number}", f"    name {name}", f"    direction {direction}"]
        lines += [f"    length {length:.6f}", "    axis 0 0 0 XYZ", "    dof rx", "  end"]
    lines += [":hierarchy", "  begin"]
    lines += [f"    {parent} {name}" for name, (parent, _) in bones.items()]
    return "\n".join([*lines, "  end"]) + "\n"


def amc() -> str:
    bones = [line.split()[1] for line in asf().splitlines() if line.startswith("    name")]
    lines = [":FULLY-SPECIFIED", ":DEGREES"]
    for frame in range(FRAMES):
        lines += [str(frame + 1), f"root {frame} 93 0 0 0 0", *(f"{bone} 1" for bone in bones)]
    return "\n".join(lines) + "\n"
