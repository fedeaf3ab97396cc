"""Reads the size and the texts of Photoshop files: XMP, EXIF and IPTC among their resources.

Format: https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/
"""

from __future__ import annotations

from core.formats import exif
from core.formats.film import Film, edge


def read(data: bytes, *, max_text: int) -> Film:
    """What can be read; a broken file gives what came before the break."""
    film = Film(left=max_text)
    if len(data) < 34:
        return film
    film.height, film.width = edge(int.from_bytes(data[14:18], "big")), edge(int.from_bytes(data[18:22], "big"))
    at = 30 + int.from_bytes(data[26:30], "big")
    size = int.from_bytes(data[at : at + 4], "big")
    exif.read_resources(memoryview(data)[at + 4 : at + 4 + size], film.raw)
    return film
