"""The HTTP line to one ComfyUI server: what goes wrong on it becomes one of our errors, and no answer is taken without limits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from core.comfyui import answers
from core.comfyui.body import BadEncoding, TooMuch, read_body
from core.comfyui.deadline import Deadline
from core.errors import (
    AnswerTooLarge,
    AnswerTooSlow,
    BackendBusy,
    BackendError,
    BackendUnreachable,
    BadInput,
    GarbledAnswer,
    SandboxBusy,
)
from core.formats.bounded_json import TooManyValues

_CONNECT_SECONDS = 5.0
_START_HINT = "Check that ComfyUI runs there; the render waits and resumes automatically."
_SERVER_HINT = "Check that the URL is a ComfyUI server and look at its log."
SMALL = 8 << 20
"""Bytes of an answer unless a caller allows more."""


@dataclass(frozen=True)
class AnswerPace:
    """How slowly an answer may come: after so many seconds, so many bytes must have come for each second more."""

    grace: float = 15.0
    slowest: int = 64 << 10


class Wire:
    """Requests over connections that are kept open; use as a context manager or call `close`. Not for several threads."""

    def __init__(self, url: str, *, name: str, timeout: float, pace: AnswerPace | None = None) -> None:
        self.name = name
        self.timeout = timeout
        self.pace = pace or AnswerPace()
        self._deadline = Deadline()
        limits = httpx2.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=60)
        connect = min(_CONNECT_SECONDS, timeout)
        try:
            self.client = httpx2.Client(
                base_url=url,
                timeout=httpx2.Timeout(timeout, connect=connect),
                limits=limits,
                trust_env=False,
                headers={"Accept-Encoding": "gzip, deflate"},
            )
        except (httpx2.InvalidURL, ValueError) as problem:
            raise BackendUnreachable(f"The address of {name} is not a URL.", hint="It looks like http://host:8188.") from problem

    def ask(
        self,
        method: str,
        path: str,
        *,
        within: float | None = None,
        most: int = SMALL,
        params: dict[str, str] | None = None,
        **body: Any,
    ) -> httpx2.Response:
        """One request and its whole answer, whatever its status: at most `most` bytes, `within` so many seconds (or the line's).

        Raises BackendUnreachable when there is no answer; its fact `sent` tells whether the server may have got the request.
        AnswerTooLarge and AnswerTooSlow are what a server cannot get out of by packing its answer or by dripping it.
        """
        seconds = self.timeout if within is None else within
        try:
            with self._deadline.within(self._until_headers(seconds, body)) as trace:
                return self._exchange(method, path, params, body, seconds, most, trace)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as problem:
            raise self._unreachable("does not answer", sent=False) from problem
        except httpx2.TimeoutException as problem:
            raise self._unreachable("took too long to answer", sent=True) from problem
        except (httpx2.RequestError, httpx2.InvalidURL, OSError) as problem:
            if self._deadline.passed:
                raise self._too_slow() from problem
            raise self._unreachable("broke off the connection", sent=True) from problem

    def _until_headers(self, seconds: float, body: dict[str, Any]) -> float:
        """Seconds until the whole head of an answer must be there: more where much is sent."""
        return min(_CONNECT_SECONDS, seconds) + seconds + _size(body) / self.pace.slowest

    def _exchange(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None,
        body: dict[str, Any],
        seconds: float,
        most: int,
        trace: Callable[..., None],
    ) -> httpx2.Response:
        limits = httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
        request = self.client.build_request(
            method, path, params=params, timeout=limits, extensions={"trace": trace, "timeout": limits.as_dict()}, **body
        )
        answer = self.client.send(request, stream=True)
        try:
            content = read_body(answer, most, self._on_time()) if method != "HEAD" else b""
        except TooMuch as problem:
            raise self.too_large(most) from problem
        except BadEncoding as problem:
            raise self.garbled("a body that cannot be decoded") from problem
        finally:
            answer.close()
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "content-encoding"]
        return httpx2.Response(answer.status_code, headers=headers, content=content, request=request)

    def _on_time(self) -> Callable[[int], None]:
        """Raises AnswerTooSlow when so many bytes are too few by now."""
        began, pace = time.monotonic(), self.pace

        def check(received: int) -> None:
            if time.monotonic() - began > pace.grace + received / pace.slowest:
                raise self._too_slow()

        return check

    def json(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of a 200 answer. Raises BackendUnreachable, BackendBusy or GarbledAnswer."""
        answer = self.ask(method, path, **more)
        if answer.status_code != 200:
            raise self.unexpected(answer)
        return self.read(answer)

    def read(self, answer: httpx2.Response) -> Any:
        """The JSON in an answer; NaN, which ComfyUI writes at times, is null. Raises GarbledAnswer."""
        return self.understood(answers.value, answer.content)

    def understood(self, read: Callable[..., Any], *args: Any) -> Any:
        """What one of the readers of `answers` makes of an answer. Raises GarbledAnswer, AnswerTooLarge, BackendBusy."""
        try:
            return read(*args)
        except TooManyValues as problem:
            raise self.too_large(len(args[0])) from problem
        except (ValueError, RecursionError) as problem:
            raise self.garbled("something that is not JSON") from problem
        except BadInput as problem:  # the sandbox ended its reader
            raise self.garbled("something that takes too much to read") from problem
        except SandboxBusy as problem:
            raise BackendBusy(f"An answer of {self.name} has to wait until others are read.", backend=self.name) from problem

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
        return GarbledAnswer(f"{self.name} answered {what}.", hint=_SERVER_HINT, backend=self.name, **facts)

    def too_large(self, most: int) -> AnswerTooLarge:
        """The error for an answer beyond its limit."""
        return AnswerTooLarge(f"{self.name} answered more than Slate takes.", hint=_SERVER_HINT, backend=self.name, most=most)

    def _too_slow(self) -> AnswerTooSlow:
        return AnswerTooSlow(f"{self.name} answers too slowly.", hint=_SERVER_HINT, backend=self.name, sent=True)

    def _unreachable(self, what: str, *, sent: bool) -> BackendUnreachable:
        return BackendUnreachable(f"{self.name} {what}.", hint=_START_HINT, backend=self.name, sent=sent)

    def close(self) -> None:
        self.client.close()


def _size(body: dict[str, Any]) -> int:
    """Bytes that are sent, about."""
    files = [one[1] for one in (body.get("files") or {}).values()]
    return sum(len(one) for one in (body.get("content") or b"", *files))


def host_of(url: str) -> str:
    """The `host:port` of a URL, without the password it may hold.

    >>> host_of("http://me:secret@gpu-01:8188/comfy/")
    'gpu-01:8188'
    """
    return re.sub(r"^[a-z]+://(?:[^/@]*@)?|/.*$", "", url, flags=re.IGNORECASE) or url
