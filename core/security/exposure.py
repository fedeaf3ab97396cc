"""Says where the web process may listen: the room believes everybody's name, so only where all who reach it are trusted."""

from __future__ import annotations

import ipaddress

from core.settings import Settings

REFUSED = (
    "The room believes everybody who reaches it, so Slate does not listen on {host}, "
    "only on this machine (SLATE_HOST=127.0.0.1). If everybody on that network may be whoever they say, "
    "set SLATE_ROOM_TRUSTED=yes."
)


def loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> [loopback(one) for one in ("127.0.0.1", "localhost", "::1", "[::1]", "0.0.0.0", "::", "", "slate.example", "192.0.2.1")]
    [True, True, True, True, False, False, False, False, False]
    """
    name = host.strip().strip("[]").casefold()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refusal(settings: Settings) -> str:
    """Why the web process must not listen where the settings say; empty where it may."""
    return "" if settings.room_trusted or loopback(settings.host) else REFUSED.format(host=settings.host or "every address")
