"""The client of one ComfyUI server: hand a graph over, follow it, fetch what it made.

Polling is the truth and the WebSocket a hint; a run has the id we gave it, so after any accident it can be looked up. Nothing
here ever touches another's run: no global interrupt, no clearing, no priorities of our own. See docs/comfyui.md.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx2

from core.comfyui import answers, leftovers, node_info, run_state
from core.comfyui.download import download, lost, result_too_large
from core.comfyui.follow import Patience, Watch
from core.comfyui.graph import Graph, without_is_changed
from core.comfyui.http import AnswerPace, Wire, host_of
from core.comfyui.listener import SocketListener
from core.comfyui.node_info import NodeInfo
from core.comfyui.progress import ProgressStep, RunProgress
from core.comfyui.responses import OutputFile, Run, RunState, ServerInfo, device_name, release
from core.comfyui.submission import TakenAndRefused, body, offer
from core.errors import (
    AnswerTooLarge,
    AnswerTooSlow,
    BackendError,
    BackendUnreachable,
    GraphRefused,
    SlateError,
)

__all__ = ["Comfy", "OutputFile", "Patience", "ProgressStep", "Run", "RunState", "ServerInfo"]

_PATIENCE = Patience()

_SECOND_LOOK = 0.5
"""Seconds between the two looks that prove that a doubtful submission did not arrive."""

_TARGETED_INTERRUPT = (0, 3, 57)
_REMEMBERED = 64
_LONGEST_NODE_LIST = 128 << 20
"""Bytes that are taken of `/object_info`: 3 MB on a plain server, ten times that on one with hundreds of packs."""
MAX_RESULT = 1 << 30
"""Bytes of a file that a run made, unless a caller allows more."""


class Comfy:
    """One ComfyUI server, for one worker: not to be shared between threads. A context manager; `close` ends its connections.

    Every method may raise BackendUnreachable, BackendBusy or GarbledAnswer.
    """

    def __init__(
        self, url: str, *, name: str = "", timeout: float = 30.0, max_result: int = MAX_RESULT, pace: AnswerPace | None = None
    ) -> None:
        """`url` is http(s)://, with user:password@ where a proxy asks for it; `timeout` is in seconds, for one answer.

        `max_result` is the bytes that are taken of a file a run made, `pace` how slowly an answer may come.
        """
        self.url = url.rstrip("/")
        self.name = name or host_of(url)
        self.timeout = timeout
        self.max_result = max_result
        self.wire = Wire(self.url, name=self.name, timeout=timeout, pace=pace)
        self._submitted: dict[str, tuple[str, Graph]] = {}
        self._node_types: frozenset[str] | None = None

    def server(self) -> ServerInfo:
        """What the server is. Raises GarbledAnswer when it is no ComfyUI."""
        told = self.wire.json("GET", "/system_stats")
        system = told.get("system") if isinstance(told, dict) else None
        if not isinstance(system, dict):
            raise self.wire.garbled("something that is not ComfyUI's")
        devices = [one for one in told.get("devices") or () if isinstance(one, dict)]
        device = device_name(str(devices[0].get("name", ""))) if devices else ""
        answer = self.wire.ask("GET", "/features")
        features = self.wire.read(answer) if answer.status_code == 200 else {}
        version = str(system.get("comfyui_version") or "unknown")[:80]
        return ServerInfo(version, device, features if isinstance(features, dict) else {})

    def queue_depth(self) -> int:
        """Everybody's runs on the server: waiting and running."""
        return run_state.depth(self.wire, self.timeout)

    def is_working(self) -> bool:
        """Whether it carries out any run now; one whose worker thread has died answers and never does."""
        return run_state.is_working(self.wire, self.timeout)

    def models(self, folder: str) -> list[str]:
        """The files in a model folder (`checkpoints`, `loras`, `controlnet` …) as loaders name them; [] for an unknown folder."""
        answer = self.wire.ask("GET", f"/models/{folder}")
        if answer.status_code == 404:
            return []
        if answer.status_code != 200:
            raise self.wire.unexpected(answer)
        told = self.wire.read(answer)
        return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []

    def node_types(self) -> frozenset[str]:
        """The node classes the server has; asked once, as the answer takes about a second."""
        if self._node_types is None:
            self._node_types = self.wire.understood(answers.names, self._object_info())
        return self._node_types

    def node_info(self, names: Collection[str]) -> dict[str, NodeInfo]:
        """What the server says of these node types; those it does not have are left out."""
        found: dict[str, NodeInfo] = self.wire.understood(lambda data: node_info.read(data, names), self._object_info())
        return found

    def _object_info(self) -> bytes:
        answer = self.wire.ask("GET", "/object_info", most=_LONGEST_NODE_LIST)
        if answer.status_code != 200:
            raise self.wire.unexpected(answer)
        return answer.content

    def has_input(self, name: str, size: int, *, subfolder: str) -> bool:
        """Whether the server's input folder has a file of this name and size in bytes."""
        where = {"filename": name, "subfolder": subfolder, "type": "input"}
        answer = self.wire.ask("HEAD", "/view", params=where)
        return answer.status_code == 200 and answer.headers.get("content-length") == str(size)

    def upload(self, name: str, data: bytes, *, subfolder: str, overwrite: bool = False) -> str:
        """Put a picture into the server's input folder and return what LoadImage calls it there.

        Two different pictures never share a name: the server renames the second, unless it is to `overwrite` the first. The same
        bytes and name are kept once.
        """
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")[-100:] or "input"
        fields = {"subfolder": subfolder, "type": "input", **({"overwrite": "true"} if overwrite else {})}
        answer = self.wire.ask("POST", "/upload/image", files={"image": (safe, data, "application/octet-stream")}, data=fields)
        if answer.status_code == 413:
            size = f"{len(data) / 1024 / 1024:.0f} MiB"
            raise GraphRefused(f"{self.name} takes no picture this large ({size}).", hint="Use a smaller one.", backend=self.name)
        if answer.status_code != 200:
            raise self.wire.unexpected(answer)
        told = self.wire.read(answer)
        if not isinstance(told, dict) or not isinstance(told.get("name"), str):
            raise self.wire.garbled("no name for the upload")
        folder = told.get("subfolder") if isinstance(told.get("subfolder"), str) else subfolder
        return f"{folder}/{told['name']}" if folder else str(told["name"])

    def submit(self, graph: Graph, prompt_id: str, *, extra_pnginfo: dict[str, Any] | None = None) -> None:
        """Queue a graph under `prompt_id`, a lower-case UUID of ours. Returns once the server has it for certain.

        A doubtful outcome is settled by looking the id up; the graph is offered again only when it was absent twice.
        Raises ModelMissing, NodeMissing or GraphRefused when the server will not run it, and then nothing of it stays queued;
        BackendUnreachable has the fact `sent`: True when the server may have taken it nevertheless.
        """
        if str(UUID(prompt_id)) != prompt_id:
            raise ValueError(f"not a lower-case UUID: {prompt_id!r}")
        client_id, clean = str(uuid4()), without_is_changed(graph)
        self._remember(prompt_id, client_id, clean)
        told = body(clean, prompt_id, client_id, extra_pnginfo)
        for last in (False, True):
            problem = self._offer(told, prompt_id, clean)
            if problem is None or self._arrived(prompt_id):
                return
            if last:
                raise problem

    def _remember(self, prompt_id: str, client_id: str, graph: Graph) -> None:
        self._submitted[prompt_id] = (client_id, graph)
        while len(self._submitted) > _REMEMBERED:
            del self._submitted[next(iter(self._submitted))]

    def _offer(self, told: bytes, prompt_id: str, graph: Graph) -> SlateError | None:
        try:
            return offer(self.wire, told, prompt_id, graph, self._models_if_any)
        except TakenAndRefused as taken:
            self.cancel(taken.prompt_id)
            raise taken.error from None

    def _models_if_any(self, folder: str) -> list[str]:
        try:
            return self.models(folder)
        except BackendError:
            return []  # only the wording of a refusal hangs on it

    def _arrived(self, prompt_id: str) -> bool:
        """Whether a doubtful submission is on the server after all: absent twice means no."""
        if self.look(prompt_id).state is not RunState.ABSENT:
            return True
        time.sleep(_SECOND_LOOK)
        return self.look(prompt_id).state is not RunState.ABSENT

    def look(self, prompt_id: str) -> Run:
        """Where the run stands now."""
        return run_state.stand(self.wire, prompt_id, self.timeout).run

    def watch(
        self,
        prompt_id: str,
        *,
        seen: Callable[[ProgressStep], None],
        keep_going: Callable[[], bool],
        told: Callable[[Run | None], None] = lambda run: None,
        patience: Patience | float = _PATIENCE,
    ) -> Run:
        """Block until the run is over and return it; it may have been submitted by another process, or be over already.

        `seen` gets every sign of life, in order, on this thread; `told` gets the run after each look, and None after each look
        that brought no answer. When `keep_going` says no, the run is returned as it was last seen.
        Raises RunVanished when the server no longer knows the run, and BackendUnreachable, BackendBusy or GarbledAnswer when it
        gave no good answer for as long as `patience` says (seconds).
        """
        client_id, graph = self._submitted.get(prompt_id) or ("", {})
        listener = SocketListener("ws" + self.url.removeprefix("http"), client_id)
        patience = patience if isinstance(patience, Patience) else Patience(patience, patience, patience)
        look = run_state.RunPoller(self.wire, prompt_id, followed=True)
        progress = RunProgress(prompt_id, graph)

        def stand(within: float) -> run_state.RunStanding:
            return look.now(min(within, self.timeout))

        watch = Watch(stand, listener, progress, server=self.name, patience=patience, told=told)
        try:
            run = watch.follow(seen, keep_going)
        finally:
            listener.close()
        if run is None:
            return watch.last or Run(prompt_id, RunState.ABSENT)
        self._submitted.pop(prompt_id, None)
        return run

    def cancel(self, prompt_id: str) -> bool:
        """Take the run out of the queue or stop it, and nothing else. False when it was neither waiting nor running.

        A running node stops at its next check (each sampling step), so the run may go on for a moment: `watch` tells.
        """
        answer = self.wire.ask("POST", f"/api/jobs/{prompt_id}/cancel")
        if answer.status_code == 200:
            told = self.wire.read(answer)
            if isinstance(told, dict) and isinstance(told.get("cancelled"), bool):
                return bool(told["cancelled"])
        return self._cancel_as_before(prompt_id)

    def _cancel_as_before(self, prompt_id: str) -> bool:
        """For servers before 0.26: dequeue, and if it had started meanwhile, interrupt exactly this run."""
        dequeued = False
        for _ in range(3):
            state = self.look(prompt_id).state
            if state is RunState.RUNNING:
                return self._interrupt(prompt_id) or dequeued
            if state is not RunState.PENDING:
                break
            self._post("/queue", {"delete": [prompt_id]})
            dequeued = True
        return dequeued

    def _interrupt(self, prompt_id: str) -> bool:
        version = release(self.server().version)
        if version and version < _TARGETED_INTERRUPT:
            return False  # there an interrupt would stop whatever runs, whoever's it is
        self._post("/interrupt", {"prompt_id": prompt_id})
        return True

    def _post(self, path: str, body: dict[str, Any]) -> None:
        answer = self.wire.ask("POST", path, json=body)
        if answer.status_code != 200:
            raise self.wire.unexpected(answer)

    def fetch(self, output: OutputFile) -> bytes:
        """The bytes of a file a run made, asked for once. Raises ResultTooLarge, and OutputLost when it is gone, empty or short.

        The error's fact `gone` tells whether the server said so; a transfer that broke off may work the next time.
        """
        where = {"filename": output.filename, "subfolder": output.subfolder, "type": output.type}
        try:
            answer = self.wire.ask("GET", "/view", params=where, most=self.max_result)
        except AnswerTooLarge as problem:
            raise result_too_large(self.name, self.max_result) from problem
        except AnswerTooSlow:
            raise
        except BackendUnreachable as problem:
            if not isinstance(problem.__cause__, httpx2.RemoteProtocolError | httpx2.ReadError):
                raise
            self.queue_depth()  # raises when it is the server that is gone, not the file
            raise lost(output, self.name, "broke off in the middle") from problem
        if answer.status_code in (400, 403, 404):
            raise lost(output, self.name, "is not there any more", gone=True)
        if answer.status_code != 200:
            raise self.wire.unexpected(answer)
        if not answer.content:
            raise lost(output, self.name, "is empty")
        return answer.content

    def collect(self, output: OutputFile, rest: Callable[[float], None]) -> bytes:
        """As `fetch`, asked for again until the file is complete or must be given up; see download.py. `rest` waits seconds."""
        return download(self.fetch, output, rest, server=self.name)

    def written(self, graph: Graph) -> tuple[OutputFile, ...]:
        """What a run of this graph that the server no longer knows has left on its disk; () where that is not certain."""
        return leftovers.find(self.wire, graph)

    def close(self) -> None:
        self.wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
