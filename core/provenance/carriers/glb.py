"""GLB: two more keys in `asset.extras` of the JSON, beside ComfyUI's own.

Only where the JSON is spelt as ComfyUI spells it can it be given back byte for byte; any other takes none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from core.formats import gltf
from core.provenance.carriers.field_names import RECORD, XMP

_MADE = "slate.extras"
"""Stands beside the record where the file had no extras."""


def free(data: bytes) -> frozenset[str]:
    parts = gltf.parts(data)
    if not parts.regular:
        return frozenset()
    extras = parts.described["asset"].get("extras")
    if extras is not None and not isinstance(extras, dict):
        return frozenset()
    return frozenset(name for name in (RECORD, XMP) if name not in (extras or {}))


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    parts = gltf.parts(data)
    extras: dict[str, Any] = parts.described["asset"].setdefault("extras", {_MADE: True} if RECORD in words else {})
    extras |= {name: words[name] for name in (XMP, RECORD) if name in words}
    return parts.as_bytes()


def remove(data: bytes, added: Collection[str]) -> bytes:
    parts = gltf.parts(data)
    extras = parts.described["asset"].get("extras")
    if not isinstance(extras, dict) or RECORD not in extras:
        return data
    for name in {RECORD, _MADE if len(extras) == len({RECORD, _MADE, *added}) else RECORD, *added}:
        extras.pop(name, None)
    if not extras:
        del parts.described["asset"]["extras"]
    return parts.as_bytes()


def read(data: bytes) -> Mapping[str, str]:
    extras = gltf.parts(data).described["asset"].get("extras")
    found = extras if isinstance(extras, dict) else {}
    return {name: found[name] for name in (RECORD, XMP) if isinstance(found.get(name), str)}
