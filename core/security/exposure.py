"""Says where the web process may listen: beyond this machine only where people sign in, or all who reach it are trusted."""

from __future__ import annotations

import ipaddress

from core.errors import CannotStart
from core.settings import Settings

REFUSED = (
    "Slate does not listen on {host}: whoever reaches it could sign in under any name. Set SLATE_SIGN_IN=account, so that people "
    "sign in with one-time links from chat or with an identity provider (docs/people.md), or listen on this machine only "
    "(SLATE_HOST=127.0.0.1). If a proxy with a login stands in front of it, set SLATE_ROOM_TRUSTED=yes."
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
    safe = settings.sign_in != "name" or settings.room_trusted or loopback(settings.host)
    return "" if safe else REFUSED.format(host=settings.host or "every address")


def check(settings: Settings) -> None:
    """Raises CannotStart where the web process must not listen where the settings say."""
    if problem := refusal(settings):
        said, _, hint = problem.partition(". ")
        raise CannotStart(f"{said}.", hint=hint)
