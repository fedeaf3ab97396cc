"""GIF: extensions before the end (GIF89a specification, 24 and 26): XMP and the record as application extensions.

XMP is written as Adobe's XMP specification part 3 says, with its trailer of descending bytes; A1111 readers do not look at GIF.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from core.errors import BadPicture
from core.provenance.carriers.field_names import COMPLETE, CUT_OFF, RECORD, XMP

_XMP_NAME, _RECORD_NAME, _SEAL_NAME = b"XMP DataXMP", b"SLATERECJSN", b"C2PA_GIF"
_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
_NEW, _OLD = b"GIF89a", b"GIF87a"
_WAS_OLD = b"7"


@dataclass(frozen=True)
class GifBlock:
    """An application extension and where it lies; or the file's end, which has no name."""

    name: bytes
    start: int
    end: int

    def body(self, data: bytes) -> bytes:
        """The sub-blocks' bytes put together."""
        return b"".join(data[at + 1 : at + 1 + data[at]] for at in _pieces(data, self.start + 14))


def blocks(data: bytes) -> list[GifBlock]:
    """The application extensions, and last the trailer. Raises BadPicture."""
    at = 13 + _colours(data, 10)
    found = list[GifBlock]()
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return [*found, GifBlock(b"", at, at + 1)]
        if kind == 0x2C:
            at = _after(data, at + 11 + _colours(data, at + 9))
        elif kind == 0x21:
            end = _after(data, at + 2)
            if data[at + 1] == 0xFF:
                found.append(GifBlock(data[at + 3 : at + 3 + data[at + 2]], at, end))
            at = end
        else:
            break
    raise BadPicture(CUT_OFF, hint=COMPLETE)


def words(data: bytes, *, keep: Collection[bytes]) -> list[tuple[int, int]]:
    """(start, end) of comments, plain texts and application extensions but those named in `keep`. Raises BadPicture."""
    at, found = 13 + _colours(data, 10), list[tuple[int, int]]()
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x2C:
            at = _after(data, at + 11 + _colours(data, at + 9))
            continue
        end = _after(data, at + 2)
        label, name = data[at + 1], data[at + 3 : at + 14]
        if label in (0x01, 0xFE) or (label == 0xFF and name not in keep):
            found.append((at, end))
        at = end
    return found


def free(data: bytes) -> frozenset[str]:
    there = {block.name for block in blocks(data)}
    return frozenset(name for name, mark in ((XMP, _XMP_NAME), (RECORD, _RECORD_NAME)) if mark not in there)


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    """Right before the trailer; a GIF87a says from then on that it is a GIF89a, which it is."""
    end = blocks(data)[-1].start
    new = b"\x21\xff\x0b" + _XMP_NAME + words[XMP].encode() + _TRAILER if XMP in words else b""
    if RECORD in words:
        mark = _WAS_OLD if data.startswith(_OLD) else b"-"
        new += b"\x21\xff\x0b" + _RECORD_NAME + _in_pieces(mark + words[RECORD].encode())
    return _NEW + data[6:end] + new + data[end:]


def remove(data: bytes, added: Collection[str]) -> bytes:
    found = blocks(data)
    ours = next((block for block in found if block.name == _RECORD_NAME), None)
    if ours is None:
        return data
    names = {_RECORD_NAME} | ({_XMP_NAME} if XMP in added else set())
    old = ours.body(data).startswith(_WAS_OLD)
    kept, at = [], 0
    for block in found[:-1]:
        if block.name in names or block.name.startswith(_SEAL_NAME):
            kept.append(data[at : block.start])
            at = block.end
    whole = b"".join((*kept, data[at:]))
    return (_OLD if old else _NEW) + whole[6:]


def read(data: bytes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for block in blocks(data):
        if block.name == _RECORD_NAME:
            found[RECORD] = block.body(data)[1:].decode("utf-8", "replace")
        elif block.name == _XMP_NAME:
            found[XMP] = data[block.start + 14 : block.end - len(_TRAILER)].decode("utf-8", "replace")
    return found


def _colours(data: bytes, at: int) -> int:
    """Bytes of the colour table that the flags at `at` announce."""
    if at >= len(data):
        raise BadPicture(CUT_OFF, hint=COMPLETE)
    return 3 << ((data[at] & 7) + 1) if data[at] & 0x80 else 0


def _pieces(data: bytes, at: int) -> Iterator[int]:
    """Where each sub-block begins."""
    while at < len(data) and data[at]:
        yield at
        at += 1 + data[at]


def _after(data: bytes, at: int) -> int:
    for at in _pieces(data, at):  # noqa: B020  (the last one is what counts)
        at += 1 + data[at]
    if at >= len(data):
        raise BadPicture(CUT_OFF, hint=COMPLETE)
    return at + 1


def _in_pieces(body: bytes) -> bytes:
    return b"".join(bytes((len(body[at : at + 255]),)) + body[at : at + 255] for at in range(0, len(body), 255)) + b"\0"
