"""Fetching what strangers name: no address that is not public, and no waiting beyond the deadline."""

from __future__ import annotations

import csv
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import BadInput
from core.security import safe_fetch
from core.security.public_addresses import public

TABLE = Path(__file__).parents[2] / "data" / "iana_special_purpose.csv"
ROWS = [(row["block"], row["globally_reachable"] == "yes") for row in csv.DictReader(TABLE.read_text().splitlines())]


@pytest.mark.parametrize(("block", "reachable"), ROWS)
def test_special_purpose_blocks_are_public_only_where_the_registry_says_globally_reachable(block: str, reachable: bool) -> None:
    network = ipaddress.ip_network(block)
    seen = {str(network[0]), str(network[-1]), str(network[network.num_addresses // 2])}
    more_exact = [ipaddress.ip_network(other) for other, _ in ROWS if other != block]
    for address in seen:
        inner = [one for one in more_exact if one.version == network.version and one.subnet_of(network)]  # type: ignore[arg-type]
        if not any(ipaddress.ip_address(address) in one for one in inner):
            assert public(address) is reachable, address


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert public(address)


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """A server that answers with `first` and then with one byte now and then, for ever."""
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        with server, server.accept()[0] as client:
            client.recv(4096)
            client.sendall(first)
            while not over.wait(0.02):
                try:
                    client.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/slow.png"
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b""],
    ids=["body", "head", "start"],
)
def test_a_server_that_drips_is_given_up_at_the_deadline(first: bytes) -> None:
    with dripping(first) as url, pytest.raises(BadInput, match="too slow"):
        safe_fetch.fetch(url, most=1 << 20, private=True, seconds=0.5)
