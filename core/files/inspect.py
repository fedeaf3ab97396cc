"""Looks at a file closely without trusting it: what it is, how large, what it says of itself, and what it looks like.

Only a picture that cannot be opened safely is refused. Words in it that are broken, hostile or too long are left out and told in
`Examined.problems`; the picture is kept all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from core import generators
from core.comfyui.facts import Facts
from core.comfyui.graph import Graph
from core.errors import BadPicture, TooLong
from core.formats import exif, films, kinds, low_bits, pixels, png, stealth
from core.formats.decoding import UTF8, text_of
from core.formats.problems import HIDDEN
from core.formats.raw_text import RawText, RawTexts
from core.formats.sanitize import clean, clean_text
from core.generators import Unread
from core.pictures import phash as pictures_phash
from core.provenance import ai_claims, embed
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

    `raw` are its texts as they came, `words` the first of each key, decoded; `graph` and `workflow` are ComfyUI's, `record` is
    Slate's, all unproven claims. `unread` are texts that nothing understood.
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
    raw: tuple[RawText, ...] = field(default=(), repr=False)
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    unread: tuple[Unread, ...] = ()
    claims_ai: Mapping[str, str] = field(default_factory=dict)
    """`{source_type, told_by}` where it says of itself, unsigned, that AI had a part in it."""
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
def glance(
    data: bytes, filename: str, *, limits: Limits = Limits(), sha256: str = "", beside: Sequence[RawText] = ()
) -> Examined:
    """What a file is and says, without decoding a pixel: no digests of its looks, and no workflow, which only its words hold.

    `sha256` is its digest where that is known already, `beside` are texts from files beside it. Raises what `examine` raises.
    """
    found = _first(data, filename, limits, sha256)
    if not found.is_picture:
        found = _film(data, found, limits)
    else:
        found = _header(data, found, limits)
        if found.width is None:
            with pixels.opened(data, max_pixels=limits.max_pixels, max_edge=limits.max_edge) as image:
                width, height = pixels.upright_size(image)
                found = replace(found, width=width, height=height, frames=_frames(image, found), raw=_unpacked(image, found))
    return _said(replace(found, raw=(*found.raw, *beside)), briefly=True)


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
        hint = "PNG, JPEG, WebP, GIF, AVIF, HEIC, JPEG XL, TIFF, BMP and PSD pictures are read."
        raise BadPicture("This file is not a picture that can be read.", hint=hint, filename=name)
    return Examined(filename=name, mime=mime, size=len(data), sha256=sha256 or hashlib.sha256(data).hexdigest())


def _film(data: bytes, found: Examined, limits: Limits) -> Examined:
    """Size, length and texts of what is no PNG."""
    film = films.read(data, found.mime, max_text=limits.max_text)
    raw, problems = (*film.raw.found, *_records(data, found.mime)), (*found.problems, *film.raw.problems)
    return replace(found, width=film.width, height=film.height, seconds=film.seconds, raw=raw, problems=problems)


def _records(data: bytes, mime: str) -> list[RawText]:
    """Slate's record, where this kind of file carries it in a way of its own; nothing from one whose structure is broken."""
    carrier = carrier_of(mime)
    try:
        text = carrier.read(data).get(embed.KEYWORD) if carrier else None
    except BadPicture:
        return []
    return [RawText("Slate's record", embed.KEYWORD, UTF8, text.encode("utf-8", "replace"))] if text else []


def _header(data: bytes, found: Examined, limits: Limits) -> Examined:
    """What a picture says outside its pixels, read before anything else looks at it."""
    if found.mime != "image/png":
        return replace(_film(data, found, limits), width=None, height=None)
    parts = png.chunks(data)
    head = png.header(data, parts)
    pixels.check(head.width, head.height, limits.max_pixels, limits.max_edge)
    texts = RawTexts(limits.max_text)
    png.read(data, parts, texts)
    raw, problems = tuple(texts.found), tuple(texts.problems)
    return replace(found, width=head.width, height=head.height, frames=head.frames, raw=raw, problems=problems)


def _unpacked(image: Image.Image, found: Examined) -> tuple[RawText, ...]:
    """The texts of a JPEG XL picture with those of its packed boxes, which its decoder unpacks."""
    block = image.info.get("exif") if found.mime == "image/jxl" else None
    if not isinstance(block, bytes) or any(one.place.startswith("EXIF") for one in found.raw):
        return found.raw
    texts = RawTexts(len(block))
    exif.read(block, texts)
    return (*found.raw, *texts.found)


def _frames(image: Image.Image, found: Examined) -> int:
    return max(found.frames, int(getattr(image, "n_frames", 1)) if found.mime != "image/png" else 1)


def _picture(data: bytes, found: Examined, limits: Limits) -> tuple[Examined, Image.Image]:
    found = _header(data, found, limits)
    with pixels.opened(data, max_pixels=limits.max_pixels, max_edge=limits.max_edge) as image:
        frames, found = _frames(image, found), replace(found, raw=_unpacked(image, found))
        image.seek(0)
        upright = pixels.upright(image)
    still = frames == 1
    phash, mirrored = pictures_phash.both(upright) if still else ("", "")
    hidden = stealth.read(upright, max_text=limits.max_text) if found.mime in stealth.LOSSLESS else b""
    if found.mime != "image/jpeg" and low_bits.begins_with_text(upright):
        found = replace(found, problems=(*found.problems, HIDDEN))
    seen = replace(
        found,
        width=upright.width,
        height=upright.height,
        frames=frames,
        has_alpha=upright.mode == "RGBA",
        raw=(*found.raw, *((RawText(stealth.PLACE, stealth.KEY, UTF8, hidden),) if hidden else ())),
        pixel_sha256=pictures_phash.pixel_digest(upright),
        phash=phash,
        phash_mirrored=mirrored,
    )
    return _said(seen), upright


@sandboxed
def said(raw: Sequence[RawText], filename: str, mime: str, frames: int = 1) -> Examined:
    """What texts that were kept from a file mean to today's reader; nothing else is known of the file here."""
    return _said(Examined(filename, mime, 0, "", frames=frames, raw=tuple(raw)))


def _said(found: Examined, *, briefly: bool = False) -> Examined:
    """What the texts in the file mean: ComfyUI's graph, what other programs wrote, and Slate's record."""
    problems = list(found.problems)
    texts = [(one.place, one.key, text_of(one)) for one in found.raw]
    words = _words(texts)
    record = _record(words, problems)
    reading = generators.read((one for one in texts if one[1] != embed.KEYWORD), found.filename, briefly=briefly)
    return replace(
        found,
        words=words,
        graph=reading.graph,
        workflow=reading.workflow if not briefly else None,
        facts=_facts(found, reading.facts),
        record=record,
        unread=reading.unread,
        claims_ai=ai_claims.of_texts(texts),
        problems=(*problems, *reading.problems),
    )


def _words(texts: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """The first text of each key; of an EXIF field that holds `key:text`, as ComfyUI writes there, under that key too."""
    words: dict[str, str] = {}
    for place, key, text in texts:
        if not text.strip():
            continue
        words.setdefault(key, text)
        label, colon, rest = text.partition(":")
        if colon and place.startswith("EXIF") and label.isidentifier():
            words.setdefault(label, rest)
    return words


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


def _facts(found: Examined, facts: Facts | None) -> Facts | None:
    medium = {"video": "video", "audio": "audio", "model": "3d"}.get(found.mime.partition("/")[0], "")
    medium = medium or ("animation" if found.frames > 1 else "")
    return facts.with_techniques(medium) if facts is not None and medium else facts
