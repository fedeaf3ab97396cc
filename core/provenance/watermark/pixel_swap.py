"""Puts other pixels into a file: all that is not pixels stays byte for byte as it was, in its place.

PNG and lossless WebP hold the new pixels exactly. A JPEG is encoded with its own tables and sampling, which changes it less than
the mark does by 6 dB and more. A lossy WebP or an AVIF cannot be encoded again as it was: it takes no mark.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image, JpegImagePlugin

from core.formats import png
from core.formats.stealth import KEY as STEALTH
from core.provenance.carriers import jpeg, webp
from core.provenance.watermark.interface import MarkError

_PLAIN_PNG = b"\x08\x02\x00\x00\x00"
"""Eight bits, RGB, not interlaced: the end of the header of a PNG whose pixels can be exchanged alone."""
_APP0, _APP2, _APP15, _COMMENT, _SCAN, _END = 0xE0, 0xE2, 0xEF, 0xFE, 0xDA, b"\xff\xd9"
_ORIENTATION = 0x0112
_OPAQUE = "only opaque pictures of 8-bit RGB are marked"


def check(data: bytes, mime: str, image: Image.Image, words: Mapping[str, str]) -> None:
    """Raises MarkError for a file whose pixels cannot be exchanged alone, with the reason; BadPicture for a broken one."""
    if mime not in _WRITERS:
        raise MarkError("only PNG, JPEG and lossless WebP are marked: others would lose quality by being encoded once more")
    if image.mode != "RGB":
        raise MarkError(_OPAQUE)
    if mime == "image/png":
        parts = png.chunks(data)
        if parts[0].body(data)[8:] != _PLAIN_PNG or any(part.type == b"tRNS" for part in parts):
            raise MarkError(_OPAQUE)
        if STEALTH in words:
            raise MarkError("its pixels carry words of another program, which a mark would break")
    elif mime == "image/webp" and not any(part.name == b"VP8L" for part in webp.chunks(data)):
        raise MarkError("a lossy WebP cannot be encoded again as it was, and would lose more by it than by the mark")
    elif mime == "image/jpeg":
        _plain_jpeg(data)


def rewritten(data: bytes, mime: str, image: Image.Image) -> bytes:
    """The same file, showing the picture. Raises MarkError, BadPicture."""
    return _WRITERS[mime](data, image)


def _png(data: bytes, image: Image.Image) -> bytes:
    fresh, parts = _saved(image, "PNG", compress_level=4), png.chunks(data)
    pixels = b"".join(fresh[part.start : part.end] for part in png.chunks(fresh) if part.type == b"IDAT")
    old = [part for part in parts if part.type == b"IDAT"]
    return data[: old[0].start] + pixels + data[old[-1].end :]


def _webp(data: bytes, image: Image.Image) -> bytes:
    fresh = _saved(image, "WEBP", lossless=True)
    new = next(fresh[part.start : part.end] for part in webp.chunks(fresh) if part.name == b"VP8L")
    old = next(part for part in webp.chunks(data) if part.name == b"VP8L")
    inside = data[12 : old.start] + new + data[old.end :]
    return b"RIFF" + (len(inside) + 4).to_bytes(4, "little") + b"WEBP" + inside


def _jpeg(data: bytes, image: Image.Image) -> bytes:
    """What programs wrote stands before the picture, in its order; tables and picture are new."""
    with Image.open(io.BytesIO(data)) as old:
        assert isinstance(old, JpegImagePlugin.JpegImageFile), "looked at before"
        options: dict[str, Any] = {"qtables": old.quantization, "subsampling": JpegImagePlugin.get_sampling(old)}
        options |= {"progressive": True} if old.info.get("progressive") or old.info.get("progression") else {}
    fresh = _saved(image, "JPEG", **options)
    told = b"".join(data[part.start : part.end] for part in jpeg.segments(data) if _is_told(part.marker))
    new = jpeg.segments(fresh)
    tables = b"".join(fresh[part.start : part.end] for part in new if not _is_told(part.marker))
    return b"\xff\xd8" + told + tables + fresh[new[-1].end :]


def _plain_jpeg(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        if image.mode != "RGB" or image.info.get("adobe_transform") == 0 or JpegImagePlugin.get_sampling(image) < 0:
            raise MarkError("only JPEG pictures of three channels in the usual sampling are marked")
        if image.getexif().get(_ORIENTATION, 1) != 1:
            raise MarkError("it is turned by a note of its camera")
    several = any(part.marker == _APP2 and part.body(data).startswith(b"MPF\0") for part in jpeg.segments(data))
    if several or not data.endswith(_END):
        raise MarkError("something stands behind its picture")


def _is_told(marker: int) -> bool:
    return _APP0 <= marker <= _APP15 or marker == _COMMENT


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    plain = image.copy()
    plain.info.clear()
    plain.save(file, kind, **options)
    return file.getvalue()


_WRITERS = {"image/png": _png, "image/webp": _webp, "image/jpeg": _jpeg}
