"""`prvipe embed`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from prvipe.cli.bulk import DEVICES, ENGINES, MEMORY, embed_into_folder, parse_memory
from prvipe.cli.console import say
from prvipe.errors import InputError, errors_naming

_FILE = ".parquet"


def embed(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Keypoint files, images, videos, folders of them, globs, URLs of an object store, "
            "and @LISTING for a text file with one of these a line, or a CSV or Parquet file with "
            "a column path.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE.parquet|FOLDER|URL",
            help="Parquet file to write, or a folder or prefix of an object store for any number "
            "of poses.",
            show_default=False,
        ),
    ],
    model: Annotated[str, typer.Option(help="Shipped model or checkpoint.")] = "base",
    skeleton: Annotated[
        str | None,
        typer.Option(help="Skeleton of files that do not name their joints, such as coco17."),
    ] = None,
    skip_invalid: Annotated[
        bool,
        typer.Option(
            "--skip-invalid",
            help="Leave out rows that the model cannot embed; into a folder always so.",
        ),
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            metavar=f"[{'|'.join(ENGINES)}]", help="What embeds into a folder: this machine or Ray."
        ),
    ] = ENGINES[0],
    address: Annotated[
        str | None,
        typer.Option(help="Ray cluster, such as auto or ray://head:10001; without, on this one."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that embed, one core each.", show_default="1, of Ray all"),
    ] = None,
    memory: Annotated[str, typer.Option(help="Memory that each of them may take.")] = MEMORY,
    device: Annotated[
        str,
        typer.Option(
            metavar=f"[{'|'.join(DEVICES)}]", help="Where they compute; of Ray a GPU for each."
        ),
    ] = DEVICES[0],
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Try again what could not be read by earlier runs."),
    ] = False,
) -> None:
    """Embed 2D poses: mean and standard deviation of every row, beside the columns of the file.

    Reads what OpenPose, AlphaPose, MMPose, Ultralytics, MediaPipe, COCO, MPII, POEM and motion
    capture write, CSV and Parquet by joint, and arrays; docs/formats.md has a sample of each.
    A `row` column says which row of the input each embedding belongs to. Columns named `row`,
    `mean` or `std` in the input are refused. A joint with score 0 is missing. Models whose inputs
    are keypoints_and_scores (`prvipe info MODEL`) need any four joints, others need all.

    Into a folder it embeds any number of poses within a fixed memory. Stopped or killed, the same
    command goes on where it ended. Rows that cannot be embedded are left out and counted, files
    that cannot be read are listed in `report.json`, and only if nothing is left is that an error.

    Example: `prvipe embed keypoints.csv --out embeddings.parquet`

    Example: `prvipe embed recordings --out embedded --workers 2`
    """
    bulk_only = {
        "--engine": engine != ENGINES[0],
        "--address": address is not None,
        "--workers": workers is not None,
        "--memory": memory != MEMORY,
        "--device": device != DEVICES[0],
        "--retry-failed": retry_failed,
    }
    if not out.lower().endswith(_FILE):
        _require_folder_name(out)
        embed_into_folder(
            sources,
            out,
            model,
            skeleton,
            engine=engine,
            address=address,
            workers=workers,
            memory=parse_memory(memory),
            device=device,
            retry_failed=retry_failed,
        )
        return
    if given := [option for option, is_given in bulk_only.items() if is_given]:
        raise InputError(f"--out {out}: {', '.join(given)} needs a folder or URL, not {_FILE}")
    if len(sources) > 1:
        raise InputError(
            f"--out {out}: one file holds one source, several go into a folder; give a name "
            f"without {_FILE}"
        )
    _embed_into_file(Path(sources[0]), Path(out), model, skeleton, skip_invalid)


def _require_folder_name(out: str) -> None:
    from prvipe.io.registry import endings

    if Path(out).suffix.lower() in endings():
        raise InputError(
            f"--out {out}: embeddings are written as Parquet; end the name in {_FILE}, or name a "
            "folder"
        )


def _embed_into_file(
    keypoints: Path, out: Path, model: str, skeleton: str | None, skip_invalid: bool
) -> None:
    import numpy as np

    from prvipe.cli.inputs import note_divided
    from prvipe.files import require_file, require_writable
    from prvipe.io import load
    from prvipe.io.embeddings import require_room, save_embeddings
    from prvipe.io.infinity import infinity_left_in
    from prvipe.model.embedder import Embedder
    from prvipe.poses.fields import rows_left_out
    from prvipe.poses.validity import finite_joints

    if out.exists() and keypoints.exists() and out.samefile(keypoints):
        raise InputError(f"--out {out}: would overwrite the keypoints; choose another name")
    if not keypoints.is_dir():
        require_file(keypoints)
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
