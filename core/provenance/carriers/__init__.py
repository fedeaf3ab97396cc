"""How each kind of file carries words beside its pixels: what may be added to it, how, and how it is taken out again.

Every module has the same four functions. `free` tells which of RECORD, PARAMETERS and XMP may be added (never one that the file
brought itself); `insert` adds them without touching anything else; `remove` takes out the record and those named, and gives the
file back byte for byte; `read` tells what is there. All raise BadPicture for a file that is broken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from core.provenance.carriers import bmff, flac, gif, glb, jpeg, matroska, mp3, ogg, png, webp
from core.provenance.carriers.field_names import PARAMETERS, RECORD, XMP

__all__ = ["PARAMETERS", "RECORD", "SIDECAR_ONLY", "XMP", "Carrier", "carrier_of"]

SIDECAR_ONLY = frozenset({"audio/wav", "image/x-exr", "image/tiff", "image/bmp"})
"""Kinds into which nothing is written: what is known of them is in the memory, and in a file beside them on export."""


class Carrier(Protocol):
    """What a module of this package offers."""

    def free(self, data: bytes) -> frozenset[str]: ...

    def insert(self, data: bytes, words: Mapping[str, str]) -> bytes: ...

    def remove(self, data: bytes, added: Collection[str]) -> bytes: ...

    def read(self, data: bytes) -> Mapping[str, str]: ...


_CARRIERS: dict[str, Carrier] = {
    "image/png": png,
    "image/jpeg": jpeg,
    "image/webp": webp,
    "image/gif": gif,
    "image/avif": bmff,
    "video/mp4": bmff,
    "video/quicktime": bmff,
    "video/webm": matroska,
    "video/x-matroska": matroska,
    "audio/flac": flac,
    "audio/mpeg": mp3,
    "audio/ogg": ogg,
    "model/gltf-binary": glb,
}


def carrier_of(mime: str) -> Carrier | None:
    """The one for files of this kind, or None where nothing can be written into them."""
    return _CARRIERS.get(mime)
