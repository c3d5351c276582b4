"""Writes the table of docs/skeletons.md and draws docs/images/skeletons.png, both from the package.

    python docs/make_skeletons.py

A test compares the page with `table`, so that it cannot fall behind the built-in skeletons.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from prvipe.report.skeletons import SIDE_COLORS, draw_skeleton, side_of
from prvipe.skeleton import BUILT_IN, Skeleton

PAGE = Path(__file__).parent / "skeletons.md"
PICTURE = Path(__file__).parent / "images" / "skeletons.png"
BEGIN, END = "<!-- the table: python docs/make_skeletons.py -->", "<!-- end of the table -->"

# A person who faces the reader: metres from the middle line towards its left, and above ground.
_STANDING = {
    **{"nose": (0.0, 1.64), "head": (0.0, 1.68), "head_top": (0.0, 1.78)},
    **{"upper_neck": (0.0, 1.53), "neck": (0.0, 1.57), "thorax": (0.0, 1.44)},
    **{"spine": (0.0, 1.18), "hip": (0.0, 0.94), "shoulder": (0.19, 1.43)},
    **{"elbow": (0.33, 1.2), "wrist": (0.43, 0.98), "knee": (0.15, 0.51), "ankle": (0.17, 0.1)},
    **{"eye": (0.05, 1.69), "eye_inner": (0.025, 1.7), "eye_outer": (0.075, 1.7)},
    **{"ear": (0.1, 1.66), "mouth": (0.035, 1.585)},
    **{"pinky": (0.49, 0.88), "index": (0.43, 0.86), "thumb": (0.38, 0.93)},
    **{"big_toe": (0.2, -0.02), "small_toe": (0.28, 0.0), "heel": (0.12, 0.03)},
    "foot_index": (0.22, -0.02),
}
_SIDE_HIP = (0.12, 0.92)
_COLUMNS = 3


def table() -> str:
    """The table of the page: a row per skeleton with its joints in order."""
    rows = ["| name | joints | in this order, from 0 |", "|---|---:|---|"]
    for skeleton in BUILT_IN.values():
        joints = ", ".join(skeleton.joints)
        rows.append(f"| `{skeleton.name}` | {len(skeleton.joints)} | {joints} |")
    return "\n".join(rows)


def draw_all() -> Figure:
    """Draw every skeleton, its joints numbered as in the arrays."""
    rows = -(-len(BUILT_IN) // _COLUMNS)
    figure = Figure(figsize=(2.9 * _COLUMNS, 3.9 * rows), layout="constrained")
    for number, skeleton in enumerate(BUILT_IN.values()):
        axes = figure.add_subplot(rows, _COLUMNS, number + 1, frameon=False)
        points = np.array([_place(joint) for joint in skeleton.joints])
        draw_skeleton(axes, points, skeleton, size=0.55)
        _number_joints(axes, points, skeleton)
        axes.set(xlim=(-0.72, 0.72), ylim=(0.12, -1.9))
        axes.set_title(f"{skeleton.name}, {len(skeleton.joints)} joints", fontsize=10)
    return figure


def _place(joint: str) -> tuple[float, float]:
    side = next((side for side in ("left", "right") if side in joint.split("_")), "")
    part = joint.replace("left_", "").replace("right_", "").removesuffix(f"_{side}")
    x, y = _SIDE_HIP if side and part == "hip" else _STANDING[part]
    return (-x if side == "right" else x, -y)


def _number_joints(axes: Axes, points: np.ndarray, skeleton: Skeleton) -> None:
    """Write numbers in a column on either side, a thin line to each joint."""
    for sign in (-1, 1):
        column = [j for j, point in enumerate(points) if (point[0] >= 0) == (sign > 0)]
        column.sort(key=lambda joint: (points[joint, 1], -abs(points[joint, 0])))
        heights = np.linspace(-1.82, 0.02, len(column))
        for joint, height in zip(column, heights, strict=True):
            color = SIDE_COLORS[side_of(skeleton.joints[joint])]
            axes.annotate(
                str(joint),
                points[joint],
                (sign * 0.64, height),
                fontsize=7,
                color=color,
                ha="center",
                va="center",
                arrowprops={"arrowstyle": "-", "color": "#BBBBBB", "linewidth": 0.4, "shrinkB": 2},
                zorder=0,
            )


def main() -> None:
    """Write both."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")
    picture = io.BytesIO()
    draw_all().savefig(picture, dpi=90)
    with Image.open(picture) as image:
        image.convert("RGB").quantize(64).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
