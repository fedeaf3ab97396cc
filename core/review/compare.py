"""Two results side by side: what they were made with differently, which words differ, and where their pixels do."""

from __future__ import annotations

import difflib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from sqlmodel import Session

from core.desk import Desk
from core.errors import StoreError
from core.files import previews, stored
from core.pictures import phash
from core.search.results import Result
from storage.search.hydrate import shown
from storage.tables import Asset

_EDGE = 640
_GAP = 12
_SETTINGS = ("sampler", "scheduler", "steps", "cfg", "denoise", "generator")
_LONGEST = 2_000
_LOUDER = 3
"""A difference of a third of the range is drawn at full strength: what can be seen should show."""


@dataclass(frozen=True)
class Difference:
    """A thing that is not the same of both; empty where one has none."""

    name: str
    one: str
    other: str


@dataclass(frozen=True)
class Comparison:
    """What two Assets have and have not in common."""

    one: Asset
    other: Asset
    differences: tuple[Difference, ...]
    same: tuple[str, ...]
    """Names of what is known of both and equal."""
    only_one: str = ""
    """Words of the first prompt that the second has not, in order."""
    only_other: str = ""
    bits: int | None = None
    """In how many of 256 bits their looks differ; None where that is not known."""


def compare(session: Session, one: Asset, other: Asset) -> Comparison:
    """Everything that is known of both, told apart."""
    pairs = list(zip(_known(session, one), _known(session, other), strict=True))
    different = tuple(Difference(name, first, second) for (name, first), (_, second) in pairs if first != second)
    same = tuple(name for (name, first), (_, second) in pairs if first == second and first)
    only_one, only_other = _words_apart(one.prompt, other.prompt)
    bits = phash.distance(one.phash, other.phash) if one.phash and other.phash else None
    return Comparison(one, other, different, same, only_one, only_other, bits)


def _known(session: Session, asset: Asset) -> list[tuple[str, str]]:
    (row,) = shown(session, [asset.id])
    result = Result.of(row)
    size = f"{asset.width}×{asset.height}" if asset.width and asset.height else ""
    return [
        ("by", result.by),
        ("client", result.client),
        ("project", result.project_name),
        ("shot", asset.shot),
        ("workflow", result.workflow),
        ("techniques", ", ".join(asset.techniques)),
        ("prompt", asset.prompt),
        ("negative prompt", asset.negative),
        ("seed", asset.seed),
        *((name, _plain(asset.facts.get(name))) for name in _SETTINGS),
        ("models", ", ".join(_model(one) for one in asset.models)),
        ("size", size),
        ("status", asset.status),
    ]


def _plain(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _model(one: dict[str, Any]) -> str:
    strength = one.get("strength")
    name = f"{one.get('name', '')}{f' at {strength:g}' if isinstance(strength, float | int) else ''}"
    digest = str(one.get("sha256") or "")[:10]
    return f"{name} ({digest})" if digest else name


def _words_apart(one: str, other: str) -> tuple[str, str]:
    """The words that only the one and only the other has."""
    first, second = one[:_LONGEST].split(), other[:_LONGEST].split()
    steps = difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    gone = " … ".join(" ".join(first[a:b]) for kind, a, b, _, _ in steps if kind in ("delete", "replace"))
    new = " … ".join(" ".join(second[c:d]) for kind, _, _, c, d in steps if kind in ("insert", "replace"))
    return gone, new


def picture(desk: Desk, one: Asset, other: Asset) -> bytes | None:
    """A PNG with both and, between them, where they differ (black: not at all); None where one of them cannot be shown."""
    stills = [_still(desk, asset) for asset in (one, other)]
    if stills[0] is None or stills[1] is None:
        return None
    first, second = (ImageOps.contain(still.convert("RGB"), (_EDGE, _EDGE)) for still in stills if still is not None)
    second = second.resize(first.size, Image.Resampling.LANCZOS)
    sheet = Image.new("RGB", (first.width * 3 + _GAP * 2, first.height), (24, 24, 27))
    for at, part in enumerate((first, _apart(first, second), second)):
        sheet.paste(part, (at * (first.width + _GAP), 0))
    file = io.BytesIO()
    sheet.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _apart(one: Image.Image, other: Image.Image) -> Image.Image:
    """The largest difference of a pixel's colours, from black over red and yellow to white."""
    far = np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16)).max(axis=2)
    heat = np.clip(far.astype(np.float32) * _LOUDER / 255, 0, 1)
    colours = np.stack([np.clip(heat * 3 - step, 0, 1) for step in (0, 1, 2)], axis=-1)
    return Image.fromarray((colours * 255).astype(np.uint8))


def _still(desk: Desk, asset: Asset) -> Image.Image | None:
    for digest in (asset.preview, asset.thumbnail):
        if not digest:
            continue
        try:
            return previews.still(stored.read(desk, digest), desk.settings.max_pixels)
        except StoreError:
            continue
    return None
