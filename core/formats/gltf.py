"""Reads the JSON of binary glTF files, where ComfyUI's words are in `asset.extras`.

https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from core.errors import BadPicture
from core.formats.decoding import UTF8
from core.formats.film import Film


@dataclass(frozen=True)
class Parts:
    """A file taken apart. `regular`: it comes out of `as_bytes` just as it went in."""

    described: dict[str, Any]
    rest: bytes = field(repr=False)
    """The chunks behind the JSON: the mesh."""
    regular: bool

    def as_bytes(self) -> bytes:
        text = json.dumps(self.described).encode()
        text += b" " * (-len(text) % 4)
        return _framed(text, self.rest)


def parts(data: bytes) -> Parts:
    """Raises BadPicture for a file that is broken, or that is no glTF."""
    size = int.from_bytes(data[12:16], "little")
    try:
        described = json.loads(data[20 : 20 + size]) if data[16:20] == b"JSON" and 20 + size <= len(data) else None
    except (ValueError, RecursionError):
        described = None
    if not isinstance(described, dict) or not isinstance(described.get("asset"), dict):
        raise BadPicture("The mesh is damaged or cut off.", hint="Send the complete file.")
    found = Parts(described, data[20 + size :], False)
    return Parts(described, found.rest, found.as_bytes() == data)


def _framed(text: bytes, rest: bytes) -> bytes:
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(text) + len(rest)).to_bytes(4, "little")
    return head + len(text).to_bytes(4, "little") + b"JSON" + text + rest


def read(data: bytes, *, max_text: int) -> Film:
    """The texts beside the mesh; empty for a file that is broken or whose description is too long."""
    film = Film(left=max_text)
    size = int.from_bytes(data[12:16], "little")
    if data[16:20] != b"JSON" or size > max_text or 20 + size > len(data):
        return film
    try:
        described = json.loads(data[20 : 20 + size])
    except (ValueError, RecursionError):
        return film
    asset = described.get("asset") if isinstance(described, dict) else None
    extras = asset.get("extras") if isinstance(asset, dict) else None
    for key, value in (extras if isinstance(extras, dict) else {}).items():
        text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else ""
        film.raw.add(f"glTF extras {key}", key, UTF8, text.encode("utf-8", "replace"))
    return film
