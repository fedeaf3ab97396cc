"""Tells whether a media file is complete or cut off, from its structure alone; nothing is decoded.

Every check reads the file once. A kind that has no mark of its end, and a file that is damaged rather than cut, counts as
complete.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from core.formats import id3, kinds

Bytes = bytes | mmap.mmap
"""What is read: bytes in memory or a mapped file, so that a large file is not loaded."""

_PNG = b"\x89PNG\r\n\x1a\n"
_SHORTEST = 12
"""No picture, film, sound or mesh has fewer bytes."""
_MOST_PARTS = 5_000_000
_CONTAINERS_OF_FILM = frozenset({"video/mp4", "video/quicktime"})
_SEGMENT, _CLUSTER, _EBML = 0x18538067, 0x1F43B675, 0x1A45DFA3


def is_cut(data: Bytes, filename: str = "") -> bool:
    """Whether the file ends before its own structure says it does. An empty file is cut."""
    if len(data) < _SHORTEST:
        return len(data) == 0 or kinds.worth_keeping(b"", filename)
    mime = kinds.mime_of(bytes(data[:4096]), filename)
    check = _CHECKS.get(mime)
    try:
        return check is not None and check(data)
    except (struct.error, IndexError, OverflowError):
        return True  # a length or a table that the file promises lies beyond its end


def is_damaged(data: Bytes) -> bool:
    """Whether a file's own checksums are wrong. Of the usual kinds only PNG has one over all of it (third edition, 5.5)."""
    if data[:8] != _PNG:
        return False
    at, view = 8, memoryview(data)
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            return False
        size = int.from_bytes(view[at : at + 4])
        if zlib.crc32(view[at + 4 : at + 8 + size]) != int.from_bytes(view[at + 8 + size : at + 12 + size]):
            return True
        if bytes(view[at + 4 : at + 8]) == b"IEND":
            return False
        at += 12 + size
    return False


def is_page(data: Bytes, filename: str) -> bool:
    """Whether it is a web page under the name of another file, as a proxy sends that asks for a password."""
    start = bytes(data[:200]).lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) and not filename.lower().endswith((".html", ".htm"))


def is_cut_on_disk(path: Path) -> bool:
    """The same for a file on disk, which is mapped and not loaded. Raises OSError."""
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            return True  # empty
        with mapped:
            return is_cut(mapped, path.name)


def _png(data: Bytes) -> bool:
    """Chunks up to IEND (PNG, third edition, 5.6)."""
    at = 8
    for _ in range(_MOST_PARTS):
        size, kind = struct.unpack_from(">I4s", data, at)
        at += 12 + size
        if kind == b"IEND" or at > len(data):
            return bool(at > len(data))
    return False


def _jpeg(data: Bytes) -> bool:
    """Segments up to the scan, then an end mark (ITU-T T.81, B.1): in a scan, 0xFF is never followed by 0xD9 otherwise."""
    at = 2
    for _ in range(_MOST_PARTS):
        if data[at] != 0xFF:
            return False  # damaged: decoding tells
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        if kind in (0xDA, 0xD9):
            return data.find(b"\xff\xd9", at) < 0
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return False


def _gif(data: Bytes) -> bool:
    """Blocks up to the trailer (GIF89a, appendix A)."""
    at = 13 + _colours(data[10])
    for _ in range(_MOST_PARTS):
        kind = data[at]
        if kind == 0x21:
            at += 2
        elif kind == 0x2C:
            at += 11 + _colours(data[at + 9])
        else:
            return False  # the trailer, or damaged
        while data[at]:
            at += 1 + data[at]
        at += 1
    return False


def _colours(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 << (1 + (flags & 7)) if flags & 0x80 else 0


def _riff(data: Bytes) -> bool:
    """The length of a RIFF file; recorders that cannot go back leave 0 or the largest number there."""
    size: int = struct.unpack_from("<I", data, 4)[0]
    return bool(size not in (0, 0xFFFFFFFF) and 8 + size > len(data))


def _boxes(data: Bytes) -> bool:
    """Outer boxes up to the end of the file, among them the one without which nothing can be shown (ISO/IEC 14496-12)."""
    at, seen = 0, set[bytes]()
    for _ in range(_MOST_PARTS):
        if at + 8 > len(data):
            break
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 1:
            size = struct.unpack_from(">Q", data, at + 8)[0]
        seen.add(kind)
        if size == 0:
            break
        if size < 8:
            return False  # damaged
        at += size
    needed = b"moov" if kinds.mime_of(bytes(data[:16]), "") in _CONTAINERS_OF_FILM else b"meta"
    return at > len(data) or (needed not in seen and b"moov" not in seen)


def _matroska(data: Bytes) -> bool:
    """The segment's length, or where it is unknown, that of the elements in it (RFC 8794, RFC 9559)."""
    at = 0
    for _ in range(_MOST_PARTS):
        if at >= len(data):
            return False
        kind, size, at = _element(data, at)
        if kind not in (_SEGMENT, _CLUSTER):
            at += 0 if size is None else size
        elif kind == _SEGMENT and size is not None:
            return at + size > len(data)
        elif size is not None:
            at += size
        if at > len(data):
            return True
    return False


def _element(data: Bytes, at: int) -> tuple[int, int | None, int]:
    """(id, length or None where it is unknown, where the content begins)."""
    width = 9 - data[at].bit_length()
    kind = int.from_bytes(data[at : at + width], "big")
    at += width
    width = 9 - data[at].bit_length()
    size = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    if at + width > len(data):
        raise IndexError
    return kind, None if size == (1 << 7 * width) - 1 else size, at + width


def _flac(data: Bytes) -> bool:
    """The last frame must be whole and end with the number of samples that STREAMINFO promises (RFC 9639, 8.2 and 9)."""
    at = id3.length(bytes(data[:16])) + 4
    total = (struct.unpack_from(">Q", data, at + 14)[0]) & ((1 << 36) - 1)
    blocksize: int = struct.unpack_from(">H", data, at + 4)[0]
    last = False
    while not last:
        last = bool(data[at] & 0x80)
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    if at >= len(data):
        return bool(total > 0)
    frame = _last_frame(data, at)
    if frame is None:
        return False  # no frame that can be read: damaged
    start, first = frame
    if _crc16(data[start : len(data) - 2]) != struct.unpack_from(">H", data, len(data) - 2)[0]:
        return True
    return bool(total) and first + 2 * max(blocksize, 1) <= total


_FLAC_WINDOW = 1 << 20


def _last_frame(data: Bytes, first: int) -> tuple[int, int] | None:
    """(offset, number of its first sample) of the last FLAC frame whose header holds."""
    start = max(first, len(data) - _FLAC_WINDOW)
    tail = bytes(data[start:])
    blocksize: int = struct.unpack_from(">H", data, id3.length(bytes(data[:16])) + 10)[0]
    at = len(tail)
    while (at := max(tail.rfind(b"\xff\xf8", 0, at), tail.rfind(b"\xff\xf9", 0, at))) >= 0:
        if (number := _frame_number(tail, at)) is not None:
            return start + at, number if tail[at + 1] & 1 else number * blocksize
    return None


def _frame_number(tail: bytes, at: int) -> int | None:
    """The coded number in a frame header whose CRC-8 holds; None where there is no header."""
    if at + 6 > len(tail):
        return None
    sizes, lead = tail[at + 2], tail[at + 4]
    more = 0 if lead < 0x80 else 7 - (lead ^ 0xFF).bit_length()
    number = lead & (0x7F >> (more + 1 if more else 0))
    for byte in tail[at + 5 : at + 5 + more]:
        number = number << 6 | byte & 0x3F
    end = at + 5 + more
    end += {6: 1, 7: 2}.get(sizes >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(sizes & 15, 0)
    return number if end < len(tail) and _crc8(tail[at:end]) == tail[end] else None


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x8005) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc


def _ogg(data: Bytes) -> bool:
    """The last page must be whole and end a stream (RFC 3533, 6)."""
    at = data.rfind(b"OggS")
    segments = data[at + 26]
    size = 27 + segments + sum(data[at + 27 : at + 27 + segments])
    return at + 27 + segments > len(data) or at + size > len(data) or not data[at + 5] & 4


_MP3_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_SAMPLES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3(data: Bytes) -> bool:
    """Frames up to the end (ISO/IEC 11172-3, 2.4.1); where they cannot be followed, nothing is claimed."""
    at = id3.length(bytes(data[:16]))
    for _ in range(_MOST_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            return len(data) > at > len(data) - 4 or at > len(data)
        version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
        rate, samples = data[at + 2] >> 4, data[at + 2] >> 2 & 3
        if layer != 1 or version == 1 or rate in (0, 15) or samples == 3:
            return False
        kilobits = _MP3_RATES[3 if version == 3 else 2][rate]
        at += (144 if version == 3 else 72) * kilobits * 1000 // _MP3_SAMPLES[version][samples] + (data[at + 2] >> 1 & 1)
    return False


def _glb(data: Bytes) -> bool:
    """The length in the header (glTF 2.0, 4.4.2)."""
    length: int = struct.unpack_from("<I", data, 8)[0]
    return length > len(data)


def _bmp(data: Bytes) -> bool:
    size: int = struct.unpack_from("<I", data, 2)[0]
    return size > len(data)


def _tiff(data: Bytes) -> bool:
    """The first directory, and the strips or tiles it points at (TIFF 6.0, 2 and 15)."""
    order = "<" if data[:1] == b"I" else ">"
    at: int = struct.unpack_from(order + "I", data, 4)[0]
    count: int = struct.unpack_from(order + "H", data, at)[0]
    places: dict[int, list[int]] = {}
    for number in range(count):
        tag, kind, many, _ = struct.unpack_from(order + "HHII", data, at + 2 + 12 * number)
        if tag in (273, 279, 324, 325) and kind in (3, 4) and many <= 1_000_000:
            letter, width = ("H", 2) if kind == 3 else ("I", 4)
            where = at + 10 + 12 * number
            if many * width > 4:
                where = struct.unpack_from(order + "I", data, where)[0]
            places[tag] = list(struct.unpack_from(f"{order}{many}{letter}", data, where))
    starts, sizes = places.get(273) or places.get(324) or [], places.get(279) or places.get(325) or []
    return any(start + size > len(data) for start, size in zip(starts, sizes, strict=False))


def _exr(data: Bytes) -> bool:
    """The table of chunk offsets, which is written last, and the last chunk; single-part scan lines only (openexr.com)."""
    if struct.unpack_from("<I", data, 4)[0] & 0x1A00:
        return False  # tiles, deep data, several parts
    at, lines, rows = 8, 0, {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
    compression = 0
    while data[at]:
        end = data.find(b"\0", at)
        middle = data.find(b"\0", end + 1)
        size: int = struct.unpack_from("<i", data, middle + 1)[0]
        if end < 0 or middle < 0 or size < 0:
            return True
        name, body = bytes(data[at:end]), middle + 5
        if name == b"dataWindow":
            _, top, _, bottom = struct.unpack_from("<iiii", data, body)
            lines = bottom - top + 1
        elif name == b"compression":
            compression = data[body]
        at = body + size
    count = -(-lines // rows.get(compression, 1))
    if not 0 < count <= 1_000_000:
        return False
    offsets = struct.unpack_from(f"<{count}Q", data, at + 1)
    last = max(offsets)
    return 0 in offsets or last + 8 + struct.unpack_from("<i", data, last + 4)[0] > len(data)


_CHECKS: dict[str, Callable[[Bytes], bool]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _riff,
    "audio/wav": _riff,
    "image/bmp": _bmp,
    "image/tiff": _tiff,
    "image/x-exr": _exr,
    "image/avif": _boxes,
    "image/heic": _boxes,
    "video/mp4": _boxes,
    "video/quicktime": _boxes,
    "video/webm": _matroska,
    "audio/flac": _flac,
    "audio/ogg": _ogg,
    "audio/mpeg": _mp3,
    "model/gltf-binary": _glb,
}
