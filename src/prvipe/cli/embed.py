"""`prvipe embed`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from prvipe.cli.console import say
from prvipe.errors import InputError, errors_naming


def embed(
    keypoints: Annotated[
        Path,
        typer.Argument(help="Keypoint file, image, video or folder.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write.", show_default=False)],
    model: Annotated[str, typer.Option(help="Shipped model or checkpoint.")] = "base",
    skeleton: Annotated[
        str | None,
        typer.Option(help="Skeleton of a file that does not name its joints, such as coco17."),
    ] = None,
    skip_invalid: Annotated[
        bool,
        typer.Option("--skip-invalid", help="Leave out rows that the model cannot embed."),
    ] = False,
) -> None:
    """Embed 2D poses: mean and standard deviation of every row, beside the columns of the file.

    Reads what OpenPose, AlphaPose, MMPose, Ultralytics, MediaPipe, COCO, MPII, POEM and motion
    capture write, CSV and Parquet by joint, and arrays; docs/formats.md has a sample of each.
    A `row` column says which row of the input each embedding belongs to. Columns named `row`,
    `mean` or `std` in the input are refused. A joint with score 0 is missing. Models whose inputs
    are keypoints_and_scores (`prvipe info MODEL`) need any four joints, others need all.

    Example: `prvipe embed keypoints.csv --out embeddings.parquet`
    """
    import numpy as np

    from prvipe.cli.inputs import note_divided
    from prvipe.files import require_writable
    from prvipe.io import load
    from prvipe.io.embeddings import require_room, save_embeddings
    from prvipe.io.infinity import infinity_left_in
    from prvipe.model.embedder import Embedder
    from prvipe.poses.fields import rows_left_out
    from prvipe.poses.validity import finite_joints

    if out.suffix.lower() != ".parquet":
        raise InputError(
            f"--out {out}: embeddings are written as Parquet; end the name in .parquet"
        )
    if out.exists() and keypoints.exists() and out.samefile(keypoints):
        raise InputError(f"--out {out}: would overwrite the keypoints; choose another name")
    require_writable(out)
    embedder = Embedder.load(model)
    with infinity_left_in() if skip_invalid else nullcontext():
        poses = load(keypoints, skeleton).to(embedder.card.skeleton)
    note_divided(keypoints, poses)
    with errors_naming(keypoints):
        require_room(poses.table)
        rows = np.arange(len(poses))
        # Infinity is no missing joint: such a row is left out, whatever the model could do.
        whole = ~np.isinf(poses.keypoints).any(axis=(1, 2))
        if not whole.any():
            raise InputError("every row has a joint at infinity; write the keypoints again")
        if skip_invalid and (embeddable := embedder.embeddable(poses) & whole).any():
            rows = rows[embeddable]
        kept = poses[rows].with_fields(row=rows)
        embeddings = embedder.embed(kept)
    save_embeddings(out, embeddings.mean.numpy(), embeddings.std.numpy(), kept.table, model)
    say(
        f"{out}: {len(rows):,} of {len(poses):,} rows embedded in {embeddings.dimension} dimensions"
    )
    if incomplete := np.count_nonzero(~finite_joints(kept.keypoints).all(axis=1)):
        say(f"{incomplete:,} of these have missing joints")
    if count := rows_left_out(poses.table):
        say(f"{count:,} more in the file have no labelled joint or no image size: left out")
