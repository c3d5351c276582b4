"""Which embedded datasets an index was loaded from: what was begun is known before it is done.

A load is noted before its first pose is saved, with the row number that this gets. Poses are saved
in the order of the dataset, and the manifest says which row comes next: so much is loaded, whenever
the program was killed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeInt,
    PositiveInt,
    TypeAdapter,
    ValidationError,
)

from prvipe.errors import InputError, printable
from prvipe.files import write_json
from prvipe.index.folder import LOADS
from prvipe.index.manifest import Manifest

if TYPE_CHECKING:
    from prvipe.bulk.dataset import EmbeddedDataset


class Load(BaseModel):
    """Parts of a dataset that are loaded one after another.

    Attributes:
        address: of the dataset.
        parts: id and checksum of each part, in the order of the dataset.
        first_row: number that the first pose gets.
        rows: poses in the parts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    address: str
    parts: tuple[str, ...]
    first_row: NonNegativeInt
    rows: PositiveInt

    def done(self, next_row: int) -> int:
        """Poses that are loaded when an index goes on with row `next_row`."""
        return min(max(next_row - self.first_row, 0), self.rows)


_loads = TypeAdapter(tuple[Load, ...])


def part_names(dataset: EmbeddedDataset) -> tuple[str, ...]:
    """What the parts of a dataset are known by: a part that was written anew is another one."""
    return tuple(f"{part.id}-{part.crc32:08x}" for part in dataset.parts)


def read_loads(folder: Path) -> tuple[Load, ...]:
    """Read what was loaded into the index in a folder; nothing if no dataset was.

    Raises:
        InputError: the file is damaged.
    """
    file = folder / LOADS
    try:
        return _loads.validate_json(file.read_bytes())
    except FileNotFoundError:
        return ()
    except ValidationError as error:
        raise InputError(
            f"{file}: damaged ({error.error_count()} errors); restore the index from a copy or "
            "build it again"
        ) from error


def write_loads(folder: Path, loads: tuple[Load, ...]) -> None:
    """Replace what is known of loads.

    Raises:
        InputError: the folder cannot be written.
    """
    write_json(folder / LOADS, [load.model_dump() for load in loads])


def unfinished_load(loads: tuple[Load, ...], next_row: int) -> Load | None:
    """The load that was interrupted in an index that goes on with row `next_row`, if one was."""
    return next((load for load in loads if load.done(next_row) < load.rows), None)


def require_not_embedded_anew(
    dataset: EmbeddedDataset,
    before: Collection[str],
    new: Collection[str],
    sources: Callable[[], Container[str]],
) -> None:
    """Refuse parts of files of which an earlier part is loaded: their poses would be there twice.

    Args:
        dataset: what is to be loaded.
        before: names of the parts that were loaded from it.
        new: names of the parts that are to be.
        sources: returns those of the poses that are loaded.

    Raises:
        InputError: naming one of the files.
    """
    names = part_names(dataset)
    if set(before) <= set(names):
        return
    parts = [part for part, name in zip(dataset.parts, names, strict=True) if name in new]
    known = sources()
    if doubled := sorted(source for source in dataset.sources(parts) if source in known):
        raise InputError(
            f"{printable(dataset.address)}: {len(doubled):,} of its files, such as {doubled[0]}, "
            "were embedded anew since they were loaded, and their poses would be there twice; "
            "remove what is there of them with prvipe index remove, or build the library anew"
        )


def require_whole(folder: Path, manifest: Manifest) -> None:
    """Refuse an index of which a load was interrupted.

    Raises:
        InputError: saying how to complete it.
    """
    load = unfinished_load(read_loads(folder), manifest.next_row)
    if load is not None:
        raise InputError(describe_unfinished(folder, load, manifest.next_row))


def describe_unfinished(folder: Path, load: Load, next_row: int) -> str:
    """Say how far a load has come and how it goes on."""
    return (
        f"{printable(folder)}: only {load.done(next_row):,} of {load.rows:,} poses of "
        f"{load.address} are loaded; complete it with prvipe index add {printable(folder)} "
        f"{load.address}, or remove its file {LOADS} to keep the part that is there"
    )
