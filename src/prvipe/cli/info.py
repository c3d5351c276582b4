"""`prvipe info`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from prvipe.cli.console import output


def info(
    model: Annotated[str, typer.Argument(help="Shipped model or checkpoint.")] = "base",
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Show a model's card: network, training, data and figures.

    Example: `prvipe info base`
    """
    from prvipe.model.checkpoint import load_checkpoint
    from prvipe.model.embedder import find_model

    path = find_model(model)
    network, card = load_checkpoint(path)
    if as_json:
        print(card.model_dump_json(indent=2))
        return
    from rich.table import Table

    weights = sum(p.numel() for p in network.parameters())
    table = Table(title=f"{model}: {card.description}", show_header=False, title_justify="left")
    table.add_row("file", f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    table.add_row("weights", f"{weights:,}")
    table.add_row("skeleton", card.skeleton)
    table.add_row("written by", f"prvipe {card.prvipe_version}, format {card.format_version}")
    for name in ("network", "metrics", "data", "training"):
        section = card.model_dump(mode="json")[name]
        table.add_row(name, json.dumps(section, indent=1)[2:-2].replace('"', ""))
    output.print(table)
