"""Reads size, playing time and texts of every kind of file: one door to the readers of pictures, films, sounds and meshes."""

from __future__ import annotations

from collections.abc import Callable

from core.formats import boxes, exif, exr, gif, gltf, jpeg, matroska, psd, riff, sound
from core.formats.film import Film
from core.formats.raw_text import RawTexts


def _jpeg(data: bytes, *, max_text: int) -> Film:
    film = Film(left=max_text)
    film.width, film.height = jpeg.read(data, film.raw) or (None, None)
    return film


def _picture(read: Callable[[bytes, RawTexts], None]) -> Callable[..., Film]:
    def reader(data: bytes, *, max_text: int) -> Film:
        film = Film(left=max_text)
        read(data, film.raw)
        return film

    return reader


def _tiff(data: bytes, into: RawTexts) -> None:
    exif.read(data, into, place="TIFF")


_READERS: dict[str, Callable[..., Film]] = {
    "image/jpeg": _jpeg,
    "image/webp": _picture(riff.read_webp),
    "image/gif": _picture(gif.read),
    "image/tiff": _picture(_tiff),
    "image/avif": boxes.read,
    "image/heic": boxes.read,
    "image/jxl": boxes.read,
    "image/vnd.adobe.photoshop": psd.read,
    "video/mp4": boxes.read,
    "video/quicktime": boxes.read,
    "audio/mp4": boxes.read,
    "video/webm": matroska.read,
    "video/x-matroska": matroska.read,
    "audio/flac": sound.read_flac,
    "audio/ogg": sound.read_ogg,
    "audio/mpeg": sound.read_mp3,
    "audio/wav": riff.read,
    "audio/aiff": riff.read_aiff,
    "video/x-msvideo": riff.read,
    "image/x-exr": exr.read,
    "model/gltf-binary": gltf.read,
}


def read(data: bytes, mime: str, *, max_text: int) -> Film:
    """What the file says of itself; nothing where its kind has no texts. PNG is read by its chunks. Never raises."""
    reader = _READERS.get(mime)
    return reader(data, max_text=max_text) if reader else Film()
