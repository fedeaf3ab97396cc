"""Ogg (Opus, Vorbis): two more entries among the comments.

The pages of the comments are laid anew, so `remove` gives the same packets back; the same bytes, too, if they were laid as usual.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.formats import ogg
from core.formats.comments import Comments
from core.provenance.carriers.field_names import RECORD, XMP


def free(data: bytes) -> frozenset[str]:
    return frozenset((RECORD, XMP)) - _comments(data).keys


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    found = ogg.headers(data)
    return ogg.with_comments(data, found, Comments.of(found.comments).with_entries(words, (XMP, RECORD)).as_bytes())


def remove(data: bytes, added: Collection[str]) -> bytes:
    found = ogg.headers(data)
    comments = Comments.of(found.comments)
    if RECORD not in comments.keys:
        return data
    return ogg.with_comments(data, found, comments.without({RECORD, *added}).as_bytes())


def read(data: bytes) -> Mapping[str, str]:
    comments = _comments(data)
    return {name: comments.value(name) for name in (RECORD, XMP) if name in comments.keys}


def _comments(data: bytes) -> Comments:
    return Comments.of(ogg.headers(data).comments)
