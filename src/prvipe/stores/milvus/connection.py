"""Calls to Milvus, each bounded in time, whose failures are told in words."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from importlib import import_module
from threading import Thread
from typing import Any, TypeVar

from prvipe.errors import InputError
from prvipe.stores.milvus.address import TOKEN, MilvusAddress
from prvipe.stores.milvus.silence import quietly, silence

CONNECTING = 6
"""Seconds until a server counts as unreachable; one that is there has as long again to answer."""

STRONG, SESSION = "Strong", "Session"
"""Reads see what any program wrote before, for which a server waits, or at least what this did."""

_ANSWERING = 120.0
"""Seconds that one call may take once a server is there."""

# With a whole number of seconds pymilvus repeats a call for as long, without one 75 times, which
# are minutes. A call so bounded is tried this often within a second, if nobody is there.
_TRIES = 4

_OLDEST = (2, 3)
"""The first servers that can write a row in place of another."""

_LOCK = "LOCK"
"""File that every path of Milvus Lite has."""

Row = dict[str, Any]
Result = TypeVar("Result")


class Connection:
    """A collection of Milvus; `pymilvus` is loaded when the first is made.

    Attributes:
        address: where it is.
    """

    def __init__(self, address: MilvusAddress) -> None:
        self.address = address
        self._client = _connect(address)

    def __getattr__(self, name: str) -> Any:
        """Methods of `pymilvus.MilvusClient`, bounded and with their errors in words."""
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self._client, name)

        def call(*arguments: Any, **options: Any) -> Any:
            bounds = {"timeout": _ANSWERING, "retry_times": _TRIES, **options}
            try:
                with quietly():
                    return method(*arguments, **bounds)
            except Exception as error:
                raise self._in_words(name, error) from error

        return call

    def has(self, collection: str) -> bool:
        """Whether there is a collection of this name, whose making was not interrupted."""
        return bool(self.has_collection(collection) and self.list_indexes(collection))

    def make(self, collection: str, schema: Any, index: Any) -> None:
        """Make a collection and have it loaded; one whose making was interrupted is made anew."""
        # The index is made before a row can be written: without one there is nothing to lose.
        if self.has_collection(collection) and not self.list_indexes(collection):
            self.drop_collection(collection)
        self.create_collection(
            collection, schema=schema, index_params=index, consistency_level=STRONG
        )

    def rows(
        self, collection: str, condition: str, fields: Sequence[str], consistency: str = STRONG
    ) -> list[Row]:
        """Fields of all rows that meet a condition, which must be few enough for one answer."""
        found: list[Row] = self.query(
            collection, filter=condition, output_fields=list(fields), consistency_level=consistency
        )
        return [dict(row) for row in found]

    def count(self, collection: str, condition: str = "") -> int:
        """Rows that meet a condition."""
        return int(self.rows(collection, condition, ["count(*)"])[0]["count(*)"])

    def write(self, collection: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows, each in place of one of the same primary key if there is one."""
        self.upsert(collection, list(rows))

    def ensure_loaded(self, collection: str) -> None:
        """Have the collection in memory, as searches need it; waits until it is."""
        self.load_collection(collection)

    def remove_if_empty(self) -> None:
        """Delete the path of Milvus Lite if it holds no collection; no call can follow that."""
        path = self.address.path
        if path is None or any(each.is_file() and each.name != _LOCK for each in path.rglob("*")):
            return
        self._client.close()
        import_module("milvus_lite.server_manager").server_manager_instance.release_server(path)
        shutil.rmtree(path)

    def _in_words(self, method: str, error: Exception) -> InputError:
        text = str(getattr(error, "message", "") or error)
        # What follows is of a server that is there but refuses.
        gone = ("UNAVAILABLE", "failed to connect", "Connection refused", "closed channel")
        if any(sign.lower() in text.lower() for sign in gone) or _is_unavailable(error):
            return InputError(
                f"{self.address}: Milvus does not answer any more ({method}); nothing is lost that "
                "was written before: see that it runs, then repeat the command"
            )
        if "DEADLINE_EXCEEDED" in text or "Deadline Exceeded" in text or "timeout" in text.lower():
            return InputError(
                f"{self.address}: Milvus did not answer within {_ANSWERING:.0f} s ({method}); see "
                "whether it is overloaded, then repeat the command"
            )
        # A server that was just started again answers calls before it has its collections.
        if "channel not available" in text or "collection not loaded" in text:
            return InputError(
                f"{self.address}: Milvus is not ready ({method}: {text}); if it was started a "
                "moment ago, repeat the command in a minute"
            )
        if "No space left" in text:
            return InputError(
                f"{self.address}: the disk of Milvus is full ({method}); make room and repeat the "
                "command"
            )
        return InputError(f"{self.address}: Milvus refuses {method}: {text}")


def _connect(address: MilvusAddress) -> Any:
    pymilvus = _import_pymilvus()
    silence()

    def connect() -> Any:
        with quietly():
            return pymilvus.MilvusClient(
                address.uri, token=os.environ.get(TOKEN, ""), timeout=CONNECTING
            )

    if address.path is not None:
        _require_lite(address)
    try:
        if address.path is not None:
            return connect()
        client, version = _within(2 * CONNECTING, lambda: _with_version(connect()))
    except Exception as error:
        text = str(getattr(error, "message", "") or error)
        if address.path is not None:
            raise _lite_refuses(address, text) from error
        if "auth" in text.lower() or "permission" in text.lower():
            raise InputError(
                f"{address}: Milvus wants a token; put it, or user:password, into the environment "
                f"as {TOKEN} ({text})"
            ) from error
        raise InputError(
            f"{address}: no Milvus answers there ({text}); check host and port, and that the "
            "server runs"
        ) from error
    _require_version(address, version)
    return client


def _with_version(client: Any) -> tuple[Any, str]:
    with quietly():
        return client, client.get_server_version(timeout=CONNECTING)


def _require_version(address: MilvusAddress, version: str) -> None:
    known = re.search(r"(\d+)\.(\d+)", version)  # "v2.3.5", and whatever words providers add
    if known and tuple(map(int, known.groups())) < _OLDEST:
        raise InputError(
            f"{address}: is a server of Milvus {version}, which is too old; "
            f"{'.'.join(map(str, _OLDEST))} or newer is needed"
        )


def _within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns or raises, unless it takes longer.

    Raises:
        TimeoutError: it does. It is left alone then: pymilvus 2 waits for ever for the first
            answer of a server.
    """
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError as error:
        raise TimeoutError("it takes calls, but does not answer them") from error


def _import_pymilvus() -> Any:
    try:
        return import_module("pymilvus")
    except ImportError as error:
        raise InputError(
            f'a library in Milvus needs pymilvus; install it with pip install "prvipe[milvus]" '
            f"({error})"
        ) from error


def _require_lite(address: MilvusAddress) -> None:
    assert address.path is not None
    try:
        import_module("milvus_lite")
    except ImportError as error:
        raise InputError(
            f"{address}: Milvus Lite is not installed (it has no package for Windows); install it "
            f'with pip install "prvipe[milvus]", or use a server ({error})'
        ) from error
    path = address.path
    if path.is_file():
        raise InputError(
            f"{path}: is a file, and Milvus Lite 3 keeps a library in a folder; files of its "
            "versions before 3 must be loaded anew: choose another name"
        )
    if path.is_dir() and any(path.iterdir()) and not (path / _LOCK).exists():
        raise InputError(
            f"{path}: is a folder of something else than Milvus Lite; choose another name"
        )
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")


def _lite_refuses(address: MilvusAddress, text: str) -> InputError:
    assert address.path is not None
    if _is_locked(address):
        return InputError(
            f"{address.path}: another program has this library of Milvus Lite open, which bears "
            "one at a time; wait until it is done, or use a server"
        )
    return InputError(f"{address.path}: Milvus Lite cannot open it ({text})")


def _is_locked(address: MilvusAddress) -> bool:
    import fcntl

    assert address.path is not None
    try:
        with (address.path / _LOCK).open("r+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(stream, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_unavailable(error: BaseException | None) -> bool:
    while error is not None:
        code = getattr(error, "code", None)
        name = getattr(code() if callable(code) else code, "name", "")
        if name == "UNAVAILABLE":
            return True
        error = error.__cause__ if error.__cause__ is not error else None  # pymilvus has such
    return False
