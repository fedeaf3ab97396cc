"""What a file gives away: every private word that is known of an Asset is looked for in every byte of its copy.

Words are looked for as they stand, as JSON and as XML write them, in UTF-8 and UTF-16, in packed text too. Short ones are looked
for in text only, where they stand by themselves: three letters are found by chance in any picture, and Ana in `manage`.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from PIL import ImageSequence

from core.errors import BadInput
from core.exports import hidden
from core.formats import kinds, low_bits, pixels, png
from core.provenance.carriers.field_names import MOST
from core.security.sandbox import sandboxed

_SURE = 6
"""Bytes a word must have to be looked for between pixels: by chance it is found there once in 10**8 files of a megabyte."""
_LONGEST = 200
_ADDRESS = re.compile(r"https?://\S+")
"""An address on the web is no path of a machine."""
_PATH = re.compile(r"(?:[A-Za-z]:\\|/)(?:[\w.~ -]+[/\\])+[\w.~ -]+")


@dataclass(frozen=True, order=True)
class Secret:
    """A word that must not leave, and what it is."""

    what: str
    word: str


def secrets_of(statement: Mapping[str, Any], words: Mapping[str, Iterable[str]]) -> tuple[Secret, ...]:
    """The private words of an Asset: what the caller knows (`{"person": [...], …}`), and what its statement holds."""
    settings = statement.get("settings") or {}
    texts = [str(settings.get("prompt") or ""), str(settings.get("negative") or "")]
    texts += [str(value) for value in (statement.get("inputs") or {}).values() if isinstance(value, str) and len(value) > 12]
    found = [Secret(what, word.strip()) for what, several in words.items() for word in several if word.strip()]
    found += [Secret("prompt", piece) for text in texts for piece in _pieces(text)]
    found += [
        Secret("server", str((statement.get("backend") or {}).get("name") or "")),
        Secret("shot", str(statement.get("shot") or "")),
    ]
    return tuple(sorted({one for one in found if len(one.word) >= 3}))


def paths_in(graph: object) -> Iterator[str]:
    """Things in a graph that look like paths of some machine."""
    for text in _strings(graph, 0):
        yield from _PATH.findall(_ADDRESS.sub(" ", text))


@sandboxed
def found_in(data: bytes, secrets: Iterable[Secret], *, allowed: str = "") -> tuple[Secret, ...]:
    """Which of the secrets a file holds anywhere. What is part of `allowed` (the team's own name) is none."""
    texts = b"\n".join((*_texts(data), *_hidden(data))).lower()
    whole = data.lower()
    told = []
    for secret in secrets:
        if secret.word.casefold() in allowed.casefold():
            continue
        if any(_stands_in(spelt, whole, texts) for spelt in _spellings(secret.word)):
            told.append(secret)
    return tuple(told)


def _stands_in(word: bytes, whole: bytes, texts: bytes) -> bool:
    """A long word anywhere, a short one in the texts and as a word of its own, not as a part of another."""
    if len(word) >= _SURE:
        return word in whole or word in texts
    return re.search(rb"(?<![a-z0-9])" + re.escape(word) + rb"(?![a-z0-9])", texts) is not None


def _pieces(text: str) -> Iterator[str]:
    """A prompt whole, and its parts that say something by themselves."""
    if text.strip():
        yield text.strip()[:_LONGEST]
    for part in re.split(r"[,.;:\n]+", text):
        if len(part.strip()) >= 12:
            yield part.strip()[:_LONGEST]


def _spellings(word: str) -> set[bytes]:
    plain = {word, escape(word), json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}
    return {one.lower().encode(code, "replace") for one in plain for code in ("utf-8", "utf-16-le", "utf-16-be")} - {b""}


def _texts(data: bytes) -> Iterator[bytes]:
    """Everything in a file that is text: of a PNG also what is packed, of any file its runs of printable bytes."""
    if kinds.mime_of(data, "") == "image/png":
        try:
            told = png.texts(data, png.chunks(data), max_text=MOST)
            yield from (f"{key}\n{text}".encode("utf-8", "replace") for key, text in told.found.items())
        except (BadInput, zlib.error):
            pass
    yield from re.findall(rb"[\x20-\x7e\t\r\n]{10,}", data)


def _hidden(data: bytes) -> Iterator[bytes]:
    """What stands in the lowest bits of a picture, also without the zeros of UTF-16, and its colour profile unpacked."""
    mime = kinds.mime_of(data, "")
    if mime not in kinds.PICTURES or mime in hidden.LOSSY:
        return
    try:
        if mime == "image/png":
            yield from (png.inflate(part.body(data).partition(b"\0")[2][1:], MOST) for part in _profiles(data))
        with pixels.opened(data, max_pixels=hidden.MOST_LOOKED_AT, every_frame=True) as image:
            for frame in ImageSequence.Iterator(image):
                for text in low_bits.texts(frame):
                    yield text
                    yield text.replace(b"\0", b"")
    except (BadInput, ValueError, zlib.error):
        return


def _profiles(data: bytes) -> list[png.PngChunk]:
    return [part for part in png.chunks(data) if part.type == b"iCCP"]


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 40 and isinstance(value, dict):
        for one in value.values():
            yield from _strings(one, depth + 1)
    elif depth < 40 and isinstance(value, list):
        for one in value:
            yield from _strings(one, depth + 1)
