"""The self-test of a team's chats: a sealed canary goes through each of them, and what survived is kept for the doctor."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from core import files
from core.desk import Desk
from core.errors import SlateError
from core.files import stored
from core.formats import kinds
from core.operations.findings import Finding, State
from core.provenance.statement import Made
from core.verification import survival
from core.verification.survival import LAYERS, TestChat
from storage.clock import now

_KINDS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
_PREVIEW = "preview"
"""What chats get of a picture they do not show themselves: a JPEG with a small manifest of its own."""
_FILE = "selftest.json"


@dataclass(frozen=True)
class CanaryOutcome:
    """What became of one kind of file in one chat; `problem` where it could not be sent."""

    place: str
    kind: str
    layers: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def run(desk: Desk, places: Iterable[TestChat]) -> list[CanaryOutcome]:
    """Send a canary of each kind and a preview through each place, and remember what came of it.

    A chat that fails does not stop the others.
    """
    outcomes = [_one(desk, place, ending) for place in places for ending in (*_KINDS, _PREVIEW)]
    told = {"at": now().isoformat(), "outcomes": [one.__dict__ for one in outcomes]}
    path = desk.settings.data / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2), encoding="utf-8")
    return outcomes


def canary(desk: Desk, ending: str) -> bytes:
    """A small picture with every layer a render has, or its preview."""
    shown = ending == _PREVIEW
    ending = "png" if shown else ending
    picture = Image.linear_gradient("L").resize((640, 400)).convert("RGB")
    out = io.BytesIO()
    picture.rotate(20, expand=False, fillcolor=(40, 90, 140)).save(out, _KINDS[ending])
    moment = datetime.now(UTC)
    graph = {"1": {"class_type": "EmptyImage", "inputs": {}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
    made = Made(
        render_code="R-TEST",
        member="Slate",
        client="",
        project="selftest",
        workflow="canary",
        version=1,
        content_hash="",
        inputs={"prompt": "a canary"},
        graph=graph,
        started_at=moment,
        finished_at=moment,
    )
    asset = files.finish(desk, made, out.getvalue(), f"canary.{ending}", 0).asset
    return stored.read(desk, asset.preview if shown else asset.sha256)


def last(desk: Desk) -> Iterator[Finding]:
    """What the last self-test found, for the doctor; nothing where there was none."""
    try:
        told: dict[str, Any] = json.loads((desk.settings.data / _FILE).read_text(encoding="utf-8"))
        rows = [CanaryOutcome(**one) for one in told["outcomes"]]
        when = str(told["at"])[:10]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for place in dict.fromkeys(one.place for one in rows):
        lines = [f"{one.kind}: {one.problem or _line(one)}" for one in rows if one.place == place]
        lost = any("lost" in one.layers.values() or one.problem for one in rows if one.place == place)
        fix = "Hand out originals by /export, whose links keep everything." if lost else ""
        yield Finding("chat", State.WARNING if lost else State.FINE, f"{place}, tested {when}. {'; '.join(lines)}.", fix)


def _one(desk: Desk, place: TestChat, ending: str) -> CanaryOutcome:
    try:
        data = canary(desk, ending)
        assert kinds.mime_of(data, "")
        name = f"slate-canary.{'jpg' if ending == _PREVIEW else ending}"
        found = survival.send_through(desk.settings, place, data, name)
    except SlateError as problem:
        return CanaryOutcome(place.name, ending, {}, problem.message)
    return CanaryOutcome(place.name, ending, dict(found.layers))


def _line(one: CanaryOutcome) -> str:
    gone = [layer for layer in LAYERS if one.layers.get(layer) == "lost"]
    return (
        "keeps all"
        if not gone and "changed" not in one.layers.values()
        else f"loses {', '.join(gone) or 'nothing, but changes the file'}"
    )
