"""Reads the text in EXIF blocks and TIFF files, directory by directory.

The block is a TIFF file in little: a header, then directories of 12-byte entries
(https://www.cipa.jp/std/documents/e/DC-X008-2023-E.pdf).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.formats import iptc
from core.formats.decoding import COMMENT, UTF8, UTF16_LE
from core.formats.raw_text import RawTexts

NAMES = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x0132: "DateTime",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x010D: "DocumentName",
    0x011D: "PageName",
    0x0151: "TargetPrinter",
    0x8298: "Copyright",
    0x9286: "UserComment",
    0x927C: "MakerNote",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA420: "ImageUniqueID",
    0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber",
    0xA433: "LensMake",
    0xA434: "LensModel",
    0xA436: "ImageTitle",
    0xA437: "Photographer",
    0xA438: "ImageEditor",
    0xA439: "CameraFirmware",
    0xA43A: "RAWDevelopingSoftware",
    0xA43B: "ImageEditingSoftware",
    0xA43C: "MetadataEditingSoftware",
    0x9003: "DateTimeOriginal",
    0x9004: "DateTimeDigitized",
    0x9010: "OffsetTime",
    0x9011: "OffsetTimeOriginal",
    0x9012: "OffsetTimeDigitized",
    0x9290: "SubSecTime",
    0x9291: "SubSecTimeOriginal",
    0x9292: "SubSecTimeDigitized",
    0xA004: "RelatedSoundFile",
    0xA401: "CustomRendered",
    0xA480: "GDALMetadata",
    0xC614: "UniqueCameraModel",
}
"""What the standard calls a tag; any other is called by its number."""

_BYTE, _ASCII, _UNDEFINED, _UTF8 = 1, 2, 7, 129
_EXIF_DIRECTORY, _USER_COMMENT, _MAKER_NOTE = 0x8769, 0x9286, 0x927C
_WIDE = range(0x9C9B, 0x9CA0)
_XMP, _IPTC, _PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
_RESOURCE_IPTC, _RESOURCE_XMP, _RESOURCE_EXIF = 0x0404, 0x0424, 0x0422
_MAX_ENTRIES = 500
_TEXT_IN_BYTES = (_BYTE, _UNDEFINED)


def read(block: bytes | memoryview, into: RawTexts, *, place: str = "EXIF") -> None:
    """Add every text of a block to `into`. Anything broken is left out."""
    _read(block, into, place, resources=True)


def read_resources(body: bytes | memoryview, into: RawTexts) -> None:
    """Add the texts in a run of Photoshop's resources: IPTC, EXIF and XMP. EXIF in them is read without resources of its own."""
    for kind, inside in iptc.resources(body):
        if kind == _RESOURCE_IPTC:
            iptc.read(inside, into)
        elif kind == _RESOURCE_XMP:
            into.add("XMP", "xmp", UTF8, inside)
        elif kind == _RESOURCE_EXIF:
            _read(inside, into, "EXIF", resources=False)


def _read(block: bytes | memoryview, into: RawTexts, place: str, *, resources: bool) -> None:
    if bytes(block[:6]) == b"Exif\0\0":
        block = block[6:]
    view = memoryview(block)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(view[:4]))
    if order is None or len(view) < 8:
        return
    first = struct.unpack_from(order + "I", view, 4)[0]
    for at in (first, _pointer(view, order, first)):
        for tag, kind, value in _entries(view, order, at):
            if tag != _PHOTOSHOP:
                _add(into, place, tag, kind, value)
            elif resources:
                read_resources(value, into)


def texts(block: bytes, *, max_text: int) -> dict[str, str]:
    """Text by keyword: `key:value` strings under their key, a UserComment under `parameters`."""
    from core.formats.decoding import text_of

    found: dict[str, str] = {}
    raw = RawTexts(max_text)
    read(block, raw)
    for one in raw.found:
        text = text_of(one)
        if one.code == COMMENT:
            found["parameters"] = text
            continue
        key, colon, rest = text.partition(":")
        if colon and key.isidentifier():
            found.setdefault(key, rest)
    return found


def _add(into: RawTexts, place: str, tag: int, kind: int, value: memoryview) -> None:
    name = NAMES.get(tag, f"tag 0x{tag:04X}")
    if tag == _XMP:
        into.add("XMP", "xmp", UTF8, value)
    elif tag == _IPTC:
        iptc.read(value, into)
    elif tag in _WIDE:
        into.add(f"{place} {name}", name, UTF16_LE, _trimmed(value, 2))
    elif tag == _USER_COMMENT:
        into.add(f"{place} {name}", name, COMMENT, _trimmed(value, 2))
    elif kind in (_ASCII, _UTF8) or (kind in _TEXT_IN_BYTES and tag in NAMES and _reads_as_text(value)):
        into.add(f"{place} {name}", name, UTF8, _trimmed(value))


def _reads_as_text(value: memoryview) -> bool:
    """Whether bytes that may be anything (a camera's MakerNote) are a text after all."""
    head = bytes(value[:64])
    return len(head) > 1 and all(byte >= 32 or byte in b"\t\r\n" for byte in head.rstrip(b"\0"))


def _trimmed(value: memoryview, width: int = 1) -> memoryview:
    """Without closing NULs, looked for from the end."""
    end = len(value)
    while end >= width and not any(value[end - width : end]):
        end -= width
    return value[:end]


def _entries(block: memoryview, order: str, at: int) -> Iterator[tuple[int, int, memoryview]]:
    """(tag, type, bytes) of the entries that may be text in the directory at an offset; 0 is no directory."""
    for tag, kind, length, start in _directory(block, order, at):
        if kind not in (_ASCII, _UTF8, _BYTE, _UNDEFINED):
            continue
        offset = struct.unpack_from(order + "I", block, start + 8)[0]
        value = block[start + 8 : start + 8 + length] if length <= 4 else block[offset : offset + length]
        if len(value):
            yield tag, kind, value


def _directory(block: memoryview, order: str, at: int) -> Iterator[tuple[int, int, int, int]]:
    """(tag, type, length, where it stands) of each entry."""
    if at <= 0 or at + 2 > len(block):
        return
    count = min(struct.unpack_from(order + "H", block, at)[0], _MAX_ENTRIES)
    for start in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, length = struct.unpack_from(order + "HHI", block, start)
        yield tag, kind, length, start


def _pointer(block: memoryview, order: str, at: int) -> int:
    """Where the EXIF directory lies, or 0."""
    for tag, _, _, start in _directory(block, order, at):
        if tag == _EXIF_DIRECTORY:
            return int(struct.unpack_from(order + "I", block, start + 8)[0])
    return 0
