"""Lists what a C2PA store says of the program that made a picture, without checking that it is true or signed.

Texts in CBOR (RFC 8949) and JSON that stand behind a few keys are listed; core/provenance/seal reads and checks whole stores.
"""

from __future__ import annotations

import re

from core.formats.decoding import UTF8
from core.formats.raw_text import RawTexts

KEY = "content credentials"
_KEYS = re.compile(
    rb"(claim_generator(?:_info)?|softwareAgent|digitalSourceType)(?:\x81?[\xa1-\xa9]dname)?"
    rb"(?:\"\s{0,4}:\s{0,4}(?:\{\s{0,4}\"name\"\s{0,4}:\s{0,4})?\"([^\"]{1,200})|([\x60-\x77])|\x78(.)|\x79(..))",
    re.DOTALL,
)
_LONGEST = 2 << 20
_MOST = 40


def read(store: bytes | memoryview, into: RawTexts) -> None:
    """Add one text with a line `key: value` for each thing a store says of its maker."""
    data = bytes(store[:_LONGEST])
    told: dict[str, None] = {}
    for found in _KEYS.finditer(data):
        value = found[2] or data[found.end() : found.end() + _length(found)]
        told[f"{found[1].decode()}: {value.decode('utf-8', 'replace')[:200]}"] = None
        if len(told) >= _MOST:
            break
    into.add("Content Credentials", KEY, UTF8, "\n".join(told).encode())


def _length(found: re.Match[bytes]) -> int:
    """Bytes of a CBOR text string, by its head."""
    if found[3]:
        return found[3][0] - 0x60
    return int.from_bytes(found[4] or found[5] or b"", "big")
