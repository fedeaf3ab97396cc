"""Puts Slate's record into a file and takes it out again: the rest of the file stays byte for byte as ComfyUI wrote it.

In a PNG the record is one iTXt chunk, `slate.record`, right behind the header; before it stands a `parameters` text chunk in
A1111 form, unless the file brought one. Other formats are returned unchanged for now: their record is in the memory only, found
by digest.

The record is JSON: `{"schema": "slate.record/1", "statement": {…}, "statement_sha256": "…", "parameters": true}`, where
`parameters` says whether Slate added that chunk. A record is a claim, not a proof: see core/recognition.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.formats import png
from core.provenance import statement as statements

KEYWORD = "slate.record"
SCHEMA = "slate.record/1"
_PARAMETERS = "parameters"
_MAX_RECORD = 4 << 20


def record_of(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The record around a statement."""
    return {"schema": SCHEMA, "statement": dict(statement), "statement_sha256": statements.digest(statement)}


def embed(data: bytes, mime: str, record: Mapping[str, Any], parameters: str = "") -> bytes:
    """The file with the record in it; a record of ours that was there before is replaced. Raises BadPicture for a broken PNG."""
    if mime != "image/png":
        return data
    source = strip(data)
    parts = png.chunks(source)
    add_parameters = bool(parameters) and not any(_keyword(source, part) == _PARAMETERS for part in parts)
    written = json.dumps(dict(record) | {"parameters": add_parameters}, sort_keys=True, ensure_ascii=False, allow_nan=False)
    new = [png.text_chunk(_PARAMETERS, parameters)] if add_parameters else []
    return png.insert(source, parts, [*new, png.international_chunk(KEYWORD, written)])


def read(data: bytes, mime: str) -> dict[str, Any] | None:
    """The record in a file, or None where there is none or it cannot be read. Raises BadPicture for a broken PNG."""
    if mime != "image/png":
        return None
    found = png.texts(data, png.chunks(data), max_text=_MAX_RECORD).found
    return parse(found[KEYWORD]) if KEYWORD in found else None


def parse(text: str) -> dict[str, Any] | None:
    """The record that a text holds, or None if it is not one of ours."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(record, dict) and str(record.get("schema", "")).startswith("slate.record/")
    return record if known and isinstance(record.get("statement"), dict) else None


def strip(data: bytes) -> bytes:
    """The source byte for byte, as it was before `embed`; a file without a record comes back as it is."""
    if not png.is_png(data):
        return data
    parts = png.chunks(data)
    ours = [at for at, part in enumerate(parts) if part.type == b"iTXt" and _keyword(data, part) == KEYWORD]
    gone = [parts[at] for at in ours]
    for at in ours:
        record = parse(parts[at].body(data).rpartition(b"\0")[2].decode("utf-8", "replace"))
        if record and record.get("parameters") is True and _keyword(data, parts[at - 1]) == _PARAMETERS:
            gone.append(parts[at - 1])
    return png.without(data, gone)


def _keyword(data: bytes, part: png.Chunk) -> str:
    if part.type not in (b"tEXt", b"iTXt", b"zTXt"):
        return ""
    return part.body(data)[:80].partition(b"\0")[0].decode("latin-1")
