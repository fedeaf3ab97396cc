"""The HTTP line to one ComfyUI server: what goes wrong on it becomes one of our errors."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2

from core.errors import BackendBusy, BackendError, BackendUnreachable, GarbledAnswer

_CONNECT_SECONDS = 5.0
_START_HINT = "Check that ComfyUI runs there; the render waits and resumes automatically."


class Wire:
    """Requests over connections that are kept open; use as a context manager or call `close`."""

    def __init__(self, url: str, *, name: str, timeout: float) -> None:
        self.name = name
        limits = httpx2.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=60)
        connect = min(_CONNECT_SECONDS, timeout)
        try:
            self.client = httpx2.Client(
                base_url=url, timeout=httpx2.Timeout(timeout, connect=connect), limits=limits, trust_env=False
            )
        except (httpx2.InvalidURL, ValueError) as problem:
            raise BackendUnreachable(f"The address of {name} is not a URL.", hint="It looks like http://host:8188.") from problem

    def ask(
        self, method: str, path: str, *, within: float | None = None, params: dict[str, str] | None = None, **body: Any
    ) -> httpx2.Response:
        """One request and its whole answer, whatever its status. `within` is seconds for each step of it (default: the line's).

        Raises BackendUnreachable when there is no answer; its fact `sent` tells whether the server may have got the request.
        """
        more: dict[str, Any] = (
            {} if within is None else {"timeout": httpx2.Timeout(within, connect=min(_CONNECT_SECONDS, within))}
        )
        try:
            return self.client.request(method, path, params=params, **body, **more)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as problem:
            raise self._unreachable("does not answer", sent=False) from problem
        except httpx2.TimeoutException as problem:
            raise self._unreachable("took too long to answer", sent=True) from problem
        except httpx2.DecodingError as problem:
            raise self.garbled("a body that cannot be decoded") from problem
        except (httpx2.RequestError, httpx2.InvalidURL) as problem:
            raise self._unreachable("broke off the connection", sent=True) from problem

    def json(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of a 200 answer. Raises BackendUnreachable, BackendBusy or GarbledAnswer."""
        answer = self.ask(method, path, **more)
        if answer.status_code != 200:
            raise self.unexpected(answer)
        return self.read(answer)

    def read(self, answer: httpx2.Response) -> Any:
        """The JSON in an answer; NaN, which ComfyUI writes at times, is taken. Raises GarbledAnswer."""
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError) as problem:
            raise self.garbled("something that is not JSON") from problem

    def unexpected(self, answer: httpx2.Response) -> BackendError:
        """The error behind a status that was not hoped for."""
        status = answer.status_code
        if status in (429, 503):
            return BackendBusy(f"{self.name} takes no requests just now ({status}).", backend=self.name, status=status)
        if status in (401, 403, 407):
            hint = "A proxy before it asks for a login; put it into the server's URL (http://user:password@host)."
            return BackendUnreachable(f"{self.name} does not let us in ({status}).", hint=hint, backend=self.name, status=status)
        if status in (502, 504):
            return self._unreachable(f"is not there behind its proxy ({status})", sent=True)
        return self.garbled(f"status {status}", status=status)

    def garbled(self, what: str, **facts: Any) -> GarbledAnswer:
        hint = "Check that the URL is a ComfyUI server and look at its log."
        return GarbledAnswer(f"{self.name} answered {what}.", hint=hint, backend=self.name, **facts)

    def _unreachable(self, what: str, *, sent: bool) -> BackendUnreachable:
        return BackendUnreachable(f"{self.name} {what}.", hint=_START_HINT, backend=self.name, sent=sent)

    def close(self) -> None:
        self.client.close()


def host_of(url: str) -> str:
    """The `host:port` of a URL, without the password it may hold.

    >>> host_of("http://me:secret@gpu-01:8188/comfy/")
    'gpu-01:8188'
    """
    return re.sub(r"^[a-z]+://(?:[^/@]*@)?|/.*$", "", url, flags=re.IGNORECASE) or url
