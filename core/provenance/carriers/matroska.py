"""WebM: an element of tags at the end of the segment (RFC 9559, 5.1.8), beside those that the file brought.

A segment of unknown length (a live recording) or with a short length field takes none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from core.errors import BadPicture
from core.formats import matroska
from core.provenance.carriers.field_names import COMPLETE, CUT_OFF, MOST, RECORD, XMP

_SEGMENT, _TAGS, _TAG, _TARGETS, _SIMPLE, _NAME, _TEXT = 0x18538067, 0x1254C367, 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487
_ROOM = 4
"""Bytes a length field must have, so that what is added fits into it."""


@dataclass(frozen=True)
class Element:
    """Where an element and its body lie in the file."""

    kind: int
    start: int
    body: int
    end: int


def elements(data: bytes, at: int, end: int) -> Iterator[Element]:
    """Those side by side in a stretch of the file. Raises BadPicture."""
    view = memoryview(data)
    while at < end:
        kind, size, body = matroska.head(view, at)
        stop = end if size is None else body + size
        if not kind or stop > end:
            raise BadPicture(CUT_OFF, hint=COMPLETE)
        yield Element(kind, at, body, stop)
        at = stop


def segment(data: bytes) -> Element:
    """The one that holds everything. Raises BadPicture."""
    for one in elements(data, 0, len(data)):
        if one.kind == _SEGMENT:
            return one
    raise BadPicture(CUT_OFF, hint=COMPLETE)


def free(data: bytes) -> frozenset[str]:
    whole = segment(data)
    if whole.body - whole.start - 4 < _ROOM or matroska.head(memoryview(data), whole.start)[1] is None:
        return frozenset()
    return frozenset((RECORD, XMP)) - read(data).keys()


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    whole = segment(data)
    tags = b"".join(
        element(_SIMPLE, element(_NAME, name.upper().encode()) + element(_TEXT, words[name].encode()))
        for name in (XMP, RECORD)
        if name in words
    )
    new = element(_TAGS, element(_TAG, element(_TARGETS, b"") + tags))
    return _resized(data[: whole.end] + new, whole, len(new)) + data[whole.end :]


def remove(data: bytes, added: Collection[str]) -> bytes:
    """What was added stands in one element with the record, so all of it goes."""
    whole = segment(data)
    last = list(elements(data, whole.body, whole.end))[-1:]
    ours = [one for one in last if one.kind == _TAGS and RECORD in _texts(data[one.start : one.end])]
    if not ours:
        return data
    shorter = ours[0].start - ours[0].end
    return _resized(data[: ours[0].start], whole, shorter) + data[whole.end :]


def read(data: bytes) -> Mapping[str, str]:
    return {name: text for name, text in _texts(data).items() if name in (RECORD, XMP)}


def element(kind: int, body: bytes) -> bytes:
    """An element with a length of eight bytes, or of one where that is enough."""
    short = len(body) < 127
    size = bytes((0x80 | len(body),)) if short else (1 << 56 | len(body)).to_bytes(8, "big")
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + size + body


def _resized(data: bytes, whole: Element, more: int) -> bytes:
    width = whole.body - whole.start - 4
    size = whole.end - whole.body + more
    if size >= (1 << 7 * width) - 1:
        raise BadPicture("There is no room for words in this film.")
    return data[: whole.start + 4] + (1 << 7 * width | size).to_bytes(width, "big") + data[whole.body :]


def _texts(data: bytes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in matroska.read(data, max_text=MOST).raw.found:
        found.setdefault(one.key, one.body.decode("utf-8", "replace"))
    return found
