"""Poses that are to be added to a library: checked and brought to what it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pyarrow as pa

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.index.columns import agree_on_columns, conform_fields
from prvipe.index.model_of_index import IndexModel
from prvipe.index.queries import require_embeddings
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.poses.arguments import require_poses


@dataclass(frozen=True, eq=False)
class Addition:
    """n poses with their numbers.

    Attributes:
        table: their fields, `row` first, in the types of the library.
        columns: those of the library, once it has these poses.
        keypoints (n, J, 2): joints of the model's skeleton, NaN where one is missing.
        embeddings (n, d): by the model of the library.
    """

    table: pa.Table
    columns: dict[str, str]
    keypoints: Float32Array
    embeddings: Gaussian

    @classmethod
    def of(
        cls,
        poses: Poses,
        embeddings: Gaussian | None,
        model: IndexModel,
        columns: Mapping[str, str],
        first_row: int,
    ) -> Self:
        """Check poses, and embed them unless that is done.

        Args:
            poses: 2D poses of any skeleton, with their fields.
            embeddings (n, d): of these poses, if there are any already.
            model: of the library.
            columns: that it has.
            first_row: number of the first pose.

        Raises:
            InputError: see `prvipe.index.PoseIndex.add`.
        """
        require_poses(poses, "add")
        table = conform_fields(poses.table, first_row)
        agreed = agree_on_columns(columns, table)
        own = poses.to(model.skeleton)
        if embeddings is None:
            embeddings = model.embedder.embed(own)
        require_embeddings(embeddings, model)
        if len(embeddings) != len(poses):
            raise InputError(f"{len(embeddings)} embeddings for {len(poses)} poses; give one each")
        own.require_valid(missing_allowed=True)
        return cls(table, agreed, own.keypoints, embeddings)
