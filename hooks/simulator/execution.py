"""One run of one job: which nodes, in which order, with which events, and how it ends."""

from __future__ import annotations

import contextlib
import struct
import traceback
from dataclasses import dataclass, field
from typing import Any

from hooks.simulator.cache import fingerprint, keys
from hooks.simulator.folders import Folders
from hooks.simulator.messages import Telling
from hooks.simulator.node_order import execution_order
from hooks.simulator.nodes import NODES
from hooks.simulator.nodes.kinds import NodeFailed, NodeResult
from hooks.simulator.sockets import PREVIEW, PREVIEW_WITH_METADATA, TEXT
from hooks.simulator.values import Frame

OOM_KIND = "torch.OutOfMemoryError"
OOM_MESSAGE = (
    "CUDA out of memory. Tried to allocate 20.00 GiB\nThis error means you ran out of memory on your GPU.\n\n"
    "TIPS: If the workflow worked before you might have accidentally set the batch_size to a large number."
)
SAMPLERS = ("KSampler", "KSamplerAdvanced")


class Interrupted(Exception):
    """Somebody asked for this job to stop."""


class Stopped(Exception):
    """The server goes down; the job is lost."""


@dataclass
class Execution(Telling):
    """One run. `record` is what history keeps of it, `outcome` how it ended."""

    record: dict[str, Any] = field(default_factory=dict)
    outcome: str = "success"
    _made: dict[str, NodeResult] = field(default_factory=dict)
    _executed: list[str] = field(default_factory=list)
    _keys: dict[str, str] = field(default_factory=dict)
    _blocked: bool = False
    _doomed: bool = False

    # what a node may use (nodes.kinds.Work)

    @property
    def folders(self) -> Folders:
        return self.bench.folders

    @property
    def prompt(self) -> dict[str, Any]:
        return self.item[2]

    @property
    def extra_pnginfo(self) -> dict[str, Any] | None:
        return self.item[3].get("extra_pnginfo")

    def step(self, done: int, total: int, frame: Frame | None = None) -> None:
        self._wait(self.bench.knobs.step_seconds)
        if not self.bench.knobs.uninterruptible:
            self._check()
        self._moved(done, total, "running")
        image = self._preview(frame, done / total)
        with_metadata = self.bench.sockets.wants_metadata(self.bench.client)
        if image and with_metadata:
            self._send(PREVIEW_WITH_METADATA, self._described(image))
        self._send("progress", {"value": done, "max": total, "prompt_id": self.item[1], "node": self.node_id})
        if image and not with_metadata:
            self._send(PREVIEW, struct.pack(">I", 1) + image)

    def load(self, checkpoint: str) -> None:
        if checkpoint != self.bench.loaded:
            self._wait(self.bench.knobs.load_seconds)
            self.bench.loaded = checkpoint

    def tell(self, text: str) -> None:
        node = self.node_id.encode()
        self.bench.sockets.send(TEXT, struct.pack(">I", len(node)) + node + text.encode())

    # the run

    def run(self) -> None:
        """Runs to the end; Stopped goes through."""
        knobs = self.bench.knobs
        self._blocked, fails_late = knobs.take("no_outputs"), knobs.take("partial_outputs")
        self._event("execution_start", {"prompt_id": self.item[1]})
        fingerprint(self.prompt, self.folders, nan=knobs.nan_metadata)
        self._keys = keys(self.prompt)
        cached = [node for node in self.prompt if self._cached(node)]
        self._event("execution_cached", {"nodes": cached, "prompt_id": self.item[1]})
        try:
            for node in execution_order(self.prompt, self.item[4], lambda one: self._cached(one) is not None):
                self.node_id = node
                self._node(node)
                if fails_late and NODES[self.prompt[node]["class_type"]].output:
                    self._doomed = True
            if self._doomed:
                raise NodeFailed("RuntimeError", "the simulated server was told to fail after its first output")
            self._event("execution_success", {"prompt_id": self.item[1]})
        except Interrupted:
            self._stopped_by_wish()
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a node raises is that job's error
            self._failed(error)
        self._close()

    def _cached(self, node: str) -> NodeResult | None:
        return self.bench.cache.get(self._keys.get(node, ""))

    def _node(self, node: str) -> None:
        found = self._cached(node)
        if found is not None:
            self._made[node] = found
            self._show(node, found)
            self._moved(1, 1, "finished")
            return
        self._moved(0.0, 1.0, "running")
        self.bench.node = node
        self._tell_owner("executing", {"node": node, "display_node": node, "prompt_id": self.item[1]})
        self._check()
        made = self._run_node(node)
        self._made[node] = made
        self._executed.append(node)
        if node in self._keys and not self._blocked:
            self.bench.cache.put(self._keys[node], made)
        self._show(node, made)
        last = self._progress[node]
        self._moved(last["max"], last["max"], "finished")

    def _run_node(self, node: str) -> NodeResult:
        kind = NODES[self.prompt[node]["class_type"]]
        if self._blocked and kind.output:
            return self._block(kind.name)
        self._strike(kind.name)
        values = self.prompt[node]["inputs"]
        inputs = {name: self._input(value) for name, value in values.items() if name in kind.inputs}
        return kind.run(self, **inputs)

    def _input(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        made = self._made.get(value[0]) or self._cached(value[0])
        if made is None:  # thrown out of the cache between being found there and being needed
            raise NodeFailed("KeyError", f"the output of node {value[0]} is gone")
        return made.values[value[1]]

    def _strike(self, kind: str) -> None:
        """Fails as the knobs say."""
        knobs = self.bench.knobs
        has_sampler = any(self.prompt[node]["class_type"] in SAMPLERS for node in self.prompt)
        if knobs.oom and (kind in SAMPLERS or not has_sampler) and knobs.take("oom"):
            raise NodeFailed(OOM_KIND, OOM_MESSAGE)
        if knobs.node_error and knobs.node_error_at in ("", kind) and knobs.take("node_error"):
            raise NodeFailed("ValueError", f"the simulated server was told to fail in {kind}\n")

    def _block(self, kind: str) -> NodeResult:
        if self.bench.knobs.blocked_message:
            said = f"Execution Blocked: {self.bench.knobs.blocked_message}"
            what = {
                "exception_message": said,
                "exception_type": "ExecutionBlocked",
                "traceback": [],
                "current_inputs": [],
                "current_outputs": [],
            }
            about = {"prompt_id": self.item[1], "node_id": self.node_id, "node_type": kind, "executed": list(self._executed)}
            self._tell_owner("execution_error", {**about, **what})
        return NodeResult()

    # ending

    def _wait(self, seconds: float) -> None:
        if self.bench.stopping.wait(seconds) if seconds > 0 else self.bench.stopping.is_set():
            raise Stopped
        while self.bench.knobs.frozen:
            if self.bench.stopping.wait(0.02):
                raise Stopped

    def _check(self) -> None:
        if self.bench.stopping.is_set():
            raise Stopped
        if self.bench.interrupt.is_set():
            raise Interrupted

    def _stopped_by_wish(self) -> None:
        self.outcome = "interrupted"
        kind = self.prompt[self.node_id]["class_type"]
        about = {"prompt_id": self.item[1], "node_id": self.node_id, "node_type": kind, "executed": list(self._executed)}
        self._event("execution_interrupted", about, to_all=True)

    def _failed(self, error: Exception) -> None:
        self.outcome = "error"
        values = self.prompt[self.node_id]["inputs"]
        what = {
            "prompt_id": self.item[1], "node_id": self.node_id, "node_type": self.prompt[self.node_id]["class_type"],
            "executed": list(self._executed), "exception_message": str(error),
            "exception_type": error.kind if isinstance(error, NodeFailed) else _name(error),
            "traceback": traceback.format_tb(error.__traceback__),
            "current_inputs": {name: [value] for name, value in values.items() if not isinstance(value, list)},
            "current_outputs": list(self.prompt),
        }  # fmt: skip
        self._event("execution_error", what)

    def _close(self) -> None:
        status = {"status_str": "success" if self.outcome == "success" else "error", "completed": self.outcome == "success"}
        self.record = {"outputs": self._outputs, "status": {**status, "messages": self._messages}, "meta": self._meta}
        if self.bench.knobs.take("files_lost"):
            self._lose_files()

    def _lose_files(self) -> None:
        for shown in self._outputs.values():
            for entry in (*shown.get("images", ()), *shown.get("files", ())):
                with contextlib.suppress(OSError):
                    (self.folders.root / entry["type"] / entry["subfolder"] / entry["filename"]).unlink()


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
