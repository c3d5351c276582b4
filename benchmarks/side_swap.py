"""How surely exchanged sides are noticed, in sets of people of COCO.

python benchmarks/side_swap.py coco17_val2017.npz
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

from prvipe import load
from prvipe.people import find_side_swap, swap_sides
from prvipe.poses import Poses

SETS = {20: 300, 100: 300, 1_000: 50}
"""People in a set -> how many sets."""


def flip(poses: Poses, x: int, y: int) -> Poses:
    """Mirror keypoints without their names."""
    return Poses(poses.keypoints * np.float32([x, y]), poses.scores, poses.skeleton, poses.table)


CHANGES = {
    "as they are": lambda poses: poses,
    "all exchanged": swap_sides,
    "body exchanged": lambda poses: swap_sides(poses, "body"),
    "face exchanged": lambda poses: swap_sides(poses, "face"),
    "mirrored": lambda poses: flip(poses, -1, 1),
    "y up": lambda poses: flip(poses, 1, -1),
}


def main() -> None:
    """Print, for every change and size of a set, what is found how often."""
    poses = load(sys.argv[1])
    rng = np.random.default_rng(0)
    for size, sets in SETS.items():
        for name, change in CHANGES.items():
            chosen = (poses[rng.choice(len(poses), size, replace=False)] for _ in range(sets))
            found = Counter(
                swap.kind if swap else "nothing"
                for swap in map(find_side_swap, map(change, chosen))
            )
            shares = ", ".join(f"{kind} {count / sets:.3f}" for kind, count in found.most_common())
            print(f"{size:5,} people, {name}: {shares}")


if __name__ == "__main__":
    main()
