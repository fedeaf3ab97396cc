"""What a simulated ComfyUI may be told to do wrong, and the few figures it runs by; all changeable while it runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hooks.simulator.versions import CURRENT

ALWAYS = -1
"""The count that never runs out."""

_LOCK = threading.Lock()


def _knob(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


def _times(meaning: str) -> Any:
    return field(default=0, metadata={"meaning": meaning, "times": True})


@dataclass
class Knobs:
    """Every knob; a *times* knob is a count: 0 is off, n is the next n times, -1 (or `always`) is for ever.

    >>> knobs = Knobs(); knobs.turn("oom", "1"); knobs.take("oom"), knobs.take("oom")
    (True, False)
    """

    # figures
    step_seconds: float = _knob(0.02, "seconds one sampler step takes")
    load_seconds: float = _knob(0.0, "seconds it takes to load a checkpoint other than the last one")
    version: str = _knob(CURRENT, "the ComfyUI version spoken; 0.3.57 is the oldest worth playing")
    preview_method: str = _knob("none", "previews for jobs that do not ask for them: none, or auto")
    max_upload_size: int = _knob(100 * 2**20, "bytes a request body may have before 413")
    history_size: int = _knob(10000, "finished jobs remembered")
    # submitting
    submit_500: int = _times("POST /prompt answers 500 text/plain and queues nothing")
    submit_500_after: int = _times("POST /prompt queues the job and then answers 500")
    submit_hang: int = _times("POST /prompt never answers and queues nothing")
    submit_hang_after: int = _times("POST /prompt queues the job and never answers")
    submit_drop: int = _times("POST /prompt closes the connection and queues nothing")
    submit_drop_after: int = _times("POST /prompt queues the job and then closes the connection")
    # running
    oom: int = _times("the sampler (or the first node, without one) runs out of memory")
    node_error: int = _times("a node fails with an ordinary error")
    node_error_at: str = _knob("", "the class of node that `node_error` strikes; empty is the first one run")
    partial_outputs: int = _times("the job fails after its first output node has finished")
    no_outputs: int = _times("the job succeeds with no outputs at all")
    blocked_message: str = _knob("", "with `no_outputs`: an ExecutionBlocked error with this text is sent first")
    files_lost: int = _times("the files a job wrote are gone before anybody asks for them")
    kill_worker: int = _times("the worker thread dies instead of taking the next job; only a restart helps")
    worker_paused: bool = _knob(False, "the worker takes no job while this is on")
    uninterruptible: bool = _knob(False, "interruptions are noticed only when the next node starts")
    nan_metadata: bool = _knob(False, "is_changed is NaN in the graph inside the files, which strict JSON parsers refuse")
    # telling
    history_delay: float = _knob(0.0, "seconds between execution_success and the job being in the history")
    forget_history: int = _times("the finished job never reaches the history, as if somebody had deleted it")
    ws_refuse: int = _times("a WebSocket handshake is answered 500")
    ws_silent: bool = _knob(False, "sockets stay open and nothing is sent on them")
    ws_drop: int = _times("a socket is cut, without a close frame, at the next message meant for it")
    ws_unknown: bool = _knob(False, "unknown message types and binary events are mixed in")
    deregister_on_close: bool = _knob(True, "closing an old socket silences a newer one with the same clientId")
    reconnect_prompt_id: bool = _knob(
        False, "the `executing` sent on reconnect carries the prompt_id that the real one leaves out"
    )
    # answering
    http_500: int = _times("any request is answered 500 text/plain")
    http_seconds: float = _knob(0.0, "seconds every answer is late")
    frozen: bool = _knob(
        False, "no request is answered and no job goes on, as while the process is paused; turned off, all goes on"
    )
    garbage: str = _knob("", "what successful JSON answers become: html, truncated or empty; nothing when unset")
    garbage_path: str = _knob("", "only answers whose path contains this become garbage")
    view_missing: int = _times("/view answers 404")
    view_short: int = _times("/view announces the whole file, sends half and closes")
    view_empty: int = _times("/view answers 200 with no bytes")
    view_cut: int = _times("/view announces and sends half of the file, as a proxy does that cuts it")
    view_seconds: float = _knob(0.0, "seconds /view takes")

    def take(self, name: str) -> bool:
        """Whether the times knob `name` strikes now; uses up one of its times."""
        with _LOCK:
            left = int(getattr(self, name))
            if left > 0:
                setattr(self, name, left - 1)
            return left != 0

    def turn(self, name: str, value: object) -> None:
        """Sets one knob from a value or its text; ValueError for an unknown knob or an unreadable value."""
        for one in fields(self):
            if one.name == name:
                setattr(self, name, _read(value, type(one.default), times="times" in one.metadata))
                return
        raise ValueError(f"there is no knob {name!r}; knobs are {', '.join(one.name for one in fields(self))}")

    def turn_all(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            self.turn(name, value)

    def read(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


def _read(value: object, kind: type[Any], *, times: bool) -> object:
    word = str(value).strip().lower()
    if kind is bool:
        return _switch(word)
    if times and word in ("always", "true", "on", "yes"):
        return ALWAYS
    if times and word in ("never", "false", "off", "no"):
        return 0
    return kind(value)


def _switch(word: str) -> bool:
    if word in ("true", "on", "yes", "1", "always"):
        return True
    if word in ("false", "off", "no", "0", ""):
        return False
    raise ValueError(f"{word!r} is neither on nor off")


def meanings() -> dict[str, str]:
    """Every knob's name and what it does, in order."""
    return {one.name: one.metadata["meaning"] for one in fields(Knobs)}
