"""Makes pictures for tests: takes of one scene that differ like seeds do, and files that are broken on purpose."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

SAMPLES = Path(__file__).with_name("data")
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def scene(number: int, width: int = 256, height: int = 192, *, take: int = 0) -> Image.Image:
    """A soft, colourful picture; each number is another composition, each take the same one with new details."""
    base = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    detail = np.random.default_rng(1000 * number + take + 1).integers(-40, 41, (24, 32, 3))
    large = np.asarray(Image.fromarray(base).resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    small = Image.fromarray((detail + 128).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    mixed = large + (np.asarray(small, dtype=np.int16) - 128) * (1 if take else 0)
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def comfy_png(image: Image.Image, graph: dict[str, Any], **more: Any) -> bytes:
    """A PNG with the chunks ComfyUI writes."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("prompt", json.dumps(graph))
    for key, value in more.items():
        texts.add_text(key, json.dumps(value))
    return encoded(image, pnginfo=texts, compress_level=4)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """The PNG with one more chunk right behind its header."""
    return png[:33] + chunk(kind, body) + png[33:]


def claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
