"""Figures 3 and 12: the embedding space along its first two principal axes."""

from __future__ import annotations

from prvipe.evaluation.embedding_map import map_embeddings
from prvipe.report.embedding_map import FIGURE_3, FIGURE_12, MapSize, draw_embedding_map
from prvipe.report.sections import Section
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.systems import PR_VIPE_AUGMENTED


def figure_3(laboratory: Laboratory) -> Section:
    """Figure 3: skeletons where their embeddings lie."""
    return _map(laboratory, "figure3", "Figure 3: the embedding space", FIGURE_3)


def figure_12(laboratory: Laboratory) -> Section:
    """Figure 12: the same with more poses."""
    return _map(laboratory, "figure12", "Figure 12: the embedding space, more poses", FIGURE_12)


def _map(laboratory: Laboratory, name: str, title: str, size: MapSize) -> Section:
    embedding_map = map_embeddings(
        laboratory.data.rig, laboratory.embedding().embed, seed=laboratory.seed
    )
    same, other = embedding_map.same_pose_distance, embedding_map.other_pose_distance
    return Section(
        name=name,
        title=title,
        about=(
            f"Section 4.5 and appendix, section 4. {len(embedding_map.rows):,} poses at least 0.1 "
            f"NP-MPJPE apart, in every camera of the training rig; {PR_VIPE_AUGMENTED.name}."
        ),
        figures=[
            laboratory.figure(
                draw_embedding_map(embedding_map, size, laboratory.seed),
                name,
                "Means along the two principal axes of largest variance. Dots: every pose in every "
                "camera; letters: views of one 3D pose. Two views of one pose lie "
                f"{same / other:.2f} times as far apart as views of different poses.",
            )
        ],
        numbers={
            "poses": len(embedding_map.rows),
            "explained_variance": embedding_map.shares.tolist(),
            "same_pose_distance": same,
            "other_pose_distance": other,
        },
    )
