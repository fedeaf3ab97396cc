"""Puts Slate's words into a file and takes them out again: the pixels and everything else stay byte for byte as they came.

Three things are written: the record (everything, for Slate), the `parameters` text (for galleries), an XMP packet (for everybody
else). What the file brought itself is never doubled or replaced. docs/provenance.md says where each stands in each kind of file.

The record is JSON: `{"schema": "slate.record/1", "statement": {…}, "statement_sha256": "…", "added": ["parameters", "xmp"]}`,
where `added` says what Slate put beside it. A record is a claim, not a proof: see core/recognition/identify.py.
The proof is the seal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.formats import kinds
from core.provenance import statement as provenance_statement
from core.provenance.carriers import PARAMETERS, RECORD, XMP, carrier_of
from core.security.sandbox import sandboxed

KEYWORD = RECORD
SCHEMA = "slate.record/1"


def record_of(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The record around a statement."""
    return {"schema": SCHEMA, "statement": dict(statement), "statement_sha256": provenance_statement.digest(statement)}


@sandboxed
def embed(data: bytes, mime: str, record: Mapping[str, Any] | None, parameters: str = "", xmp: str = "") -> bytes:
    """The file with these words in it; a record of ours that was there before is replaced, with what it had brought.

    What the kind of file cannot carry is left out (`left_out` names it). Raises BadPicture for a broken file.
    """
    carrier = carrier_of(mime)
    if carrier is None:
        return data
    source = strip(data, mime)
    free = carrier.free(source)
    words = {name: text for name, text in ((PARAMETERS, parameters), (XMP, xmp)) if text and name in free}
    if record is not None and RECORD in free:
        told = dict(record) | {"added": sorted(words), PARAMETERS: PARAMETERS in words}
        words[RECORD] = json.dumps(told, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return carrier.insert(source, words) if words else source


@sandboxed
def left_out(data: bytes, mime: str, *wanted: str) -> list[str]:
    """Which of the wanted words are not in the file: `record`, `parameters`, `xmp`. Raises BadPicture."""
    carrier = carrier_of(mime)
    there = carrier.read(data) if carrier else {}
    return [name for name in wanted if (RECORD if name == "record" else name) not in there]


@sandboxed
def read(data: bytes, mime: str) -> dict[str, Any] | None:
    """The record in a file, or None where there is none or it cannot be read. Raises BadPicture for a broken file."""
    carrier = carrier_of(mime)
    text = carrier.read(data).get(RECORD) if carrier else None
    return parse(text) if text else None


@sandboxed
def xmp_in(data: bytes, mime: str) -> str:
    """The XMP packet in a file as it stands there, or empty. Raises BadPicture."""
    carrier = carrier_of(mime)
    return carrier.read(data).get(XMP, "") if carrier else ""


def parse(text: str) -> dict[str, Any] | None:
    """The record that a text holds, or None if it is not one of ours."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(record, dict) and str(record.get("schema", "")).startswith("slate.record/")
    return record if known and isinstance(record.get("statement"), dict) else None


@sandboxed
def strip(data: bytes, mime: str = "") -> bytes:
    """The source as it was before `embed` and before the seal; a file without a record comes back as it is.

    Raises BadPicture for a broken file.
    """
    mime = mime or kinds.mime_of(data, "")
    carrier = carrier_of(mime)
    if carrier is None:
        return data
    text = carrier.read(data).get(RECORD)
    if text is None:
        return data
    return carrier.remove(data, _added(parse(text)))


def _added(record: Mapping[str, Any] | None) -> list[str]:
    """What a record says it brought; one of an older Slate says only whether it brought parameters."""
    if record is None:
        return []
    told = record.get("added")
    if isinstance(told, list):
        return [str(one) for one in told[:10]]
    return [PARAMETERS] if record.get(PARAMETERS) is True else []
