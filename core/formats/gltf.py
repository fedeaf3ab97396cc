"""Reads the JSON of binary glTF files, where ComfyUI's words are in `asset.extras`.

https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

from __future__ import annotations

import json

from core.formats.film import Film


def read(data: bytes, *, max_text: int) -> Film:
    """The texts beside the mesh; empty for a file that is broken or whose description is too long."""
    film = Film()
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
        max_text = film.keep(key, text, max_text) if text else max_text
    return film
