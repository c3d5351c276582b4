"""What is noted of a library beside its poses: what it is, and what was loaded into it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, ValidationError

from prvipe import __version__
from prvipe.errors import InputError
from prvipe.index.model_of_index import IndexModel
from prvipe.model.matching import MatchingParameters
from prvipe.skeleton import get_skeleton
from prvipe.stores.milvus.connection import Connection
from prvipe.stores.milvus.layout import Layout
from prvipe.stores.milvus.notes import LONGEST, notes_of, read_notes, write_notes

FORMAT_VERSION = 1
"""Counts up when a library can no longer be read by older versions."""

_ABOUT, _PARTS = "about", "parts"
_LISTED = 1_000


class LoadNote(BaseModel):
    """Parts of an embedded dataset that were, or are being, loaded one after another.

    Attributes:
        address: of the dataset.
        parts: how many; `read_parts` says which.
        first_row: number of the first pose here.
        rows: how many poses there are.
        complete: whether all of them are here and were compared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    address: str
    parts: PositiveInt
    first_row: NonNegativeInt
    rows: PositiveInt
    complete: bool = False


class About(BaseModel):
    """What a library is.

    Attributes:
        format_version: a newer one than ours is refused.
        prvipe_version: version that wrote it.
        model: name or file of the model that embedded the poses.
        fingerprint: of that model.
        dimension: of its embeddings.
        a: slope of its matching probability.
        b: offset of it.
        skeleton: name of the skeleton of the keypoints.
        index_type: of Milvus.
        next_row: number that the next pose will get; none is ever given twice.
        columns: name -> type.
        types: the same as a schema of Arrow.
        fields: column -> field of Milvus and its type, see `prvipe.stores.milvus.layout`.
        outside: columns with values that lie in no field of their own.
        loads: what was loaded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    format_version: int = FORMAT_VERSION
    prvipe_version: str = __version__
    model: str
    fingerprint: str
    dimension: PositiveInt
    a: float
    b: float
    skeleton: str
    index_type: str
    next_row: NonNegativeInt = 0
    columns: dict[str, str] = {}
    types: str = ""
    fields: dict[str, tuple[str, str]] = {}
    outside: tuple[str, ...] = ()
    loads: tuple[LoadNote, ...] = ()

    @classmethod
    def of(cls, model: IndexModel, index_type: str) -> About:
        """Describe an empty library of a model."""
        return cls(
            model=model.name,
            fingerprint=model.fingerprint,
            dimension=model.dimension,
            a=float(model.matching.a),
            b=float(model.matching.b),
            skeleton=model.skeleton.name,
            index_type=index_type,
        )

    def as_model(self) -> IndexModel:
        """The model, whose network is not loaded yet."""
        return IndexModel(
            self.model,
            self.fingerprint,
            self.dimension,
            MatchingParameters(self.a, self.b),
            get_skeleton(self.skeleton),
        )

    def layout(self) -> Layout:
        """Where the columns are."""
        types = _read_types(self.types)
        return Layout(dict(self.fields), dict(self.columns), set(self.outside), types)

    def with_columns(self, columns: Mapping[str, str], table: pa.Table, layout: Layout) -> About:
        """The same with the columns that there are once a table is added."""
        types = _read_types(self.types)
        for column in table.schema:
            if columns[column.name] == str(column.type):
                types[column.name] = column.type
        return self.model_copy(
            update={
                "columns": dict(columns),
                "types": _write_types(types),
                "fields": dict(layout.fields),
                "outside": tuple(sorted(layout.outside)),
            }
        )

    @property
    def loading(self) -> LoadNote | None:
        """What is half loaded."""
        return next((load for load in self.loads if not load.complete), None)


def write_about(connection: Connection, about: About) -> None:
    """Write, or replace, what is noted of a library that has notes.

    Raises:
        InputError: Milvus cannot be reached, or refuses.
    """
    text = about.model_dump_json()
    if len(text.encode()) > LONGEST:
        raise InputError(
            f"{connection.address}: {len(about.columns):,} columns and {len(about.loads):,} loads "
            "are more than Milvus keeps notes of; leave out some columns"
        )
    write_notes(connection, {_ABOUT: text})


def write_parts(connection: Connection, number: int, names: Sequence[str]) -> None:
    """Note which parts of a dataset a load is of.

    Args:
        connection: to a library that is noted already.
        number: which of its loads.
        names: of the parts.
    """
    write_notes(
        connection,
        {
            f"{_PARTS}-{number:06d}-{start:09d}": json.dumps(names[start : start + _LISTED])
            for start in range(0, len(names), _LISTED)
        },
    )


def read_parts(connection: Connection, loads: Sequence[LoadNote]) -> list[tuple[str, ...]]:
    """Names of the parts of each load that is noted."""
    found: list[tuple[str, ...]] = []
    for number, load in enumerate(loads):
        texts = read_notes(connection, f"{_PARTS}-{number:06d}-")
        names = [name for text in texts for name in json.loads(text)]
        found.append(tuple(names[: load.parts]))  # more may be left of one that was never noted
    return found


def read_about(connection: Connection) -> About | None:
    """Read what is noted of a library; None if there is none.

    Raises:
        InputError: it was written by a newer prvipe or is damaged, the collection is of something
            else, or Milvus cannot be reached.
    """
    address = connection.address
    collection = notes_of(address.collection)
    if not connection.has(collection):
        if connection.has_collection(address.collection):
            raise InputError(
                f"{address}: there is a collection {address.collection} that prvipe did not make; "
                "choose another name"
            )
        return None
    connection.ensure_loaded(collection)
    texts = read_notes(connection, _ABOUT)
    return _parse(str(address), texts[0]) if texts else None


def _parse(address: str, text: str) -> About:
    try:
        contents = json.loads(text)
        version = int(contents["format_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(address, repr(error)) from error
    if version > FORMAT_VERSION:
        raise InputError(
            f"{address}: library format {version}, written by prvipe "
            f"{contents.get('prvipe_version', '?')}; this prvipe {__version__} reads up to format "
            f"{FORMAT_VERSION}: upgrade prvipe"
        )
    try:
        return About.model_validate(contents)
    except ValidationError as error:
        raise _damaged(address, str(error)) from error


def _read_types(text: str) -> dict[str, pa.DataType]:
    if not text:
        return {}
    schema = pa.ipc.read_schema(pa.BufferReader(b64decode(text)))
    return {column.name: column.type for column in schema}


def _write_types(types: Mapping[str, pa.DataType]) -> str:
    return b64encode(pa.schema(list(types.items())).serialize().to_pybytes()).decode("ascii")


def _damaged(address: str, why: str) -> InputError:
    return InputError(f"{address}: what is noted of the library is damaged ({why}); load it anew")
