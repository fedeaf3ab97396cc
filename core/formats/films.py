"""Reads whatever is no still picture: one door to the readers of film, sound, deep pictures and meshes."""

from __future__ import annotations

from collections.abc import Callable

from core.formats import boxes, exr, gltf, matroska, sound
from core.formats.film import Film

_READERS: dict[str, Callable[..., Film]] = {
    "video/mp4": boxes.read,
    "video/quicktime": boxes.read,
    "audio/mp4": boxes.read,
    "image/heic": boxes.read,
    "video/webm": matroska.read,
    "video/x-matroska": matroska.read,
    "audio/flac": sound.read_flac,
    "audio/ogg": sound.read_ogg,
    "audio/mpeg": sound.read_mp3,
    "image/x-exr": exr.read,
    "model/gltf-binary": gltf.read,
}


def read(data: bytes, mime: str, *, max_text: int) -> Film:
    """What the file says of itself; nothing where its kind has no words. Never raises."""
    reader = _READERS.get(mime)
    return reader(data, max_text=max_text) if reader else Film()
