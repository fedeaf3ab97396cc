"""Tells what a file is by its first bytes, and by its name only for plain text and a few kinds that have no mark."""

from __future__ import annotations

from pathlib import PurePosixPath

from core.formats import id3, matroska

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\x76\x2f\x31\x01", "image/x-exr"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"glTF", "model/gltf-binary"),
)
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"qt  ": "video/quicktime"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"), "image/heic"
)
_GENERAL = (b"mif1", b"msf1")
"""Brands of any picture in such boxes: the compatible ones tell which."""
_EBML = b"\x1a\x45\xdf\xa3"
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
PICTURES = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "image/bmp",
        "image/tiff",
        "image/heic",
        "image/jxl",
        "image/vnd.adobe.photoshop",
    }
)
"""Kinds that are decoded; all others are kept as they are."""


_PICTURE_NAMES = frozenset(
    (
        ".png",
        ".apng",
        ".jpg",
        ".jpeg",
        ".webp",
        ".gif",
        ".avif",
        ".tif",
        ".tiff",
        ".bmp",
        ".exr",
        ".heic",
        ".heif",
        ".jxl",
        ".psd",
        ".psb",
        ".avi",
        ".mp4",
        ".mov",
        ".webm",
        ".mkv",
        ".flac",
        ".mp3",
        ".opus",
        ".ogg",
        ".wav",
        ".aif",
        ".aiff",
        ".glb",
    )
)


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
    if data[:4] == _EBML:
        return "video/x-matroska" if matroska.document_type(data) == "matroska" else "video/webm"
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    if data[4:8] in (b"moov", b"mdat", b"wide", b"pnot") or (data[4:8] in (b"free", b"skip") and b"moov" in data[:4_096]):
        return "video/quicktime"
    if data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    return _BY_NAME.get(PurePosixPath(filename).suffix.lower(), "")


def _of_brands(data: bytes) -> str:
    """By the main brand, or of a general one by those it is compatible with."""
    size = min(int.from_bytes(data[:4], "big"), 200)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))]
    if brands[0] in _GENERAL and any(one in (b"avif", b"avis") for one in brands):
        return "image/avif"
    return _BRANDS.get(brands[0], "video/mp4")
