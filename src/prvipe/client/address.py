"""The address of a server, and whether a token may be sent there."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from prvipe.errors import InputError

TOKEN_VARIABLE = "PRVIPE_TOKEN"
"""Variable of the environment that is read where no token is given."""


def read_address(url: str) -> str:
    """Return the address of a server without a slash at its end.

    Raises:
        InputError: it is none of http or https, or has a name and password, a query or a fragment
            in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"expected the address of a server, such as {_EXAMPLE}") from error
    if parts.username is not None or parts.password is not None:
        # Not repeated: it is a secret.
        raise InputError(f"an address with a password in it; give {_EXAMPLE} and token=...")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise InputError(f"{url}: expected the address of a server, such as {_EXAMPLE}")
    if parts.query or parts.fragment:
        raise InputError(f"{url}: has a ? or # in it; give the address alone, such as {_EXAMPLE}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def split_library(address: str) -> tuple[str, str | None]:
    """Split the address of a library into that of its server and its name, None if it has none.

    The last part of the path is the name; what is before it belongs to the server, as behind a
    proxy.

    Args:
        address: as `read_address` returns it.

    Raises:
        InputError: it is an address of the interface.
    """
    scheme, _, rest = address.partition("://")
    server, _, name = rest.rpartition("/")
    if not server:
        return address, None
    if name == _INTERFACE or f"/{_INTERFACE}/" in rest:
        given = f"{scheme}://{rest.partition(f'/{_INTERFACE}')[0]}"
        raise InputError(
            f"{address}: is an address of the interface; give that of the server, {given}, or of a "
            f"library, {given}/LIBRARY"
        )
    return f"{scheme}://{server}", unquote(name)


def require_token(token: str, address: str, plain_http: bool) -> str:
    """Return a token that may be sent to an address.

    Raises:
        InputError: it cannot be one, or would go over the network for all to read.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InputError("the token is empty or has spaces or other characters that none has")
    parts = urlsplit(address)
    if parts.scheme == "http" and not plain_http and not is_loopback(parts.hostname or ""):
        raise InputError(
            f"{address}: the token would be sent over http, where others can read it; use https, "
            "or a tunnel to this computer, or allow it with plain_http=True"
        )
    return token


def is_loopback(host: str) -> bool:
    """Whether a host is this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


_EXAMPLE = "http://localhost:8765"
_INTERFACE = "v1"
