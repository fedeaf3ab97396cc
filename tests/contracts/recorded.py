"""Reading the recordings, and asking a server what was asked then."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from PIL import Image

from hooks.simulator.inventory import write
from tests.contracts.compare import differences

HERE = Path(__file__).parent / "recordings"
MODELS = {
    "checkpoints": ["sd15_random.safetensors", "tiny_sd15.safetensors"],
    "loras": ["rndstyle.safetensors", "rndstyle_full.safetensors", "team/second style v2.safetensors"],
    "controlnet": ["control_tiny_sd15_depth.safetensors"],
}


@dataclass(frozen=True)
class Recording:
    name: str
    request: dict[str, Any]
    response: dict[str, Any] = field(repr=False)

    @property
    def json(self) -> Any:
        return self.response["json"]


def recordings(group: str) -> list[Recording]:
    return [Recording(**json.loads(line)) for line in (HERE / f"{group}.jsonl").read_text(encoding="utf-8").splitlines()]


def named(group: str) -> dict[str, Recording]:
    return {one.name: one for one in recordings(group)}


def ask(url: str, recording: Recording, **headers: str) -> httpx2.Response:
    """Sends the recorded request."""
    request = recording.request
    sent: dict[str, Any] = {"headers": {**request.get("headers", {}), **headers}}
    if "json" in request:
        sent["json"] = request["json"]
    elif "form" in request:
        sent.update(_form(request["form"]))
    elif "body" in request:
        sent["content"] = request["body"]
    return httpx2.request(request["method"], url + request["path"], timeout=20, **sent)


def _form(form: dict[str, str]) -> dict[str, Any]:
    """As the recording client did it: file names percent-encoded."""
    form = dict(form)
    name, content = form.pop("filename", None), form.pop("content", "first")
    field_name = form.pop("field", "image")
    files = {field_name: (quote(name, safe=""), PICTURES[content], "image/png")} if name else {}
    return {"data": form, "files": files} if files else {"data": form}


def check(recording: Recording, answer: httpx2.Response, extra: frozenset[str] = frozenset()) -> None:
    """Status, the headers that matter, and the body, are as recorded."""
    wanted = recording.response
    assert answer.status_code == wanted["status"], answer.text[:500]
    for header, value in wanted["headers"].items():
        if header in ("Etag", "Last-Modified", "Content-Range"):
            assert header in answer.headers, header
        else:
            assert answer.headers.get(header) == value, f"{header}: {answer.headers.get(header)} instead of {value}"
    if "json" in wanted:
        found = differences(wanted["json"], answer.json(), recording.name, extra)
        assert not found, "\n".join(found)
    elif "starts" in wanted:
        assert answer.content.hex().startswith(wanted["starts"][:8])
    else:
        assert answer.text == wanted["text"], answer.text


def put_models(folder: Path) -> None:
    """The model files the recorded server had."""
    for kind, names in MODELS.items():
        for name in names:
            path = folder / "models" / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, {})


def _png(colour: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (48, 40), (colour, 90, 90, 200)).save(file, "PNG")
    return file.getvalue()


PICTURES = {"first": _png(10), "other": _png(200)}
