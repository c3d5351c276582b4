"""The address of a server, and whether a token may be sent there."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

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
