"""What keeps strangers' pages out of the room: Host and Origin checks, and headers that tie a page down."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import Settings

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Refuses requests under foreign names (DNS rebinding) and changes asked by foreign pages (CSRF); adds the headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.names = {"localhost", settings.host.casefold(), (urlsplit(settings.base_url).hostname or "").casefold()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        problem = self.refusal(scope["method"], Headers(scope=scope))
        if problem:
            await PlainTextResponse(problem, status_code=403, headers=HEADERS)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if renewed := scope.get("state", {}).get("cookie"):
                    headers.append("set-cookie", renewed)
            await send(message)

        await self.app(scope, receive, with_headers)

    def refusal(self, method: str, headers: Headers) -> str:
        """Why the request is refused, or an empty text.

        A Host that is an address is always right: only names can be rebound. Browsers send an Origin with every change they make
        for another page; a request without one comes from a program, which has no cookie that somebody else could borrow.
        """
        host = headers.get("host", "")
        if not self._is_ours(host):
            return f"This Slate does not answer to the name {host[:80]!r}. Set SLATE_PUBLIC_URL to the address people use.\n"
        if method in _SAFE:
            return ""
        origin = headers.get("origin")
        if origin is None:
            foreign = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        else:
            foreign = not self._is_own(origin, host)
        return "This request did not come from Slate's own pages. Open Slate and try again there.\n" if foreign else ""

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").casefold()
        except ValueError:
            return False
        return name in self.names or _is_address(name)

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether it is where the request went, or the public name, which a proxy may have replaced in the Host header."""
        try:
            place = urlsplit(origin)
            name = (place.hostname or "").casefold()
        except ValueError:
            return False
        if place.netloc.casefold() == host.casefold():
            return True
        return name in self.names and name not in ("localhost", "") and not _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
