"""What a run tells while it goes on: events, progress, previews, and what of it history keeps."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from hooks.simulator import versions
from hooks.simulator.cache import Cache
from hooks.simulator.folders import Folders
from hooks.simulator.knobs import Knobs
from hooks.simulator.nodes.kinds import NodeResult
from hooks.simulator.queue import Item
from hooks.simulator.sockets import Sockets
from hooks.simulator.values import Frame
from hooks.simulator.watermark import preview


@dataclass
class Bench:
    """What outlives a run: the server's parts that every run uses."""

    folders: Folders
    knobs: Knobs
    sockets: Sockets
    cache: Cache = field(default_factory=Cache)
    interrupt: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    loaded: str = ""
    client: str | None = None
    node: str | None = None
    """Which node runs, for a client that connects meanwhile."""


@dataclass
class Telling:
    """One job's voice. Owner is the client that submitted it, as long as it is connected under the same id."""

    bench: Bench
    item: Item
    node_id: str = ""
    _progress: dict[str, dict[str, Any]] = field(default_factory=dict)
    _messages: list[list[Any]] = field(default_factory=list)
    _outputs: dict[str, Any] = field(default_factory=dict)
    _meta: dict[str, Any] = field(default_factory=dict)

    def _show(self, node: str, made: NodeResult) -> None:
        if made.shown is None:
            return
        self._outputs[node] = made.shown
        self._meta[node] = {"node_id": node, "display_node": node, "parent_node": None, "real_node_id": node}
        self._tell_owner("executed", {"node": node, "display_node": node, "output": made.shown, "prompt_id": self.item[1]})

    def _moved(self, value: float, most: float, state: str) -> None:
        node = self.node_id
        self._progress[node] = {
            "value": value, "max": most, "state": state, "node_id": node, "prompt_id": self.item[1],
            "display_node_id": node, "parent_node_id": None, "real_node_id": node,
        }  # fmt: skip
        self._send("progress_state", {"prompt_id": self.item[1], "nodes": dict(self._progress)})

    def _send(self, event: str | int, data: Any) -> None:
        """To the owner, or to everybody when the job has none."""
        self.bench.sockets.send(event, data, self.bench.client)

    def _tell_owner(self, event: str, data: Any) -> None:
        """To the owner, or to nobody."""
        if self.bench.client is not None:
            self.bench.sockets.send(event, data, self.bench.client)

    def _event(self, event: str, data: dict[str, Any], *, to_all: bool = False) -> None:
        """An event that history keeps too, with its moment in milliseconds."""
        data = {**data, "timestamp": int(time.time() * 1000)}
        self._messages.append([event, data])
        (self._send if to_all else self._tell_owner)(event, data)

    def _preview(self, frame: Frame | None, done: float) -> bytes | None:
        wanted = self.bench.knobs.preview_method
        own = self.item[3].get("preview_method")
        if own not in (None, "default") and versions.has(self.bench.knobs.version, "per_job_preview"):
            wanted = str(own)
        if frame is None or wanted == "none":
            return None
        file = io.BytesIO()
        preview(frame, done).save(file, "JPEG", quality=95)
        return file.getvalue()

    def _described(self, image: bytes) -> bytes:
        node = self.node_id
        about = {
            "node_id": node,
            "prompt_id": self.item[1],
            "display_node_id": node,
            "parent_node_id": None,
            "real_node_id": node,
        }
        text = json.dumps({**about, "image_type": "image/jpeg"}).encode()
        return struct.pack(">I", len(text)) + text + image
