"""Fetches a file that a stranger names by its address, without being led to machines that strangers must not reach.

The name is looked up once, every address behind it must be public, and the connection goes to the address that was looked at; so
a name that answers differently a moment later leads nowhere. Redirects are taken the same way, each anew.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import unquote, urljoin, urlsplit

from core.errors import BadInput, TooLong

_TIMEOUT = 10.0
_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Fetched:
    """A file from the web, and what its address calls it."""

    data: bytes
    filename: str


def fetch(url: str, *, most: int, private: bool = False) -> Fetched:
    """The file at an address. `private` lets it lead to this machine and its network. Raises BadInput, TooLong."""
    for _ in range(_REDIRECTS + 1):
        answer = _asked(url, most, private)
        if isinstance(answer, Fetched):
            return answer
        url = answer
    raise BadInput("This address leads from one to the next without end.", hint="Give the address of the file itself.")


def public(address: str) -> bool:
    """Whether an IP address is one of the open Internet.

    >>> [public(one) for one in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "93.184.215.14")]
    [False, False, False, False, False, True]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    return bool(inner.is_global and not inner.is_multicast and not inner.is_reserved)


def _asked(url: str, most: int, private: bool) -> Fetched | str:
    """The file, or where it is now."""
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        raise BadInput(
            "This is not an address that files are taken from.", hint="It begins with https:// and names a public machine."
        )
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as problem:
        raise BadInput("This address has a port that does not exist.") from problem
    connection = _connection(parts.scheme, host, port, _address(host, port, private))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("GET", path, headers={"User-Agent": "Slate-verify", "Accept": "image/*,video/*"})
        answer = connection.getresponse()
        if answer.status in (301, 302, 303, 307, 308):
            return urljoin(url, answer.getheader("Location") or "")
        if answer.status != 200:
            raise BadInput(f"{host} answers {answer.status} for this address.", hint="Check it in a browser.")
        data = answer.read(most + 1)
    except (OSError, HTTPException, ValueError) as problem:
        raise BadInput(f"{host} does not answer as it should.", hint="Check the address in a browser.") from problem
    finally:
        connection.close()
    if len(data) > most:
        raise TooLong(f"The file is larger than {most >> 20} MiB.", hint="Download it and drop it in smaller.")
    return Fetched(data, unquote(parts.path.rpartition("/")[2])[:200] or "file")


def _address(host: str, port: int, private: bool) -> str:
    """One address behind the name, when all that are behind it may be reached. Raises BadInput."""
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as problem:
        raise BadInput(f"There is no machine called {host[:100]}.", hint="Check the address.") from problem
    if not private and not all(public(one) for one in found):
        raise BadInput(f"{host[:100]} is not a machine on the open Internet.", hint="Download the file and drop it in instead.")
    return min(found)


def _connection(scheme: str, host: str, port: int, address: str) -> HTTPConnection:
    """A connection to that very address, under the name that was asked for."""
    made = HTTPSConnection(host, port, timeout=_TIMEOUT) if scheme == "https" else HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        plain = socket.create_connection((address, port), timeout=_TIMEOUT)
        made.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
    except OSError as problem:
        raise BadInput(f"{host[:100]} does not answer.", hint="Check the address in a browser.") from problem
    return made
