"""Tells addresses of the open Internet from all others, by IANA's registries of special-purpose addresses.

The tables are those of https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry; what is not marked there as globally reachable is not public.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

_IPV4_CLOSED = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 "
    "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
_IPV4_OPEN = "192.0.0.9/32 192.0.0.10/32"
"""Globally reachable within a block that is not."""
_IPV6_CLOSED = "2001::/23 2001:db8::/32 2002::/16 3fff::/20"
_IPV6_OPEN = "2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28"
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""Nothing else of IPv6 is given out: loopback, link-local, unique-local, site-local, multicast and the rest lie outside."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 behind a translator (RFC 6052): the last four bytes decide."""


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in text.split())


_CLOSED = {4: _networks(_IPV4_CLOSED), 6: _networks(_IPV6_CLOSED)}
_OPEN = {4: _networks(_IPV4_OPEN), 6: _networks(_IPV6_OPEN)}


def public(address: str) -> bool:
    """Whether an IP address is one of the open Internet; False for what is no address.

    >>> [public(one) for one in ("127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fec0::1", "93.184.215.14")]
    [False, False, False, False, False, True]
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None:
            return public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    return _within(ip, _OPEN[ip.version]) or not _within(ip, _CLOSED[ip.version])


def _within(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    return any(ip in one for one in networks)
