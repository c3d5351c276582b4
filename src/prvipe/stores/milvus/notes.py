"""Notes beside the poses of a library: texts by keys, in a collection of their own.

Properties of a collection cannot be changed in Milvus Lite, and rows can everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prvipe.stores.milvus.connection import Connection

LONGEST = 65_535
"""Bytes of a text at most."""

_SUFFIX = "_prvipe"
_KEY, _VALUE, _VECTOR = "key", "value", "unused"


def notes_of(collection: str) -> str:
    """Name of the collection of notes beside one of poses."""
    return collection + _SUFFIX


def make_notes(connection: Connection) -> None:
    """Make the collection of notes unless there is one.

    Raises:
        InputError: Milvus cannot be reached, or refuses; so do all that follow.
    """
    from pymilvus import DataType, MilvusClient

    collection = notes_of(connection.address.collection)
    if connection.has(collection):
        return
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(_KEY, DataType.VARCHAR, is_primary=True, max_length=64)
    schema.add_field(_VALUE, DataType.VARCHAR, max_length=LONGEST)
    schema.add_field(_VECTOR, DataType.FLOAT_VECTOR, dim=2)  # Milvus wants one in each collection
    index = MilvusClient.prepare_index_params()
    index.add_index(_VECTOR, index_type="FLAT", metric_type="L2")
    connection.make(collection, schema, index)


def write_notes(connection: Connection, texts: Mapping[str, str]) -> None:
    """Write texts, each in place of what its key had."""
    rows = [{_KEY: key, _VALUE: text, _VECTOR: [0.0, 0.0]} for key, text in texts.items()]
    connection.write(notes_of(connection.address.collection), rows)


def read_notes(connection: Connection, prefix: str) -> list[str]:
    """All texts whose keys begin so, in the order of the keys, as any program wrote them."""
    rows = connection.rows(
        notes_of(connection.address.collection), _begins_with(prefix), [_KEY, _VALUE]
    )
    return [str(row[_VALUE]) for row in sorted(rows, key=lambda row: str(row[_KEY]))]


def read_keys(connection: Connection, prefix: str) -> list[str]:
    """All keys that begin so."""
    rows = connection.rows(notes_of(connection.address.collection), _begins_with(prefix), [_KEY])
    return [str(row[_KEY]) for row in rows]


def remove_notes(connection: Connection, keys: Sequence[str]) -> None:
    """Remove what keys have, if anything."""
    connection.delete(notes_of(connection.address.collection), ids=list(keys))


def _begins_with(prefix: str) -> str:
    return f'{_KEY} >= "{prefix}" and {_KEY} < "{prefix}~"'
