"""Asks web servers at addresses that others chose, without being led to machines that must not be reached.

The name is looked up once, every address behind it must be public, and the connection goes to the address that was looked at; so
a name that answers differently a moment later leads nowhere. Where redirects are followed, each is looked at the same way.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from core.errors import BadInput, TooLong
from core.security.public_addresses import public

SECONDS = 20.0
"""How long one fetch may take in all, from the first look-up to the last byte, however slowly the other side speaks."""
_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_LOOKUPS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="lookup")
"""Looking up a name cannot be broken off, so it is waited for elsewhere, and never by many at a time."""


Reachable = Callable[[str], bool]
"""Whether an IP address may be connected to."""


@dataclass(frozen=True)
class HttpAnswer:
    """A server's answer to `ask`: its status, its headers by their names in lower case, and the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Fetched:
    """A file from the web, and what its address calls it."""

    data: bytes
    filename: str


def fetch(url: str, *, most: int, private: bool = False, seconds: float = SECONDS) -> Fetched:
    """The file at an address. `private` lets it lead to this machine and its network. Raises BadInput, TooLong."""
    ends = time.monotonic() + seconds
    for _ in range(_REDIRECTS + 1):
        answer = _asked(url, most, private, ends)
        if isinstance(answer, Fetched):
            return answer
        url = answer
    raise BadInput("This address leads from one to the next without end.", hint="Give the address of the file itself.")


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | BinaryIO = b"",
    reachable: Reachable = public,
    most: int,
    seconds: float = SECONDS,
) -> HttpAnswer:
    """Make one request; redirects are answers like any other. At most `most` bytes of the body are read.

    A body that is an open file is sent in pieces; its Content-Length has to stand in `headers`. Raises BadInput when no whole
    answer comes in time, or the address may not be reached.
    """
    ends = time.monotonic() + seconds
    parts, port = _parts(url)
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _connected(parts.scheme, host, port, reachable, ends) as connection:
        try:
            connection.request(method, path, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            answered = HttpAnswer(answer.status, said, answer.read(most))
        except (OSError, HTTPException, ValueError) as problem:
            if time.monotonic() >= ends:
                raise BadInput(f"{host[:100]} is too slow.") from problem
            raise BadInput(f"{host[:100]} does not answer as it should.") from problem
    if time.monotonic() >= ends:
        raise BadInput(f"{host[:100]} is too slow.")
    return answered


def anywhere(address: str) -> bool:
    """For addresses that whoever set Slate up chose: this machine and its network may be reached."""
    return True


def _asked(url: str, most: int, private: bool, ends: float) -> Fetched | str:
    """The file, or where it is now."""
    parts, port = _parts(url)
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _connected(parts.scheme, host, port, anywhere if private else public, ends) as connection:
        try:
            connection.request("GET", path, headers={"User-Agent": "Slate-verify", "Accept": "image/*,video/*"})
            answer = connection.getresponse()
            if answer.status in (301, 302, 303, 307, 308):
                return urljoin(url, answer.getheader("Location") or "")
            if answer.status != 200:
                raise BadInput(f"{host} answers {answer.status} for this address.", hint="Check it in a browser.")
            data = answer.read(most + 1)
        except (OSError, HTTPException, ValueError) as problem:
            if time.monotonic() >= ends:
                raise BadInput(f"{host[:100]} is too slow.", hint="Download the file and drop it in instead.") from problem
            raise BadInput(f"{host[:100]} does not answer as it should.", hint="Check the address in a browser.") from problem
    if len(data) > most:
        raise TooLong(f"The file is larger than {most >> 20} MiB.", hint="Make it smaller and drop it in again.")
    if time.monotonic() >= ends:
        raise BadInput(f"{host[:100]} is too slow.", hint="Download the file and drop it in instead.")
    return Fetched(data, unquote(parts.path.rpartition("/")[2])[:200] or "file")


def _parts(url: str) -> tuple[SplitResult, int]:
    """An address that may be asked, and its port. Raises BadInput."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as problem:
        raise BadInput("This is not an address.", hint="It begins with https:// and names a public machine.") from problem
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise BadInput(
            "This is not an address that files are taken from.", hint="It begins with https:// and names a public machine."
        )
    if any(letter <= " " or letter == "\x7f" for letter in url.strip()):
        raise BadInput("This is not an address.", hint="It has no blanks and no control characters in it.")
    return parts, port


def _address(host: str, port: int, reachable: Reachable, ends: float) -> str:
    """One address behind the name, when all that are behind it may be reached. Raises BadInput."""
    try:
        looked_up = _LOOKUPS.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = {str(one[4][0]) for one in looked_up.result(timeout=max(0.0, ends - time.monotonic()))}
    except (OSError, UnicodeError) as problem:
        raise BadInput(f"There is no machine called {host[:100]}.", hint="Check the address.") from problem
    if not all(reachable(one) for one in found):
        raise BadInput(f"{host[:100]} is not a machine on the open Internet.", hint="Download the file and drop it in instead.")
    return min(found)


@contextmanager
def _connected(scheme: str, host: str, port: int, reachable: Reachable, ends: float) -> Iterator[HTTPConnection]:
    """A connection to the very address that was looked at, under the name that was asked for; cut off when time is up."""
    address = _address(host, port, reachable, ends)
    made = HTTPSConnection(host, port) if scheme == "https" else HTTPConnection(host, port)
    with ExitStack() as stack:
        stack.callback(made.close)
        try:
            plain = stack.enter_context(socket.create_connection((address, port), timeout=max(0.1, ends - time.monotonic())))
            if not reachable(str(plain.getpeername()[0])):
                raise OSError("connected elsewhere")
            stack.enter_context(_cut_off(plain, ends))
            made.sock = plain
            if scheme == "https":
                made.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except (OSError, ValueError) as problem:
            raise BadInput(f"{host[:100]} does not answer.", hint="Check the address in a browser.") from problem
        yield made


@contextmanager
def _cut_off(connected: socket.socket, ends: float) -> Iterator[None]:
    """Shut the connection down at the deadline, whatever is being read: a socket's timeout begins anew with each byte."""
    with connected.dup() as same:

        def shut() -> None:
            with suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

        clock = threading.Timer(max(0.0, ends - time.monotonic()), shut)
        clock.daemon = True
        clock.start()
        try:
            yield
        finally:
            clock.cancel()
            clock.join()
