"""Makes Markdown of what docstrings have for readers of the source, when the site is built."""

from __future__ import annotations

import re
from typing import Any

import griffe

_TABLE = re.compile(r"^(=+) +(=+)\n(.+?)^=+ +=+$", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^Example:$(?=\n +>>>)", re.MULTILINE)


class AsMarkdown(griffe.Extension):
    """Tables drawn with ``====`` become Markdown's, an example session a block of code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            text = _TABLE.sub(_as_markdown_table, obj.docstring.value)
            obj.docstring.value = _EXAMPLE.sub("Examples:", text)


def _as_markdown_table(table: re.Match[str]) -> str:
    """A table of two columns; a line whose first column is blank continues the row above."""
    edge = table.start(2) - table.start(1)
    rows: list[list[str]] = []
    for line in table[3].splitlines():
        name, meaning = line[:edge].strip(), line[edge:].strip()
        if name or not rows:
            rows.append([name, meaning])
        else:
            rows[-1][1] += f" {meaning}"
    lines = [f"| {name} | {meaning} |".replace("``", "`") for name, meaning in rows]
    return "\n".join(["| | |", "|---|---|", *lines])
