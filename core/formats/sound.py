"""Reads the words in FLAC, Ogg and MP3 files: Vorbis comments (RFC 9639, RFC 7845) and ID3v2 text frames (id3.org)."""

from __future__ import annotations

import struct

from core.formats import id3
from core.formats.film import Film

_MOST = 1_000
_ENCODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def read_flac(data: bytes, *, max_text: int) -> Film:
    """Playing time and comments of a FLAC file."""
    film, at, last = Film(), id3.length(data) + 4, False
    while not last and at + 4 <= len(data):
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        body = data[at + 4 : at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")]
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if kind == 0 and len(body) >= 18:
            rate, samples = int.from_bytes(body[10:13], "big") >> 4, int.from_bytes(body[13:18], "big") & (2**36 - 1)
            film.seconds = round(samples / rate, 3) if rate and samples else None
        elif kind == 4:
            _comments(film, body, max_text)
    return film


def read_ogg(data: bytes, *, max_text: int) -> Film:
    """Comments and playing time of an Ogg file with one stream: its second packet, put together from its pages."""
    film = Film()
    packets = _packets(data, max_text + 64)
    if len(packets) < 2:
        return film
    for mark, rate in ((b"OpusTags", 48_000), (b"\x03vorbis", _vorbis_rate(packets[0]))):
        if packets[1].startswith(mark):
            _comments(film, packets[1][len(mark) :], max_text)
            film.seconds = _ogg_seconds(data, rate)
    return film


def read_mp3(data: bytes, *, max_text: int) -> Film:
    """The TXXX frames of an ID3v2.3 or 2.4 tag, by what they are called."""
    film = Film()
    if data[:3] != b"ID3" or len(data) < 10 or data[3] not in (3, 4):
        return film
    synchsafe = data[3] == 4
    end, at = min(len(data), 10 + id3.unsynchsafe(data[6:10])), 10
    if data[5] & 0x40:
        at += id3.unsynchsafe(data[10:14]) if synchsafe else 4 + int.from_bytes(data[10:14], "big")
    for _ in range(_MOST):
        if at + 10 > end or not data[at]:
            break
        size = id3.unsynchsafe(data[at + 4 : at + 8]) if synchsafe else int.from_bytes(data[at + 4 : at + 8], "big")
        body = data[at + 10 : min(at + 10 + size, end)]
        if data[at : at + 4] == b"TXXX" and 1 < len(body) <= 2 * max_text + 400:
            text = body[1:].decode(_ENCODINGS.get(body[0], "latin-1"), "replace")
            name, _, value = text.partition("\0")
            max_text = film.keep(name.lstrip("\ufeff").lower(), value.lstrip("\ufeff").rstrip("\0"), max_text)
        at += 10 + size
    return film


def _comments(film: Film, body: bytes, left: int) -> None:
    """`KEY=value` entries, each with its length before it."""
    if len(body) < 8:
        return
    at = 4 + struct.unpack_from("<I", body)[0]
    if at + 4 > len(body):
        return
    count = struct.unpack_from("<I", body, at)[0]
    at += 4
    for _ in range(min(count, _MOST)):
        if at + 4 > len(body):
            break
        size = struct.unpack_from("<I", body, at)[0]
        if at + 4 + size > len(body):
            break
        key, _, text = body[at + 4 : at + 4 + size].decode("utf-8", "replace").partition("=")
        left = film.keep(key.lower(), text, left)
        at += 4 + size


def _packets(data: bytes, most: int) -> list[bytes]:
    """The first two packets, each at most `most` bytes."""
    packets, now, at = list[bytes](), b"", 0
    while len(packets) < 2 and data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        laces = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(laces)
        for lace in laces:
            now += data[at : at + lace]
            at += lace
            if lace < 255:
                packets.append(now)
                now = b""
        if len(now) > most:
            break
    return packets[:2]


def _ogg_seconds(data: bytes, rate: int) -> float | None:
    """By the place in samples that the last page gives."""
    last = data.rfind(b"OggS", max(0, len(data) - 70_000))
    place = int.from_bytes(data[last + 6 : last + 14], "little") if last >= 0 else 0
    return round(place / rate, 3) if rate and 0 < place < 2**48 else None


def _vorbis_rate(packet: bytes) -> int:
    return int.from_bytes(packet[12:16], "little") if packet.startswith(b"\x01vorbis") else 0
