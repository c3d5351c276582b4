"""The manifest of an embedded data set: of which model and options it is, and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from prvipe import __version__
from prvipe.bulk.job import Job, JobOptions
from prvipe.bulk.layout import MANIFEST
from prvipe.bulk.storage import Storage, read_json, write_json
from prvipe.errors import InputError, printable
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder

FORMAT = 1
"""Counts up when older versions can no longer read a data set."""

KIND = "prvipe embeddings"
"""By which its manifest is known from others."""


@dataclass(frozen=True)
class Part:
    """A part: the id of its partition, its poses, bytes and CRC-32."""

    id: str
    rows: int
    bytes: int
    crc32: int


@dataclass(frozen=True)
class Manifest:
    """What a data set is.

    Attributes:
        model: name of the model.
        fingerprint: of its weights.
        dimension: of the embeddings.
        skeleton: of the keypoints.
        matching: a and b of the matching probability; None of a model without one.
        options: with which files were read.
        sources: as the command named them.
        state: "running" until every partition is done.
        columns: fields and their types, once it is complete.
        parts: in the order of the sources, once it is complete.
        version: of prvipe.
    """

    model: str
    fingerprint: str
    dimension: int
    skeleton: str
    matching: tuple[float, float] | None
    options: JobOptions
    sources: tuple[str, ...]
    state: Literal["running", "complete"] = "running"
    columns: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    version: str = __version__

    @classmethod
    def of(cls, job: Job, embedder: Embedder, sources: tuple[str, ...]) -> Manifest:
        """The manifest of a job that begins."""
        card: ModelCard = embedder.card
        matching = None
        if card.network.head != "l2":
            matching = (float(embedder.matching.a), float(embedder.matching.b))
        return cls(
            printable(job.model),
            job.fingerprint,
            card.network.dimension,
            card.skeleton,
            matching,
            job.options,
            sources,
        )

    @property
    def rows(self) -> int:
        """Poses of all parts."""
        return sum(part.rows for part in self.parts)

    def save(self, storage: Storage) -> None:
        """Put it in the place of the manifest before, in one step.

        Raises:
            OutputError: it cannot be written.
        """
        totals = {"rows": self.rows, "bytes": sum(part.bytes for part in self.parts)}
        content = {"kind": KIND, "format": FORMAT, **asdict(self), "totals": totals}
        write_json(storage, MANIFEST, content)

    def completed(self, columns: Mapping[str, str], parts: tuple[Part, ...]) -> Manifest:
        """The manifest once every partition is done."""
        return replace(self, state="complete", columns=columns, parts=parts)


def read_manifest(storage: Storage) -> Manifest | None:
    """Return the manifest of what lies at an address; None if there is none.

    Raises:
        InputError: it is damaged, of a newer version or of something else.
    """
    content = read_json(storage, MANIFEST)
    if content is None:
        return None
    place = f"{storage.address}/{MANIFEST}"
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise InputError(f"{place}: is no manifest of embeddings")
    if content.get("format") != FORMAT:
        raise InputError(
            f"{place}: written by a newer prvipe (format {content.get('format')}, this one reads "
            f"up to {FORMAT}); update prvipe"
        )
    try:
        return _from_json(content)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{place}: damaged ({error!r})") from error


def _from_json(content: Mapping[str, Any]) -> Manifest:
    known = {name: content[name] for name in Manifest.__dataclass_fields__}
    known["parts"] = tuple(Part(**part) for part in content["parts"])
    options = content["options"]
    known["options"] = JobOptions(
        options["skeleton"], _as_tuple(options["camera"]), _as_tuple(options["image_size"])
    )
    known["sources"] = tuple(content["sources"])
    known["matching"] = _as_tuple(known["matching"])
    return Manifest(**known)


def _as_tuple(values: list[Any] | None) -> Any:
    return None if values is None else tuple(values)


def require_same_job(storage: Storage, before: Manifest, now: Manifest) -> None:
    """Refuse to go on with what another command began.

    Raises:
        InputError: model, options or sources differ; the message says how to go on.
    """
    remedy = "give the same as then, or another --out"
    if before.fingerprint != now.fingerprint:
        raise InputError(
            f"{storage.address}: holds embeddings of {before.model} ({before.fingerprint}), not of "
            f"{now.model} ({now.fingerprint}), and these must not be mixed; {remedy}"
        )
    if before.options != now.options:
        raise InputError(
            f"{storage.address}: was begun with {_say(before.options)}, not with "
            f"{_say(now.options)}; {remedy}"
        )
    gone = [source for source in before.sources if source not in now.sources]
    if gone:
        raise InputError(
            f"{storage.address}: also holds embeddings of {', '.join(map(printable, gone))}; name "
            "these too, or give another --out"
        )


def _say(options: JobOptions) -> str:
    said = [
        f"--{name} {','.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in (
            ("skeleton", options.skeleton),
            ("seen-from", options.camera),
            ("image-size", options.image_size),
        )
        if value is not None
    ]
    return " ".join(said) or "no options of reading"
