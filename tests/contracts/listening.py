"""Sockets that note what arrives, in the shape of the recorded transcripts."""

from __future__ import annotations

import json
import struct
import uuid
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hooks.simulator import RunningSimulator

END = "end of the listening"


class Listener:
    """A client on /ws. `heard` is every message so far: parsed JSON, or bytes."""

    def __init__(self, sim: RunningSimulator, client: str | None = None, *, features: bool = False) -> None:
        self.sim = sim
        self.client = client or str(uuid.uuid4())
        self.heard: list[dict[str, Any] | bytes] = []
        self._held = ExitStack()
        self.socket = self._held.enter_context(
            connect(f"ws{sim.url[4:]}/ws?clientId={self.client}", max_size=None, max_queue=None)
        )
        if features:
            self.socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
            self.until("feature_flags")

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._held.close()

    def next(self) -> dict[str, Any] | bytes:
        said = self.socket.recv(timeout=30)
        self.heard.append(said if isinstance(said, bytes) else json.loads(said))
        return self.heard[-1]

    def until(self, kind: str, **data: Any) -> dict[str, Any]:
        """Listens on to a message of that type whose data has these values."""
        while True:
            said = self.next()
            if isinstance(said, dict) and said["type"] == kind and data.items() <= said["data"].items():
                return said

    def all(self) -> list[dict[str, Any] | bytes]:
        """Everything sent up to now; the server sends in order, so a last word of the test's own comes last."""
        self.sim.simulator.sockets.send(END, {})
        self.until(END)
        return self.heard[:-1]

    def cut(self) -> bool:
        """Whether the server ends the connection without a word."""
        try:
            while True:
                self.next()
        except ConnectionClosed as closed:
            return closed.rcvd is None


def told(said: dict[str, Any] | bytes) -> list[Any]:
    """One message as the transcripts have it."""
    if isinstance(said, bytes):
        return ["binary", struct.unpack(">I", said[:4])[0]]
    kind, data = said["type"], said["data"]
    match kind:
        case "status":
            return [kind, data["status"]["exec_info"]["queue_remaining"], *(["sid"] if "sid" in data else [])]
        case "execution_cached":
            return [kind, data["nodes"]]
        case "executing" | "executed":
            return [kind, data["node"], sorted(data)]
        case "progress_state":
            return [kind, {node: [one["value"], one["max"], one["state"]] for node, one in data["nodes"].items()}]
        case "progress":
            return [kind, data["value"], data["max"], data["node"]]
    return [kind, sorted(data)]


def in_own_order(messages: list[list[Any]]) -> list[list[Any]]:
    """Nodes renamed by the order in which they come up, as which of two ready ones runs first is the server's own affair."""
    names: dict[str, str] = {}

    def name(node: Any) -> Any:
        return None if node is None else names.setdefault(node, f"node {len(names) + 1}")

    renamed = []
    for kind, *rest in messages:
        match kind:
            case "progress_state":
                renamed.append([kind, {name(node): state for node, state in rest[0].items()}])
            case "executing" | "executed":
                renamed.append([kind, name(rest[0]), *rest[1:]])
            case "progress":
                renamed.append([kind, *rest[:2], name(rest[2])])
            case _:
                renamed.append([kind, *rest])
    return renamed
