"""`prvipe embed`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prvipe.cli.console import output


def embed(
    keypoints: Annotated[Path, typer.Argument(help="File of 2D keypoints.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Parquet file to write.", show_default=False)],
    model: Annotated[str, typer.Option(help="Shipped model or checkpoint.")] = "base",
    skeleton: Annotated[
        str | None, typer.Option(help="Skeleton of a file that does not name its joints.")
    ] = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Leave out rows with missing joints.")
    ] = False,
) -> None:
    """Embed 2D poses: mean and standard deviation of every row, beside what the file knew of it.

    Reads Parquet, NPZ, NPY, named or POEM CSV, and cross-view benchmarks. A `row` column says which
    row of the input each embedding belongs to.

    Example: `prvipe embed keypoints.csv --out embeddings.parquet`
    """
    import numpy as np

    from prvipe.io import load_poses
    from prvipe.io.embeddings import save_embeddings
    from prvipe.model.embedder import Embedder

    embedder = Embedder.load(model)
    poses = load_poses(keypoints, skeleton).to(embedder.card.skeleton)
    rows = np.flatnonzero(poses.valid()) if skip_invalid else np.arange(len(poses))
    kept = poses[rows].with_fields(row=rows)
    embeddings = embedder.embed(kept)
    save_embeddings(out, embeddings.mean.numpy(), embeddings.std.numpy(), kept.table, model)
    left_out = len(poses) - len(rows)
    note = f", {left_out} invalid rows left out" if left_out else ""
    output.print(f"{out}: {len(rows)} embeddings of {embeddings.dimension} dimensions{note}")
