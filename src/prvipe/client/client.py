"""A server's library and model, used as a `PoseIndex` and an `Embedder` are."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from prvipe.client.address import TOKEN_VARIABLE, read_address, require_token, split_library
from prvipe.client.connection import Connection
from prvipe.client.contents import RemoteContents, Rows, as_list, row_numbers
from prvipe.client.model import RemoteModel
from prvipe.client.questions import NAMING_FIELDS, POSES_AT_ONCE, part_of, parts, question
from prvipe.errors import printable
from prvipe.files import require_file
from prvipe.geometry.arrays import FloatArray
from prvipe.index import SearchResult
from prvipe.index.filters import Where
from prvipe.index.model_of_index import IndexModel
from prvipe.index.queries import require_embeddings
from prvipe.index.searching import Request
from prvipe.model.gaussian import Gaussian
from prvipe.model.inputs import as_poses_of
from prvipe.poses import Poses
from prvipe.skeleton import get_skeleton
from prvipe.wire.embed import from_gaussian
from prvipe.wire.search import SearchAnswer, SearchRequest
from prvipe.wire.upload import ReadAnswer

if TYPE_CHECKING:
    import httpx

HITS_AT_ONCE = 50_000
"""Hits of all queries of one request."""

_PIECE = 2**20


class Client(RemoteContents, RemoteModel):
    """A library on a server (`prvipe serve`), and the model that it was made with.

    Has the methods of `PoseIndex` that look and search, those of `Embedder`, and `compare` and
    `align`, with the same arguments and results: a program moves to a server by one line. Threads
    may use one client at once; connections are kept, and given back by `close` or a `with` block.

    Every method raises `InputError` for what is the caller's fault, in the words that it has
    locally, and a `prvipe.errors.ServerError` where the server is out of reach
    (`ServerUnreachableError`), busy (`ServerBusyError`), slow (`ServerTooSlowError`), of another
    version (`ServerVersionError`), has another model than before (`ModelMismatchError`) or wants a
    token (`TokenRefusedError`).

    Args:
        url: address of the server, or of a library on it, as in http://localhost:8765/moves.
        library: name of one of its libraries, where `url` does not end in it; may be left out where
            the server has one. With it all of `url` is the server's, as behind a proxy.
        token: of the server; by default the variable PRVIPE_TOKEN of the environment.
        timeout: seconds to wait for an answer.
        patience: seconds to wait, all told, for a server that is busy or being started.
        plain_http: let the token go over a network without encryption.
        transport: how requests are sent, in place of the network, for tests.

    Raises:
        InputError: no address, or a token that must not be sent there.

    Example:
        >>> index = prvipe.Client("http://localhost:8765", library="moves")
        >>> for hit in index.search(query, k=5, where="camera!=cam01")[0]:
        ...     print(hit.source, hit.time, hit.probability)
    """

    def __init__(
        self,
        url: str,
        *,
        library: str | None = None,
        token: str | None = None,
        timeout: float = 60.0,
        patience: float = 30.0,
        plain_http: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        address = read_address(url)
        if library is None:
            address, library = split_library(address)
        if token is None:
            token = os.environ.get(TOKEN_VARIABLE) or None
        if token is not None:
            token = require_token(token, address, plain_http)
        super().__init__(Connection(address, token, timeout, patience, transport), library)

    def __repr__(self) -> str:
        chosen = "" if self._chosen is None else f", library={self._chosen!r}"
        return f"Client({self._connection.address!r}{chosen})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._connection.close()

    def search(
        self,
        query: Poses | Gaussian | FloatArray,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each query best; see `PoseIndex.search`.

        Raises:
            InputError: see `PoseIndex.search`; or k is above 1,000.
        """
        options = self._options(k, where, distinct, exact)
        if isinstance(query, Gaussian):
            require_embeddings(query, self._index_model())
        else:
            query = as_poses_of(self._library().skeleton, query, self._library().skeleton)
        results: list[SearchResult] = []
        for part in parts(len(query), _queries_at_once(k)):
            with part_of(part.start, part.stop, len(query)):
                if isinstance(query, Gaussian):
                    given = {"embeddings": from_gaussian(query[part])}
                else:
                    given = {"poses": self._describe(query[part], NAMING_FIELDS)}
                results += self._search({**options, **given})
        return results

    def search_row(
        self,
        row: int,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> SearchResult:
        """Find the poses that match one of the library best; see `PoseIndex.search_row`.

        Raises:
            InputError: there is no such row, and see `search`.
        """
        options = self._options(k, where, distinct, exact)
        (result,) = self._search({**options, "rows": row_numbers([row])})
        return result

    def search_rows(
        self,
        rows: Rows,
        k: int = 10,
        where: Where = None,
        *,
        distinct: str | float | None = None,
        exact: bool = False,
    ) -> list[SearchResult]:
        """Find the poses that match each of several of the library best; as `search_row`.

        Raises:
            InputError: a row that there is not, and see `search`.
        """
        options = self._options(k, where, distinct, exact)
        numbers = row_numbers(rows)
        results: list[SearchResult] = []
        for part in parts(len(numbers), _queries_at_once(k)):
            results += self._search({**options, "rows": numbers[part]})
        return results

    def read(self, path: str | os.PathLike[str], skeleton: str | None = None) -> Poses:
        """Let the server read an image, a video or a keypoint file; nothing of it is kept there.

        Args:
            path: the file.
            skeleton: name of a built-in one, for a file that does not name its joints.

        Returns:
            Poses: everybody in every frame, with source, frame and time. What seems to be wrong,
            such as sides exchanged, is a warning.

        Raises:
            InputError: there is no such file, the server cannot read it, or it is too large.
        """
        file = require_file(Path(path))
        params = {"filename": printable(file.name)}
        if skeleton is not None:
            params["skeleton"] = skeleton
        size = file.stat().st_size
        answer = self._connection.upload(
            "/v1/read", lambda: _pieces(file), size, params, ReadAnswer
        )
        for note in answer.notes:
            warnings.warn(f"{printable(file)}: {note}", stacklevel=2)
        return answer.poses.to_poses()

    def thumbnail(
        self, row: int, height: int = 240, *, drawn: bool = True, whole: bool = False
    ) -> bytes:
        """Return the person of a pose of the library, cut out of the frame, as JPEG.

        Args:
            row: number of the pose.
            height: of the picture, in pixels.
            drawn: whether the pose is drawn on it.
            whole: all of the frame.

        Raises:
            InputError: there is no such row, or its frame is not to be had.
        """
        choices = {"drawn": str(drawn).lower(), "whole": str(whole).lower()}
        (number,) = row_numbers([row])
        path = f"{self._path()}/poses/{number}/image"
        return self._connection.send("GET", path, params={"height": str(height), **choices}).content

    def _index_model(self) -> IndexModel:
        library = self._library()
        return IndexModel(
            library.model,
            library.fingerprint,
            library.dimension,
            self.matching,
            get_skeleton(library.skeleton),
        )

    def _options(
        self, k: int, where: Where, distinct: str | float | None, exact: bool
    ) -> dict[str, Any]:
        """What is asked of a search, checked as an index checks it."""
        Request.of(self._library().columns, k, where, distinct, exact)
        return {
            "library": self._name(),
            "k": k,
            "where": as_list(where),
            "distinct": None if distinct is None else str(distinct),
            "exact": exact,
        }

    def _search(self, options: dict[str, Any]) -> list[SearchResult]:
        request = question(SearchRequest, **options)
        answer = self._connection.post("/v1/search", request, SearchAnswer)
        if answer.fingerprint != self._library().fingerprint:
            self._look()  # which says that it is of another model
        columns = self._types_of([hit for result in answer.results for hit in result.hits])
        return [result.to_result(columns) for result in answer.results]


def _queries_at_once(k: int) -> int:
    return max(1, min(POSES_AT_ONCE, HITS_AT_ONCE // k))


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
