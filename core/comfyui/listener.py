"""One ear at a ComfyUI's WebSocket: hints that something happened, never the truth about it.

Each connection has a client id of its own: a server that closes an old socket late also forgets the new one of the same id. Only
a run that another process handed in is heard under that one's id, as its progress is told to nobody else.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from websockets.exceptions import InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

from core.comfyui import answers
from core.comfyui.progress import ProgressStep, RunProgress

_OPEN_SECONDS = 3.0
_RETRY_SECONDS = 2.0
_MAX_FRAME, _MAX_WAITING = 8 << 20, 4
"""Bytes of one message and how many wait to be heard. A socket that brings a larger one is closed; polling goes on without it."""
_MAX_TEXT = 1 << 20
_FLAGS = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
_OVER = frozenset({"execution_success", "execution_error", "execution_interrupted"})


@dataclass(frozen=True)
class SocketHint:
    """What came of listening for a moment: a step of the run, and whether it is worth asking the server now."""

    step: ProgressStep | None = None
    ask: bool = False


class SocketListener:
    """Hears the messages for one client id as long as the socket holds; afterwards, under ids of its own, only that jobs end."""

    def __init__(self, url: str, client_id: str = "") -> None:
        self.url = url
        self.client_id = client_id
        self.socket: ClientConnection | None = None
        self.closing = ExitStack()
        self.retry_at = 0.0

    @property
    def open(self) -> bool:
        return self.socket is not None

    def join(self, client_id: str) -> None:
        """Listen under the id of a process that is no more, from now on."""
        if client_id:
            self.close()
            self.client_id, self.retry_at = client_id, 0.0

    def hear(self, progress: RunProgress, seconds: float) -> SocketHint:
        """Wait at most `seconds` for one message. Without a socket it just waits: the caller polls anyway."""
        self._connect(seconds)
        if self.socket is None:
            time.sleep(seconds)
            return SocketHint()
        try:
            message = self.socket.recv(timeout=seconds)
        except TimeoutError:
            return SocketHint()
        except (WebSocketException, OSError):
            self.close()
            return SocketHint(ask=True)
        return SocketHint(progress.look(message)) if isinstance(message, bytes) else _text(message, progress)

    def _connect(self, seconds: float) -> None:
        if self.socket is not None or time.monotonic() < self.retry_at:
            return
        self.retry_at = time.monotonic() + _RETRY_SECONDS
        client_id, self.client_id = self.client_id or str(uuid4()), ""
        try:
            self.socket = self.closing.enter_context(
                connect(
                    f"{self.url}/ws?clientId={quote(client_id)}",
                    open_timeout=_OPEN_SECONDS,
                    close_timeout=0.5,
                    max_size=_MAX_FRAME,
                    max_queue=_MAX_WAITING,
                    proxy=None,
                    compression=None,
                )
            )
            self.socket.send(_FLAGS)
        except (WebSocketException, InvalidURI, OSError, EOFError):
            self.close()

    def close(self) -> None:
        """Close the socket, if there is one."""
        self.socket = None
        self.closing.close()


def _text(message: str, progress: RunProgress) -> SocketHint:
    if len(message) > _MAX_TEXT:
        return SocketHint(ask=True)
    try:
        told: Any = answers.hint(message.encode())
    except ValueError:
        return SocketHint()
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict):
        return SocketHint()
    kind, ours = str(told.get("type")), data.get("prompt_id") == progress.prompt_id
    over = ours and (kind in _OVER or (kind == "executing" and data.get("node") is None))
    return SocketHint(progress.hear(kind, data), ask=over or kind == "status")
