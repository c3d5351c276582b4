"""Figures 9 and 10: how far apart poses look, and which joints they have."""

from __future__ import annotations

from prvipe.evaluation.pose_pairs import BANDS, pairs_in_bands
from prvipe.report.pose_pairs import draw_pose_pairs
from prvipe.report.sections import Section
from prvipe.report.skeleton_figure import draw_skeletons
from prvipe.reproduction.laboratory import Laboratory


def figure_9(laboratory: Laboratory) -> Section:
    """Figure 9: pairs of 3D poses by NP-MPJPE."""
    pairs = pairs_in_bands(laboratory.data.rig.poses3d, seed=laboratory.seed)
    return Section(
        name="figure9",
        title="Figure 9: what an NP-MPJPE looks like",
        about=(
            "Appendix, section 1. Random pairs of 3D poses by their NP-MPJPE; up to 0.1, the first "
            "two rows, they count as matching."
        ),
        figures=[
            laboratory.figure(
                draw_pose_pairs(pairs, synthetic=laboratory.data.rig.synthetic),
                "figure9",
                "Pairs of 3D poses, the second aligned onto the first, with their NP-MPJPE.",
            )
        ],
        numbers={
            f"{low:g} to {high:g}": [pair.np_mpjpe for pair in band]
            for (low, high), band in zip(BANDS, pairs, strict=True)
        },
    )


def figure_10(laboratory: Laboratory) -> Section:
    """Figure 10: the joints of 3D and of 2D poses."""
    return Section(
        name="figure10",
        title="Figure 10: keypoints",
        about="Appendix, section 2. The joints of NP-MPJPE and those the network reads.",
        figures=[
            laboratory.figure(
                draw_skeletons(), "figure10", "Numbers are positions in the arrays, from 0."
            )
        ],
    )
