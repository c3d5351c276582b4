"""`prvipe info`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from prvipe.cli.console import output, say


def info(
    model: Annotated[str, typer.Argument(help="Shipped model or checkpoint.")] = "base",
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Show a model's card: network, training, data and figures.

    Example: `prvipe info base`
    """
    from rich.filesize import decimal
    from rich.table import Table

    from prvipe.model.checkpoint import load_checkpoint
    from prvipe.model.embedder import find_model

    path = find_model(model)
    network, card = load_checkpoint(path)
    if as_json:
        say(card.model_dump_json(indent=2))
        return
    say(f"{model}: {card.description}" if card.description else model)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("file", f"{path} ({decimal(path.stat().st_size)})")
    table.add_row("written by", f"prvipe {card.prvipe_version}, format {card.format_version}")
    table.add_row("parameters", f"{sum(each.numel() for each in network.parameters()):,}")
    table.add_row("skeleton", card.skeleton)
    content = card.model_dump(mode="json")
    for section in ("network", "metrics", "data", "training"):
        for name, text in describe_section(section, content[section]):
            table.add_row(name, text)
    output.print(table)


def describe_section(name: str, section: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Write a section of a card as rows (name, text); sections within it follow as own rows."""
    values = {key: value for key, value in section.items() if not isinstance(value, dict)}
    if values:
        yield name, ", ".join(f"{key} {_write(value)}" for key, value in values.items())
    for key, value in section.items():
        if isinstance(value, dict):
            yield from describe_section(key, value)


def _write(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_write, value))}]"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
