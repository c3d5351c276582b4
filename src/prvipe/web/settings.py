"""Who may speak to a server, and by which names."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from prvipe.errors import InputError
from prvipe.service.limits import Limits

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

SHORTEST_TOKEN = 16
"""Characters of a token; 32 random ones, as of `openssl rand -base64 24`, are what to take."""

LONGEST_TOKEN = 1_024


@dataclass(frozen=True)
class Settings:
    """How a server is set up.

    Attributes:
        token: that everybody must send; None: nobody needs one.
        hosts: names by which the server may be called, in lower case, without a port.
        any_address: whether it may be called by any IP address, as it listens on all of them.
        limits: what it takes on.
    """

    token: str | None = field(default=None, repr=False)
    hosts: frozenset[str] = LOOPBACK_NAMES
    any_address: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def for_others(self) -> bool:
        """Whether it is meant to be reached by other people."""
        return self.token is not None or self.any_address or self.names_allowed

    @property
    def names_allowed(self) -> bool:
        """Whether it goes by more names than those of this machine for itself."""
        return self.hosts != LOOPBACK_NAMES

    def may_be_called(self, host: str) -> bool:
        """Whether a name, in lower case and without a port, is one of the server's.

        A web page elsewhere whose name is made to lead to this server (DNS rebinding) calls it by
        that name. An IP address in the address bar cannot be made to lead elsewhere.
        """
        return host in self.hosts or (self.any_address and _is_address(host))


def settings_for(
    host: str,
    *,
    token: str | None,
    insecure: bool = False,
    allowed_hosts: Sequence[str] = (),
    limits: Limits | None = None,
) -> Settings:
    """Settings of a server that listens on an address.

    Raises:
        InputError: others can reach the address and there is neither a token nor `insecure`, or
            the token is one that can be guessed, or an allowed host is no host name.
    """
    if token is not None:
        require_token(token)
    elif not (insecure or is_loopback(host)):
        raise InputError(
            f"--host {host}: others can reach this address; give a token with --token-file or the "
            "environment variable PRVIPE_TOKEN, or let anybody in with --insecure"
        )
    names = {_as_host(name) for name in allowed_hosts}
    own = set() if _is_wildcard(host) else {host.lower()}
    return Settings(token, LOOPBACK_NAMES | own | names, _is_wildcard(host), limits or Limits())


def require_token(token: str) -> None:
    """Refuse a token that is short, or that no header can carry.

    Raises:
        InputError: saying how to make one; the token itself is not named.
    """
    remedy = "take one from: openssl rand -base64 24"
    if not SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN:
        raise InputError(
            f"the token has {len(token)} characters, and must have {SHORTEST_TOKEN} to "
            f"{LONGEST_TOKEN:,}; {remedy}"
        )
    if not all("!" <= character <= "~" for character in token):
        raise InputError(f"the token has spaces or characters that are not plain ASCII; {remedy}")
    if len(set(token)) < SHORTEST_TOKEN // 2:
        raise InputError(f"the token repeats a few characters; {remedy}")


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach an address.

    Raises:
        InputError: it is no address of any machine.
    """
    if _is_wildcard(host):
        return False
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"--host {host}: no such address ({error})") from error
    return all(ipaddress.ip_address(str(entry[4][0])).is_loopback for entry in found)


def _is_wildcard(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _as_host(name: str) -> str:
    bare = name.strip().lower().rstrip(".")
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    if not bare or (not set(bare) <= allowed and not _is_address(bare)):
        raise InputError(
            f"--allowed-host {name}: expected a name such as poses.example.org, without port, "
            "scheme or path"
        )
    return bare
