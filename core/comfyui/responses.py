"""What a ComfyUI server says about a run and about itself, read leniently into plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from core.comfyui.refusal import failure
from core.errors import AnswerTooLarge, NoOutputs, RunInterrupted, SlateError

Kind = Literal["image", "video", "audio", "3d", "text", "file"]

_KINDS: dict[Kind, str] = {
    "image": "png jpg jpeg webp gif apng avif bmp tif tiff exr hdr jxl",
    "video": "mp4 webm mov mkv avi m4v",
    "audio": "flac mp3 opus ogg wav m4a aac",
    "3d": "glb gltf obj ply stl fbx usdz splat spz ksplat",
    "text": "txt json csv md srt",
}
MOST_FILES = 2_000
"""Files of one run; more than that are no result of anybody's."""
_LONGEST_NAME = 1_000
_BY_EXTENSION: dict[str, Kind] = {extension: kind for kind, names in _KINDS.items() for extension in names.split()}


class RunState(StrEnum):
    """Where a run stands on the server; `absent` means the server knows nothing of it."""

    ABSENT = "absent"
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)


@dataclass(frozen=True)
class OutputFile:
    """A file a run wrote; `type` is output, temp or input. The extension decides the kind, not the key it was reported under."""

    node_id: str
    filename: str
    subfolder: str
    type: str
    kind: Kind


@dataclass(frozen=True)
class Run:
    """One run as the server tells it; a failed or cancelled one carries its error and may still have outputs."""

    prompt_id: str
    state: RunState
    position: int | None = None
    """Of a pending run: 1 is the next one to start."""
    outputs: tuple[OutputFile, ...] = ()
    error: SlateError | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def results(self) -> tuple[OutputFile, ...]:
        """The outputs worth keeping: saved files, or where nothing was saved, the previews."""
        saved = tuple(one for one in self.outputs if one.type == "output")
        return saved or self.outputs


@dataclass(frozen=True)
class ServerInfo:
    """A server: its ComfyUI version, the device it renders on, and what `/features` says."""

    version: str
    device: str
    features: dict[str, Any] = field(default_factory=dict)

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers, empty when it is not known."""
        return release(self.version)


def release(version: str) -> tuple[int, ...]:
    """
    >>> release("0.3.57"), release("v0.27.0-dev"), release("unknown")
    ((0, 3, 57), (0, 27, 0), ())
    """
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()


def device_name(text: str) -> str:
    """
    >>> device_name("cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync"), device_name("cpu")
    ('NVIDIA GeForce RTX 4090', 'cpu')
    """
    found = re.match(r"\w+:\d+ (.+?)(?: : \w+)?$", text)
    return (found.group(1) if found else text)[:80]


def kind_of(filename: str) -> Kind:
    """
    >>> kind_of("a_00001_.PNG"), kind_of("x.webm"), kind_of("strange")
    ('image', 'video', 'file')
    """
    return _BY_EXTENSION.get(filename.rpartition(".")[2].lower(), "file")


def outputs_in(outputs: Any) -> tuple[OutputFile, ...]:
    """All files in a history entry's `outputs`, under whatever key, each once."""
    found: dict[tuple[str, str, str], OutputFile] = {}
    for node_id, payload in outputs.items() if isinstance(outputs, dict) else ():
        for item in _file_items(payload):
            one = _output(str(node_id), item)
            found.setdefault((one.type, one.subfolder, one.filename), one)
    return tuple(found.values())


def _file_items(payload: Any) -> Iterator[dict[str, Any]]:
    for listed in payload.values() if isinstance(payload, dict) else ():
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict) and isinstance(item.get("filename"), str) and 0 < len(item["filename"]) <= _LONGEST_NAME:
                yield item


def _output(node_id: str, item: dict[str, Any]) -> OutputFile:
    subfolder = item.get("subfolder") if isinstance(item.get("subfolder"), str) else ""
    kind = item.get("type") if item.get("type") in ("output", "temp", "input") else "output"
    inner, _, filename = item["filename"].replace("\\", "/").rpartition("/")
    folders = "/".join(part for part in (str(subfolder).replace("\\", "/").strip("/"), inner) if part)
    return OutputFile(node_id, filename, folders, str(kind), kind_of(filename))


def finished(prompt_id: str, entry: dict[str, Any], *, server: str) -> Run:
    """The run behind a history entry. One that made no file has failed with NoOutputs, even where ComfyUI calls it a success.

    Raises AnswerTooLarge for one with more files than are taken.
    """
    status = entry.get("status") if isinstance(entry.get("status"), dict) else {}
    messages = _messages(status)
    outputs = outputs_in(entry.get("outputs"))
    if len(outputs) > MOST_FILES:
        raise AnswerTooLarge(f"{server} says that one run made {len(outputs)} files.", backend=server, files=len(outputs))
    state, error = _verdict(status, messages, outputs, server)
    started, ended = _moment(messages.get("execution_start")), None
    for name in ("execution_success", "execution_error", "execution_interrupted"):
        ended = _moment(messages.get(name)) or ended
    return Run(prompt_id, state, None, outputs, error, started, ended)


def _messages(status: Any) -> dict[str, dict[str, Any]]:
    """Message name -> its data; of several by one name, the last."""
    listed = status.get("messages") if isinstance(status, dict) else None
    return {
        str(one[0]): one[1]
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, list) and len(one) == 2 and isinstance(one[1], dict)
    }


def _verdict(
    status: Any, messages: dict[str, dict[str, Any]], outputs: tuple[OutputFile, ...], server: str
) -> tuple[RunState, SlateError | None]:
    if "execution_interrupted" in messages:
        stopped = RunInterrupted(f"The run was interrupted on {server}.", backend=server, outputs=len(outputs))
        return RunState.CANCELLED, stopped
    if "execution_error" in messages or (isinstance(status, dict) and status.get("status_str") == "error"):
        return RunState.FAILED, failure(messages.get("execution_error", {}), server=server)
    if not outputs:
        hint = "Check that the workflow ends in a node that saves, and that no switch in it blocks that node."
        return RunState.FAILED, NoOutputs(f"{server} ended the run well, but it made no file.", hint=hint, backend=server)
    return RunState.DONE, None


def _moment(message: dict[str, Any] | None) -> datetime | None:
    """A message's `timestamp`, in milliseconds since 1970."""
    stamp = (message or {}).get("timestamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return None
    try:
        return datetime.fromtimestamp(stamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
