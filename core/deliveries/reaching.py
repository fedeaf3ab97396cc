"""Which machines deliveries may go to: the open Internet by https, and networks of the house's own that a setting names."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from core.errors import BadInput
from core.security.public_addresses import public
from core.settings import Settings

_LONGEST = 2000


def reachable(settings: Settings, url: str) -> Callable[[str], bool]:
    """What tells of an IP address whether a delivery to `url` may connect to it."""
    own = [ipaddress.ip_network(one, strict=False) for one in settings.delivery_networks]
    plain = urlsplit(url).scheme != "https"

    def allowed(address: str) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return any(ip.version == one.version and ip in one for one in own) or (not plain and public(address))

    return allowed


def checked(settings: Settings, url: str) -> str:
    """An address that deliveries may be sent to, as far as it shows by itself. Raises BadInput."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as problem:
        raise BadInput("This is not an address.", hint="It begins with https://.", input="url") from problem
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > _LONGEST:
        raise BadInput("This is not an address that events can be sent to.", hint="It begins with https://.", input="url")
    if any(letter <= " " or letter == "\x7f" for letter in url.strip()):
        raise BadInput("This is not an address.", hint="It has no blanks in it.", input="url")
    if parts.username is not None or parts.password is not None:
        raise BadInput("The address has a name or a password in it.", hint="Give them as options of their own.", input="url")
    if parts.scheme == "http" and not settings.delivery_networks:
        hint = "Use https, or name your own network in SLATE_DELIVERY_NETWORKS."
        raise BadInput("Events are not sent over plain http.", hint=hint, input="url")
    return url.strip()
