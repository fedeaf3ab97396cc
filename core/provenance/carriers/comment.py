"""A small EXIF block that holds one UserComment: where A1111 and what reads it look for parameters in JPEG and WebP."""

from __future__ import annotations

import struct

from core.formats import exif
from core.provenance.carriers.field_names import MOST, PARAMETERS

_EXIF_POINTER, _USER_COMMENT = 0x8769, 0x9286
_LONG, _UNDEFINED = 4, 7


def block(text: str) -> bytes:
    """Big-endian TIFF: a first directory that points to the EXIF directory, which has the comment in UTF-16."""
    body = b"UNICODE\0" + text.encode("utf-16-be", "replace")
    first = struct.pack(">HHHIII", 1, _EXIF_POINTER, _LONG, 1, 26, 0)
    second = struct.pack(">HHHIII", 1, _USER_COMMENT, _UNDEFINED, len(body), 44, 0)
    return b"MM\0*" + struct.pack(">I", 8) + first + second + body + b"\0" * (len(body) % 2)


def read(exif_block: bytes) -> dict[str, str]:
    """The parameters in an EXIF block, under their name; nothing where there are none."""
    found = exif.texts(exif_block, max_text=MOST)
    return {PARAMETERS: found[PARAMETERS]} if PARAMETERS in found else {}
