"""Requests to one server: connections kept, tried again where that is safe."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from prvipe import __version__
from prvipe.client.refusals import TRY_AGAIN, error_of
from prvipe.detection.extras import import_extra
from prvipe.errors import (
    InputError,
    PrvipeError,
    ServerTooSlowError,
    ServerUnreachableError,
    ServerVersionError,
)

if TYPE_CHECKING:
    import httpx
else:
    httpx = import_extra("httpx", "prvipe.Client")

Answer = TypeVar("Answer", bound=BaseModel)

CONNECT_SECONDS = 5.0
"""A server that is there accepts connections by then."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
_LOST_CONNECTIONS = 2
"""How often a request is sent again whose connection was refused or lost."""

_LOST = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""What happens to connections to a server that is there; time that ran out is something else."""


@dataclass(frozen=True)
class _Failure:
    """Why a request has no answer.

    Attributes:
        error: to be raised if it is not sent again.
        cause: of the error.
        lost: whether the connection was.
        may_pass: whether another try may go better.
        wanted: seconds until then that the server asks for.
    """

    error: PrvipeError
    cause: Exception | None = None
    lost: bool = False
    may_pass: bool = True
    wanted: float | None = None


class Connection:
    """Sends requests to one server; threads may do so at once.

    A server that is busy is asked again after as long as it says, as long as `patience` allows.
    None of the requests that are sent changes anything there, so that a lost one may be repeated.
    """

    def __init__(
        self,
        address: str,
        token: str | None,
        timeout: float,
        patience: float,
        transport: httpx.BaseTransport | None,
    ) -> None:
        for name, seconds in (("timeout", timeout), ("patience", patience)):
            if not 0 <= seconds < float("inf") or (name == "timeout" and seconds == 0):
                raise InputError(f"{name} {seconds}: expected seconds")
        headers = {"User-Agent": f"prvipe/{__version__}"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self.address = address
        self._patience, self._timeout = patience, timeout
        self._http = httpx.Client(
            base_url=address,
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            transport=transport,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(
        self, path: str, answer: type[Answer], params: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for something that has an address.

        Raises:
            PrvipeError: see `send`.
        """
        return self._read(self.send("GET", path, params=params), answer)

    def post(self, path: str, question: BaseModel, answer: type[Answer]) -> Answer:
        """Ask for something that is computed.

        Raises:
            PrvipeError: see `send`.
        """
        return self._read(self.post_for(path, question, "application/json"), answer)

    def post_for(self, path: str, question: BaseModel, accept: str) -> httpx.Response:
        """Ask for something that is computed, in the form `accept`.

        Raises:
            PrvipeError: see `send`.
        """
        body = question.model_dump_json(exclude_none=True).encode()
        headers = {"Content-Type": "application/json", "Accept": accept}
        return self.send("POST", path, headers=headers, content=lambda: body)

    def upload(
        self,
        path: str,
        content: Callable[[], Iterable[bytes]],
        size: int,
        params: Mapping[str, str],
        answer: type[Answer],
    ) -> Answer:
        """Send a file piece by piece; `content` begins with it anew each time it is called.

        Raises:
            PrvipeError: see `send`.
        """
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        sent = self.send("POST", path, headers=headers, params=params, content=content)
        return self._read(sent, answer)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: Callable[[], bytes | Iterable[bytes]] | None = None,
    ) -> httpx.Response:
        """Send a request and return its answer, which is a success.

        Raises:
            InputError: something is wrong with what is asked, in the server's words.
            ServerError: of the kind that says what is wrong with the server.
        """
        given_up = time.monotonic() + self._patience
        failures = lost = 0
        while True:
            body = None if content is None else content()
            outcome = self._try(method, path, headers=headers, params=params, content=body)
            if not isinstance(outcome, _Failure):
                return outcome
            lost += outcome.lost
            pause = _pause(failures, outcome.wanted)
            hopeless = not outcome.may_pass or lost > _LOST_CONNECTIONS
            if hopeless or time.monotonic() + pause > given_up:
                raise outcome.error from outcome.cause
            time.sleep(pause)
            failures += 1

    def _try(self, method: str, path: str, **request: Any) -> httpx.Response | _Failure:
        try:
            response = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            lost = isinstance(error, _LOST)
            return _Failure(self._error_of(error), error, lost, may_pass=lost)
        except httpx.InvalidURL as error:
            refusal = InputError(f"{self.address}: no address of a server ({error})")
            return _Failure(refusal, error, may_pass=False)
        if response.is_success:
            return response
        return _Failure(
            error_of(response, self.address),
            may_pass=response.status_code in TRY_AGAIN,
            wanted=_seconds_wanted(response),
        )

    def _error_of(self, error: httpx.TransportError) -> PrvipeError:
        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
            return ServerTooSlowError(
                f"{self.address}: no answer within {self._timeout:g} s; ask for less at once, or "
                "give the client a longer timeout"
            )
        if isinstance(error, httpx.PoolTimeout):
            return ServerTooSlowError(f"{self.address}: all connections are in use")
        return ServerUnreachableError(
            f"{self.address}: nobody answers ({str(error) or type(error).__name__}); is the server "
            "running there (prvipe serve LIBRARY), and can this computer reach it?"
        )

    def _read(self, response: httpx.Response, answer: type[Answer]) -> Answer:
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise ServerVersionError(
                f"{self.address}: the answer is not what this version of prvipe expects "
                f"({place or answer.__name__}: {first['msg']}); use the same version on both sides"
            ) from error


def _seconds_wanted(response: httpx.Response) -> float | None:
    """The seconds that a server wants to be left alone for; None if it does not say."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None  # a date, which proxies send


def _pause(failures: int, wanted: float | None) -> float:
    """Seconds until another try: as many as wanted, else more each time.

    Spread at random, so that not all who were sent away come back at once.
    """
    if wanted is not None:
        return wanted * random.uniform(1.0, 1.2) + random.uniform(0.0, _FIRST_PAUSE)
    return float(
        min(_FIRST_PAUSE * 2 ** min(failures, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.5)
    )
