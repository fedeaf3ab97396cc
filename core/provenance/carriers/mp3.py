"""MP3: frames of the ID3v2 tag: XMP in PRIV, as Adobe's XMP specification part 3 has it, the record in TXXX, the seal in GEOB.

A tag of an old version or with an extended header takes none. Signing lays the tag anew, so `remove` gives a sealed file back
without our frames, not byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from core.formats import id3
from core.formats.id3 import Id3Frame
from core.provenance.carriers.field_names import RECORD, XMP

_XMP_HEAD = b"XMP\0"
_RECORD_HEAD = b"\x03" + RECORD.encode() + b"\0"
_SEAL = b"application/c2pa\0"
_MADE = b"\x03slate.tag\0"
"""Begins a frame of ours where the file had no tag at all."""


def free(data: bytes) -> frozenset[str]:
    tag = id3.parse(data)
    return frozenset(name for name in (RECORD, XMP) if name not in read(data)) if tag.plain else frozenset()


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    tag = id3.parse(data)
    new = [tag.frame(b"PRIV", _XMP_HEAD + words[XMP].encode())] if XMP in words else []
    if RECORD in words:
        new += [] if id3.length(data) else [tag.frame(b"TXXX", _MADE + b"1")]
        new += [tag.frame(b"TXXX", _RECORD_HEAD + words[RECORD].encode())]
    return tag.with_frames(*tag.frames, *new).as_bytes() + data[id3.length(data) :]


def remove(data: bytes, added: Collection[str]) -> bytes:
    tag = id3.parse(data)
    if not any(_is(frame, b"TXXX", _RECORD_HEAD) for frame in tag.frames):
        return data
    heads = [(b"TXXX", _RECORD_HEAD), (b"TXXX", _MADE)] + ([(b"PRIV", _XMP_HEAD)] if XMP in added else [])
    kept = [one for one in tag.frames if not any(_is(one, *head) for head in heads) and not _is_seal(one)]
    made = any(_is(frame, b"TXXX", _MADE) for frame in tag.frames)
    rest = data[id3.length(data) :]
    return rest if made and not kept else replace(tag, frames=tuple(kept)).as_bytes() + rest


def read(data: bytes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for frame in id3.parse(data).frames:
        for name, kind, head in ((RECORD, b"TXXX", _RECORD_HEAD), (XMP, b"PRIV", _XMP_HEAD)):
            if _is(frame, kind, head):
                found.setdefault(name, frame.body[len(head) :].decode("utf-8", "replace"))
    return found


def seal_length(data: bytes) -> int:
    """Bytes of a tag at the head that holds a seal and nothing else; 0 where there is none."""
    frames = id3.parse(data).frames
    return id3.length(data) if frames and all(_is_seal(one) for one in frames) else 0


def _is(frame: Id3Frame, kind: bytes, head: bytes) -> bool:
    return frame.name == kind and frame.body.startswith(head)


def _is_seal(frame: Id3Frame) -> bool:
    return frame.name == b"GEOB" and _SEAL in frame.body[:64]
