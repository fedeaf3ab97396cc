"""A blob as a response that is sent in pieces, whole or the range that was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from starlette.concurrency import iterate_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class BlobResponse(Response):
    """The bytes that `pieces(start, end)` gives, of `size` in all; one range of them where the browser asks for it."""

    def __init__(
        self, pieces: Callable[[int, int], Iterator[bytes]], size: int, digest: str, mime: str, headers: Mapping[str, str]
    ) -> None:
        self._pieces, self._size, self._etag = pieces, size, f'"{digest}"'
        super().__init__(media_type=mime, headers={**headers, "Accept-Ranges": "bytes", "ETag": self._etag})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = self._wanted(Headers(scope=scope))
        start, end = wanted or (0, self._size)
        if wanted is not None and start < end:
            self.status_code, self.headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{self._size}"
        elif wanted is not None:
            self.status_code, self.headers["Content-Range"] = 416, f"bytes */{self._size}"
            start = end = 0
        self.headers["Content-Length"] = str(end - start)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD" and end > start:
            async for piece in iterate_in_threadpool(self._pieces(start, end)):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _wanted(self, headers: Headers) -> tuple[int, int] | None:
        """From where to before where; None for all of it, also where several ranges, or those of another file, are asked for."""
        asked = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
        if asked is None or asked.group() == "bytes=-" or headers.get("if-range", self._etag) != self._etag:
            return None
        first, last = asked.groups()
        if not first:
            return max(0, self._size - int(last)), self._size
        return int(first), min(int(last) + 1 if last else self._size, self._size)
