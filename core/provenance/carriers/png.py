"""PNG: text chunks right behind the header; the order is XMP, parameters, record."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.formats import png
from core.provenance.carriers.field_names import MOST, PARAMETERS, RECORD, XMP

_XMP_KEYWORD = "XML:com.adobe.xmp"
_KEYWORDS = {RECORD: RECORD, PARAMETERS: PARAMETERS, XMP: _XMP_KEYWORD}
_SEAL = b"caBX"


def free(data: bytes) -> frozenset[str]:
    there = {_keyword(data, part) for part in png.chunks(data)}
    return frozenset(name for name, keyword in _KEYWORDS.items() if keyword not in there)


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    new = [png.international_chunk(_XMP_KEYWORD, words[XMP])] if XMP in words else []
    new += [png.text_chunk(PARAMETERS, words[PARAMETERS])] if PARAMETERS in words else []
    new += [png.international_chunk(RECORD, words[RECORD])] if RECORD in words else []
    return png.insert(data, png.chunks(data), new)


def remove(data: bytes, added: Collection[str]) -> bytes:
    """The chunks of ours stand right before the record; nothing further away is taken for ours. The seal goes too."""
    parts = png.chunks(data)
    ours = next((at for at, part in enumerate(parts) if part.type == b"iTXt" and _keyword(data, part) == RECORD), None)
    if ours is None:
        return data
    gone, before = [parts[ours]], ours - 1
    for name in (PARAMETERS, XMP):
        if name in added and before > 0 and _keyword(data, parts[before]) == _KEYWORDS[name]:
            gone.append(parts[before])
            before -= 1
    return png.without(data, [*gone, *(part for part in parts if part.type == _SEAL)])


def read(data: bytes) -> Mapping[str, str]:
    found = png.texts(data, png.chunks(data), max_text=MOST).found
    return {name: found[keyword] for name, keyword in _KEYWORDS.items() if keyword in found}


def _keyword(data: bytes, part: png.PngChunk) -> str:
    if part.type not in (b"tEXt", b"iTXt", b"zTXt"):
        return ""
    return part.body(data)[:80].partition(b"\0")[0].decode("latin-1")
