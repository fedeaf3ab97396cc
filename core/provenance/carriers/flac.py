"""FLAC: two more entries among the Vorbis comments. The seal stands in an ID3 tag before the file, as C2PA has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.formats import flac
from core.formats.comments import Comments
from core.formats.flac import COMMENT, FlacBlock
from core.provenance.carriers import mp3
from core.provenance.carriers.field_names import RECORD, XMP

_MADE = b"Slate"
"""The vendor of a comment block that the file did not bring."""


def free(data: bytes) -> frozenset[str]:
    return frozenset((RECORD, XMP)) - _comments(flac.parse(data)).keys


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    found = flac.parse(data)
    body = _comments(found).with_entries(words, (XMP, RECORD)).as_bytes()
    if any(block.kind == COMMENT for block in found.blocks):
        return found.with_blocks(_exchanged(found, body)).as_bytes()
    return found.with_blocks((found.blocks[0], FlacBlock(COMMENT, body), *found.blocks[1:])).as_bytes()


def remove(data: bytes, added: Collection[str]) -> bytes:
    found = flac.parse(data[mp3.seal_length(data) :])
    comments = _comments(found)
    if RECORD not in comments.keys:
        return data
    left = comments.without({RECORD, *added})
    if left == Comments(_MADE):
        return found.with_blocks(block for block in found.blocks if block.kind != COMMENT).as_bytes()
    return found.with_blocks(_exchanged(found, left.as_bytes())).as_bytes()


def read(data: bytes) -> Mapping[str, str]:
    comments = _comments(flac.parse(data))
    return {name: comments.value(name) for name in (RECORD, XMP) if name in comments.keys}


def _comments(found: flac.Flac) -> Comments:
    body = next((block.body for block in found.blocks if block.kind == COMMENT), None)
    return Comments(_MADE) if body is None else Comments.of(body)


def _exchanged(found: flac.Flac, body: bytes) -> list[FlacBlock]:
    return [FlacBlock(COMMENT, body) if block.kind == COMMENT else block for block in found.blocks]
