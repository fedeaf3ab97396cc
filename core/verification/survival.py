"""Which layers of a file are still there after it went through something: a conversion, a chat, a mail program.

The same measure is used for the table in docs/provenance.md and for the self-test of a team's own chats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core import files
from core.errors import BadInput
from core.files import Examined
from core.formats import claims
from core.pictures.phash import distance
from core.provenance import embed
from core.provenance.seal import read
from core.provenance.watermark import confirm
from core.provenance.watermark.interface import PROVES
from core.settings import Settings
from storage.blobs import digest_of

LAYERS = ("bytes", "pixels", "words", "xmp", "seal", "fingerprint", "watermark")
SAME, ALIKE = 12, 40
"""Bits of 256: as core/recognition/identify.py has them."""


@dataclass(frozen=True)
class Survival:
    """What became of each layer: kept, changed, lost, or `none` where it was not there before."""

    layers: Mapping[str, str]
    bits: int | None = None
    """How many of 256 bits of its looks differ now; None where there is nothing to compare."""

    @property
    def recognisable(self) -> bool:
        """Whether it would still be found here."""
        return self.layers["fingerprint"] == "kept" or self.layers["pixels"] == "kept"


class TestChat(Protocol):
    """A chat that a file can be sent through and taken back from; the platforms' engineers provide one each."""

    name: str

    def post(self, data: bytes, filename: str) -> str:
        """Send the file, and return what it is called there."""
        ...

    def fetch(self, ref: str) -> bytes:
        """The bytes that people there would get."""
        ...

    def remove(self, ref: str) -> None: ...


def compare(settings: Settings, before: bytes, after: bytes, filename: str = "file") -> Survival:
    """What is left of a file's layers in what came back. A file that cannot be read any more has lost all."""
    was = files.examine(before, filename, limits=files.limits_of(settings))
    try:
        now = files.examine(after, filename, limits=files.limits_of(settings))
    except BadInput:
        return Survival(dict.fromkeys(LAYERS, "lost"))
    bits = distance(was.phash, now.phash) if was.phash and now.phash else None
    looks: dict[str, Callable[[], str]] = {
        "bytes": lambda: _kept(digest_of(before), digest_of(after)),
        "pixels": lambda: _kept(was.pixel_sha256, now.pixel_sha256),
        "words": lambda: _words(was, now),
        "xmp": lambda: _kept(embed.xmp_in(before, was.mime), embed.xmp_in(after, now.mime)),
        "seal": lambda: _seal(settings, before, was.mime, after, now.mime),
        "watermark": lambda: _mark(settings, was, after, filename),
        "fingerprint": lambda: "none" if bits is None else "kept" if bits <= SAME else "changed" if bits <= ALIKE else "lost",
    }
    return Survival({name: look() for name, look in looks.items()}, bits)


def send_through(settings: Settings, place: TestChat, canary: bytes, filename: str) -> Survival:
    """Send a file through a chat, take it back, compare, and remove it there, whatever happens."""
    ref = place.post(canary, filename)
    try:
        return compare(settings, canary, place.fetch(ref), filename)
    finally:
        place.remove(ref)


def _kept(before: str, after: str) -> str:
    if not before:
        return "none"
    return "kept" if after == before else "changed" if after else "lost"


def _words(was: Examined, now: Examined) -> str:
    """ComfyUI's graph, the parameters, the record: all of them, some, or none."""
    before = {name: text for name, text in was.words.items() if name not in ("xmp", claims.KEY)}
    there = [name for name, text in before.items() if now.words.get(name) == text]
    if not before:
        return "none"
    return "kept" if len(there) == len(before) else "changed" if there else "lost"


def _seal(settings: Settings, before: bytes, was: str, after: bytes, now: str) -> str:
    first = read.read(settings, before, was) if read.carries(before) else None
    if first is None:
        return "none"
    second = read.read(settings, after, now) if read.carries(after) else None
    if second is None:
        return "lost"
    return "kept" if second.label == first.label and second.state == first.state else "changed"


def _mark(settings: Settings, was: Examined, after: bytes, filename: str) -> str:
    """Read as the picture came back, without its original to lay it over."""
    stated = (was.record or {}).get("statement") or {}
    if not confirm.said(stated)[1]:
        return "none"
    _, image = files.look(after, filename, files.limits_of(settings))
    bits = confirm.agreement(settings, image, stated) if image is not None else None
    return "kept" if (bits or 0) >= PROVES else "lost"
