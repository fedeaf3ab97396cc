"""Looks at a file closely without trusting it: what it is, how large, what it says of itself, and what it looks like.

Only a picture that cannot be opened safely is refused. Words in it that are broken, hostile or too long are left out and told in
`Examined.problems`; the picture is kept all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from core import generators
from core.comfyui import graph as graphs
from core.comfyui.facts import Facts
from core.comfyui.graph import Graph
from core.errors import BadGraph, BadPicture, TooLong
from core.formats import exif, films, kinds, pixels, png, stealth
from core.formats.sanitize import clean, clean_text, parsed
from core.generators.novelai import STEALTH
from core.pictures import phash as fingerprints
from core.provenance import embed
from core.provenance.carriers import carrier_of
from core.security.sandbox import sandboxed
from core.settings import Settings

LOOK_EDGE = 2048
"""Pixels of the longer edge of the picture that `look` gives: more than anything that recognises pictures goes by."""


@dataclass(frozen=True)
class Limits:
    """How much is let in: pixels of one frame and of its longer edge, bytes of the file, bytes of all its text."""

    max_pixels: int = 120_000_000
    max_edge: int = 65_535
    max_bytes: int = 64 << 20
    max_text: int = 16 << 20


@dataclass(frozen=True)
class Examined:
    """What a file is and says. Sizes are in pixels, upright; `frames` is 1 for a still; digests are hex, empty where none.

    `words` are its text entries as they came; `graph` and `workflow` are ComfyUI's, `record` is Slate's, all unproven claims.
    """

    filename: str
    mime: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    frames: int = 1
    seconds: float | None = None
    has_alpha: bool = False
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    graph: Graph | None = field(default=None, repr=False)
    workflow: Mapping[str, Any] | None = field(default=None, repr=False)
    facts: Facts | None = None
    record: Mapping[str, Any] | None = field(default=None, repr=False)
    pixel_sha256: str = ""
    phash: str = ""
    phash_mirrored: str = ""
    problems: tuple[str, ...] = ()

    @property
    def is_picture(self) -> bool:
        """Whether it was opened as a picture, still or animated."""
        return self.mime in kinds.PICTURES


def limits_of(settings: Settings) -> Limits:
    return Limits(max_pixels=settings.max_pixels, max_edge=settings.max_edge, max_bytes=settings.max_upload_mb << 20)


@sandboxed
def examine(data: bytes, filename: str, *, limits: Limits = Limits()) -> Examined:
    """Everything about one file. Raises BadPicture, TooManyPixels, TooCostly, SandboxBusy, or TooLong for too many bytes."""
    return decoded(data, filename, limits)[0]


@sandboxed
def glance(data: bytes, filename: str, *, limits: Limits = Limits(), sha256: str = "") -> Examined:
    """What a file is and says, without decoding a pixel: no digests of its looks, and no workflow, which only its words hold.

    `sha256` is its digest where that is known already. Raises what `examine` raises.
    """
    found = _first(data, filename, limits, sha256)
    if not found.is_picture:
        return _said(_film(data, found, limits), briefly=True)
    found = _header(data, found, limits)
    if found.width is not None:
        return _said(found, briefly=True)
    with pixels.opened(data, max_pixels=limits.max_pixels, max_edge=limits.max_edge) as image:
        width, height = pixels.upright_size(image)
        return _said(replace(found, width=width, height=height, **_carried(image, data, found, limits)), briefly=True)


@sandboxed
def look(data: bytes, filename: str, limits: Limits) -> tuple[Examined, Image.Image | None]:
    """The same as `examine` with the upright picture, at most LOOK_EDGE pixels long; None for what is not a picture."""
    found, image = decoded(data, filename, limits)
    if image is not None and max(image.size) > LOOK_EDGE:
        scale = LOOK_EDGE / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return found, image


def decoded(data: bytes, filename: str, limits: Limits) -> tuple[Examined, Image.Image | None]:
    """The same as `examine` with the upright picture itself, decoded once: for what runs in the sandbox."""
    found = _first(data, filename, limits)
    if found.is_picture:
        return _picture(data, found, limits)
    return _said(_film(data, found, limits)), None


def _first(data: bytes, filename: str, limits: Limits, sha256: str = "") -> Examined:
    """What its first bytes and its name tell."""
    if not data:
        raise BadPicture("The file is empty.")
    if len(data) > limits.max_bytes:
        hint = f"At most {limits.max_bytes >> 20} MiB are taken."
        raise TooLong(f"The file is too large: {len(data) / (1 << 20):,.0f} MiB.", hint=hint)
    name = clean_text(filename).replace("\\", "/").rpartition("/")[2][:200] or "file"
    mime = kinds.mime_of(data, name)
    if not mime:
        hint = "PNG, JPEG, WebP, GIF, AVIF, TIFF and BMP pictures are read."
        raise BadPicture("This file is not a picture that can be read.", hint=hint, filename=name)
    return Examined(filename=name, mime=mime, size=len(data), sha256=sha256 or hashlib.sha256(data).hexdigest())


def _film(data: bytes, found: Examined, limits: Limits) -> Examined:
    film = films.read(data, found.mime, max_text=limits.max_text)
    words = {**_kept_words(data, found.mime), **film.texts}
    return replace(found, width=film.width, height=film.height, seconds=film.seconds, words=words)


def _kept_words(data: bytes, mime: str) -> Mapping[str, str]:
    """Slate's record and XMP, wherever this kind of file carries them; nothing from one whose structure is broken."""
    carrier = carrier_of(mime)
    try:
        return carrier.read(data) if carrier and mime != "image/png" else {}
    except BadPicture:
        return {}


def _header(data: bytes, found: Examined, limits: Limits) -> Examined:
    """What a PNG says outside its pixels, read before anything else looks at it."""
    if found.mime != "image/png":
        return found
    parts = png.chunks(data)
    head = png.header(data, parts)
    pixels.check(head.width, head.height, limits.max_pixels, limits.max_edge)
    texts = png.texts(data, parts, max_text=limits.max_text)
    words, problems = {**_noted(data, parts, limits), **texts.found}, tuple(texts.problems)
    return replace(found, width=head.width, height=head.height, frames=head.frames, words=words, problems=problems)


def _noted(data: bytes, parts: list[png.Chunk], limits: Limits) -> dict[str, str]:
    """What a PNG says in its EXIF chunk."""
    block = next((part.body(data) for part in parts if part.type == b"eXIf"), b"")
    return exif.texts(block, max_text=limits.max_text) if block else {}


def _carried(image: Image.Image, data: bytes, found: Examined, limits: Limits) -> dict[str, Any]:
    """Frames and words that an opened picture carries."""
    frames = max(found.frames, int(getattr(image, "n_frames", 1)) if found.mime != "image/png" else 1)
    block = image.info.get("exif")
    noted = exif.texts(block, max_text=limits.max_text) if isinstance(block, bytes) else {}
    return {"frames": frames, "words": {**_kept_words(data, found.mime), **noted, **found.words}}


def _picture(data: bytes, found: Examined, limits: Limits) -> tuple[Examined, Image.Image]:
    found = _header(data, found, limits)
    with pixels.opened(data, max_pixels=limits.max_pixels, max_edge=limits.max_edge) as image:
        carried = _carried(image, data, found, limits)
        image.seek(0)
        upright = pixels.upright(image)
    still = carried["frames"] == 1
    phash, mirrored = fingerprints.both(upright) if still else ("", "")
    hidden = stealth.read(upright, max_text=limits.max_text) if found.mime == "image/png" else ""
    seen = replace(
        found,
        width=upright.width,
        height=upright.height,
        frames=carried["frames"],
        has_alpha=upright.mode == "RGBA",
        words=carried["words"] | ({STEALTH: hidden} if hidden else {}),
        pixel_sha256=fingerprints.pixel_digest(upright),
        phash=phash,
        phash_mirrored=mirrored,
    )
    return _said(seen), upright


@sandboxed
def said(words: Mapping[str, str], filename: str, mime: str, frames: int = 1) -> Examined:
    """What words that were kept from a file mean to today's reader; nothing else is known of the file here."""
    return _said(Examined(filename, mime, 0, "", frames=frames, words=words))


def _said(found: Examined, *, briefly: bool = False) -> Examined:
    """What the words in the file mean: ComfyUI's graph, what other programs wrote, and Slate's record."""
    problems = list(found.problems)
    graph = _graph(found.words, problems)
    workflow = _object(found.words, "workflow", problems) if not briefly else None
    record = _record(found.words, problems)
    facts = _facts(found, graph)
    return replace(found, graph=graph, workflow=workflow, facts=facts, record=record, problems=tuple(problems))


def _record(words: Mapping[str, str], problems: list[str]) -> Mapping[str, Any] | None:
    if embed.KEYWORD not in words:
        return None
    try:
        record: Mapping[str, Any] | None = clean(embed.parse(words[embed.KEYWORD]))
    except ValueError:
        record = None
    if record is None:
        problems.append("Slate's record in the file cannot be read.")
    return record


def _facts(found: Examined, graph: Graph | None) -> Facts | None:
    facts = generators.read(found.words, graph, found.filename)
    medium = {"video": "video", "audio": "audio", "model": "3d"}.get(found.mime.partition("/")[0], "")
    medium = medium or ("animation" if found.frames > 1 else "")
    return facts.with_techniques(medium) if facts is not None and medium else facts


def _graph(words: Mapping[str, str], problems: list[str]) -> Graph | None:
    text = words.get("prompt", "")
    if not text.lstrip().startswith("{"):
        return None
    try:
        return graphs.parse(parsed(text))
    except BadGraph as problem:
        problems.append(f"The graph in the file was left out: {problem.message}")
    except (ValueError, RecursionError):
        problems.append("The graph in the file was left out: it is not readable JSON.")
    return None


def _object(words: Mapping[str, str], name: str, problems: list[str]) -> Mapping[str, Any] | None:
    if name not in words:
        return None
    try:
        value = parsed(words[name])
    except (ValueError, RecursionError):
        problems.append(f"The text `{name}` in the file was left out: it is not readable JSON.")
        return None
    return value if isinstance(value, dict) else None
