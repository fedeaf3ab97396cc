"""Exchanges the comments of an Ogg file (RFC 3533): its header pages are laid anew, and the sound's pages only numbered anew."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import BadPicture

_OPUS, _VORBIS = b"OpusTags", b"\x03vorbis"
_NONE = b"\xff" * 8
"""Where no packet ends on a page, it gives no place in the sound."""
_SWAPPED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class OggPage:
    """One page: where it lies, and where its packets' bytes begin."""

    start: int
    body: int
    end: int
    serial: bytes
    laces: bytes


@dataclass(frozen=True)
class Headers:
    """The pages behind the first one that hold the comments and what else stands before the sound."""

    mark: bytes
    comments: bytes
    """The comment block without its mark."""
    others: tuple[bytes, ...]
    pages: tuple[OggPage, ...]


def headers(data: bytes) -> Headers:
    """Raises BadPicture for what is broken, and for a file of several streams, whose comments cannot be told apart."""
    pages, packets, now = list[OggPage](), list[bytes](), list[bytes]()
    wanted = 1
    for number, page in enumerate(_pages(data)):
        if number == 0:
            first = page
            wanted = 2 if data[page.body : page.body + 7] == b"\x01vorbis" else 1
            continue
        if page.serial != first.serial:
            raise BadPicture("The sound file holds several streams.", hint="Send one audio track per file.")
        pages.append(page)
        at = page.body
        for lace in page.laces:
            now.append(data[at : at + lace])
            at += lace
            if lace < 255:
                packets.append(b"".join(now))
                now = []
        if len(packets) >= wanted and not now:
            mark = next((mark for mark in (_OPUS, _VORBIS) if packets[0].startswith(mark)), b"")
            if not mark or len(packets) > wanted:
                break
            return Headers(mark, packets[0][len(mark) :], tuple(packets[1:]), tuple(pages))
    raise BadPicture("The sound file has no comments where they belong.", hint="Send the complete file.")


def with_comments(data: bytes, found: Headers, comments: bytes) -> bytes:
    """The same sound with other comments. Raises BadPicture."""
    serial = found.pages[0].serial
    new = list(_laid(serial, (found.mark + comments, *found.others)))
    shift = len(new) - len(found.pages)
    kept = [data[: found.pages[0].start], *new]
    if not shift:
        return b"".join((*kept, data[found.pages[-1].end :]))
    for page in _pages(data, found.pages[-1].end):
        one = bytearray(data[page.start : page.end])
        if page.serial == serial:
            struct.pack_into("<I", one, 18, (struct.unpack_from("<I", one, 18)[0] + shift) & 0xFFFFFFFF)
        kept.append(_summed(one))
    return b"".join(kept)


def _laid(serial: bytes, packets: tuple[bytes, ...]) -> Iterator[bytes]:
    """The packets on pages, from the second page of the file on."""
    laces, ends = bytearray(), set[int]()
    for packet in packets:
        laces += b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,))
        ends.add(len(laces) - 1)
    body, at = b"".join(packets), 0
    for number, first in enumerate(range(0, len(laces), 255), start=1):
        mine = bytes(laces[first : first + 255])
        ended = any(first <= end < first + 255 for end in ends)
        continued = first > 0 and first - 1 not in ends
        head = b"OggS\0" + bytes((int(continued),)) + (bytes(8) if ended else _NONE) + serial
        page = head + struct.pack("<II", number, 0) + bytes((len(mine),)) + mine + body[at : at + sum(mine)]
        at += sum(mine)
        yield _summed(bytearray(page))


def _pages(data: bytes, at: int = 0) -> Iterator[OggPage]:
    while at < len(data):
        body = at + 27 + (data[at + 26] if at + 27 <= len(data) else 0)
        laces = data[at + 27 : body]
        end = body + sum(laces)
        if data[at : at + 4] != b"OggS" or end > len(data) or body > len(data):
            raise BadPicture("The sound file is damaged or cut off.", hint="Send the complete file.")
        yield OggPage(at, body, end, data[at + 14 : at + 18], laces)
        at = end


def _summed(page: bytearray) -> bytes:
    """The page with its checksum: CRC-32 as zlib has it, with the bits of every byte the other way round."""
    page[22:26] = bytes(4)
    turned = ~zlib.crc32(page.translate(_SWAPPED), 0xFFFFFFFF) & 0xFFFFFFFF
    page[22:26] = struct.pack("<I", int(f"{turned:032b}"[::-1], 2))
    return bytes(page)
