"""Reading what a bulk embedding wrote, in an order that is the same every time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.bulk.fields import bring_to
from prvipe.bulk.layout import MANIFEST, part_name
from prvipe.bulk.manifest import KIND, Manifest, Part, read_manifest
from prvipe.bulk.parts import VECTORS, measure
from prvipe.bulk.storage import Storage, open_storage
from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.poses.parquet import whole_batches

_ROWS_AT_ONCE = 65_536
_OF_DAMAGE = (pa.ArrowException, OSError, KeyError, ValueError)
_OF_REACH = (ConnectionError, TimeoutError, PermissionError)


@dataclass(frozen=True)
class EmbeddedBatch:
    """Some embedded poses.

    Attributes:
        first_row: number of the first, counted through the data set.
        fields: table (n rows), with ``source`` and ``row`` in that source.
        keypoints: (n, J, 2), of the model's skeleton; NaN where a joint is missing.
        mean: (n, d).
        std: (n, d).
    """

    first_row: int
    fields: pa.Table
    keypoints: Float32Array
    mean: Float32Array
    std: Float32Array

    def __len__(self) -> int:
        return len(self.mean)


class EmbeddedDataset:
    """The embeddings that `prvipe embed` wrote into a folder or an object store.

    Example:
        >>> dataset = EmbeddedDataset.open("embedded")
        >>> for batch in dataset.batches():
        ...     batch.mean
    """

    def __init__(self, storage: Storage, manifest: Manifest) -> None:
        self._storage = storage
        self._manifest = manifest
        self.address = storage.address
        self.model = manifest.model
        self.fingerprint = manifest.fingerprint
        self.dimension = manifest.dimension
        self.skeleton = manifest.skeleton
        self.matching = manifest.matching
        self.columns = dict(manifest.columns)
        self.parts: tuple[Part, ...] = manifest.parts

    @classmethod
    def open(cls, address: str | os.PathLike[str]) -> EmbeddedDataset:
        """Open a data set.

        Raises:
            InputError: there is none; it is not complete; its manifest is damaged or of a newer
                version; or a part is missing or has another size than when it was written.
        """
        storage = open_storage(os.fspath(address))
        manifest = read_manifest(storage)
        if manifest is None:
            raise InputError(f"{storage.address}: holds no embeddings: it has no {MANIFEST}")
        if manifest.state != "complete":
            raise InputError(
                f"{storage.address}: is not complete; run the same prvipe embed again, which does "
                "what is missing"
            )
        dataset = cls(storage, manifest)
        dataset._require_parts()
        return dataset

    @property
    def rows(self) -> int:
        """Number of poses."""
        return self._manifest.rows

    def sources(self, parts: Iterable[Part] | None = None) -> set[str]:
        """Names of the sources of the poses; reads one column of every part, or of some.

        Raises:
            InputError: a part is damaged.
        """
        found: set[str] = set()
        for part in self.parts if parts is None else parts:
            with self._reading(part) as file:
                for batch in whole_batches(file, _ROWS_AT_ONCE, columns=["source"]):
                    found.update(str(name) for name in batch.column(0).unique().to_pylist())
        return found

    def check(self) -> None:
        """Read every part and compare it with its checksum.

        Raises:
            InputError: naming the first that is damaged.
        """
        for part in self.parts:
            with self._errors_in_words(part):
                found = measure(self._storage.open(part_name(part.id)))
            if found != (part.bytes, part.crc32):
                raise self._damaged(part, "is not as it was written")

    def batches(
        self, rows_per_batch: int = _ROWS_AT_ONCE, *, first_row: int = 0
    ) -> Iterator[EmbeddedBatch]:
        """Yield the poses in the order of the sources, from a row on.

        Args:
            rows_per_batch: at most so many; fewer at the end of a part.
            first_row: where to begin.

        Raises:
            InputError: a part is damaged.
        """
        start = 0
        for part in self.parts:
            if start + part.rows > first_row:
                yield from self._batches_of(part, start, rows_per_batch, first_row)
            start += part.rows

    def _batches_of(
        self, part: Part, start: int, rows_per_batch: int, first_row: int
    ) -> Iterator[EmbeddedBatch]:
        with self._reading(part) as file:
            for batch in whole_batches(file, rows_per_batch):
                skipped = max(0, min(batch.num_rows, first_row - start))
                if skipped < batch.num_rows:
                    yield self._as_batch(batch.slice(skipped), start + skipped)
                start += batch.num_rows

    @contextmanager
    def _reading(self, part: Part) -> Iterator[pq.ParquetFile]:
        with (
            self._errors_in_words(part),
            self._storage.open(part_name(part.id)) as stream,
            pq.ParquetFile(stream, page_checksum_verification=True) as file,
        ):
            yield file

    @contextmanager
    def _errors_in_words(self, part: Part) -> Iterator[None]:
        try:
            yield
        except (InputError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, _OF_DAMAGE) and not isinstance(error, _OF_REACH):
                raise self._damaged(part, f"is damaged ({error})") from error
            # Each object store has errors of its own besides.
            raise InputError(
                f"{self.address}/{part_name(part.id)}: cannot be read ({error}); see that the "
                "store can be reached, and try again"
            ) from error

    def _as_batch(self, batch: pa.RecordBatch, first_row: int) -> EmbeddedBatch:
        table = pa.Table.from_batches([batch])
        mean, std, keypoints = (_vectors(table[name]) for name in VECTORS)
        fields = bring_to(table.drop_columns(list(VECTORS)), self.columns)
        joints = keypoints.reshape(len(keypoints), -1, 2)
        return EmbeddedBatch(first_row, fields, joints, mean, std)

    def _require_parts(self) -> None:
        sizes = self._storage.sizes("parts")
        for part in self.parts:
            if (found := sizes.get(part_name(part.id))) != part.bytes:
                raise self._damaged(
                    part,
                    "is missing" if found is None else f"has {found:,} bytes, not {part.bytes:,}",
                )

    def _damaged(self, part: Part, what: str) -> InputError:
        return InputError(
            f"{self.address}/{part_name(part.id)}: {what}; run the same prvipe embed again, which "
            "writes it anew once it is removed"
        )


def is_dataset(address: str | os.PathLike[str]) -> bool:
    """Whether what `prvipe embed` wrote lies at an address, complete or not, of any version."""
    content = open_storage(os.fspath(address)).read(MANIFEST)
    return content is not None and KIND.encode() in content


def _vectors(column: pa.ChunkedArray) -> Float32Array:
    array = column.combine_chunks()
    flat = array.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float32).reshape(len(array), array.type.list_size)
