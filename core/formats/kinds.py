"""Tells what a file is by its first bytes, and by its name only for plain text and a few kinds that have no mark."""

from __future__ import annotations

from pathlib import PurePosixPath

from core.formats import id3

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\x76\x2f\x31\x01", "image/x-exr"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"glTF", "model/gltf-binary"),
)
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"mif1": "image/heic", b"qt  ": "video/quicktime"}
_BY_NAME = {
    ".txt": "text/plain",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".obj": "model/obj",
    ".ply": "model/ply",
    ".stl": "model/stl",
    ".latent": "application/octet-stream",
    ".safetensors": "application/octet-stream",
}
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/tiff"})
"""Kinds that are decoded; all others are kept as they are."""


_PICTURE_NAMES = frozenset((".png", ".apng", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".tif", ".tiff", ".bmp", ".exr", ".heic",
                            ".mp4", ".mov", ".webm", ".mkv", ".flac", ".mp3", ".opus", ".ogg", ".wav", ".glb"))  # fmt: skip


def worth_keeping(head: bytes, filename: str) -> bool:
    """Whether a found file is a picture, film, sound or mesh, or is called like one; text, JSON and weights are not."""
    ending = PurePosixPath(filename).suffix.lower()
    family = mime_of(head, filename).partition("/")[0]
    return ending in _PICTURE_NAMES or (family in ("image", "video", "audio", "model") and ending != ".svg")


def mime_of(data: bytes, filename: str) -> str:
    """The kind of a file as a MIME type, or empty when neither its bytes nor its name tell."""
    if data[:3] == b"ID3" and data[id3.length(data) :][:4] == b"fLaC":
        return "audio/flac"
    for offset, mark, mime in _MAGIC:
        if data[offset : offset + len(mark)] == mark and (offset == 0 or data[:4] == b"RIFF"):
            return mime
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    if data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    return _BY_NAME.get(PurePosixPath(filename).suffix.lower(), "")
