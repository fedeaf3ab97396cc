"""Reads the text that NovelAI and its imitators hide in the lowest bits of a picture: it outlives a chat that strips metadata.

The bits run down the columns; a mark, the length in bits (32, big-endian), then UTF-8, packed with gzip where the mark says so.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

KEY, PLACE = "stealth", "the lowest bits of the pixels"
LOSSLESS = frozenset({"image/png", "image/webp", "image/bmp", "image/tiff", "image/avif", "image/jxl"})
"""Kinds that may keep the lowest bits as they were."""
_MARKS = {b"stealth_pnginfo": False, b"stealth_pngcomp": True, b"stealth_rgbinfo": False, b"stealth_rgbcomp": True}
_MARK_BITS = 8 * 15
Bits = NDArray[np.uint8]


def read(image: Image.Image, *, max_text: int) -> bytes:
    """The hidden text of an upright RGB or RGBA picture, or empty."""
    for bands in ("A", "RGB"):
        if set(bands) <= set(image.getbands()):
            text = _hidden(image, bands, max_text)
            if text:
                return text
    return b""


def _hidden(image: Image.Image, bands: str, max_text: int) -> bytes:
    head = _bytes(_bits(image, bands, _MARK_BITS + 32))
    packed = _MARKS.get(head[:15])
    length = int.from_bytes(head[15:19], "big")
    if packed is None or length % 8 or not 0 < length <= 8 * max_text or length > len(bands) * image.width * image.height:
        return b""
    body = _bytes(_bits(image, bands, _MARK_BITS + 32 + length)[_MARK_BITS + 32 :])
    if packed:
        unpacker = zlib.decompressobj(31)
        try:
            body = unpacker.decompress(body, max_text)
        except zlib.error:
            return b""
        if not unpacker.eof:
            return b""
    return body


def _bits(image: Image.Image, bands: str, count: int) -> Bits:
    """The first `count` lowest bits, column by column, as many columns as that takes."""
    columns = min(image.width, -(-count // (image.height * len(bands))))
    strip = image.crop((0, 0, columns, image.height))
    planes = np.stack([np.asarray(strip.getchannel(band)) for band in bands], axis=-1)
    found: Bits = (planes.transpose(1, 0, 2).reshape(-1) & 1)[:count].astype(np.uint8)
    return found


def _bytes(bits: Bits) -> bytes:
    return np.packbits(bits).tobytes()
