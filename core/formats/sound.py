"""Reads the words in FLAC, Ogg and MP3 files: Vorbis comments (RFC 9639, RFC 7845) and ID3v2 text frames (id3.org)."""

from __future__ import annotations

import struct

from core.formats import id3
from core.formats.decoding import UTF8
from core.formats.film import Film

_MOST = 1_000


def read_flac(data: bytes, *, max_text: int) -> Film:
    """Playing time and comments of a FLAC file."""
    film, at, last = Film(left=max_text), id3.length(data) + 4, False
    while not last and at + 4 <= len(data):
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        body = data[at + 4 : at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")]
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if kind == 0 and len(body) >= 18:
            rate, samples = int.from_bytes(body[10:13], "big") >> 4, int.from_bytes(body[13:18], "big") & (2**36 - 1)
            film.seconds = round(samples / rate, 3) if rate and samples else None
        elif kind == 4:
            _comments(film, body)
    return film


def read_ogg(data: bytes, *, max_text: int) -> Film:
    """Comments and playing time of an Ogg file with one stream: its second packet, put together from its pages."""
    film = Film(left=max_text)
    packets = _packets(data, max_text + 64)
    if len(packets) < 2:
        return film
    for mark, rate in ((b"OpusTags", 48_000), (b"\x03vorbis", _vorbis_rate(packets[0]))):
        if packets[1].startswith(mark):
            _comments(film, packets[1][len(mark) :])
            film.seconds = _ogg_seconds(data, rate)
    return film


def read_mp3(data: bytes, *, max_text: int) -> Film:
    """The texts of an ID3v2.3 or 2.4 tag."""
    film = Film(left=max_text)
    id3.read(data, film.raw)
    return film


def _comments(film: Film, body: bytes) -> None:
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
        name, _, text = body[at + 4 : at + 4 + size].partition(b"=")
        key = name[:200].decode("utf-8", "replace").lower()
        film.raw.add(f"comment {key}", key, UTF8, text)
        at += 4 + size


def _packets(data: bytes, most: int) -> list[bytes]:
    """The first two packets, each at most `most` bytes."""
    packets, now, held, at = list[bytes](), list[bytes](), 0, 0
    while len(packets) < 2 and data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        laces = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(laces)
        for lace in laces:
            now.append(data[at : at + lace])
            held += lace
            at += lace
            if lace < 255:
                packets.append(b"".join(now))
                now, held = [], 0
        if held > most:
            break
    return packets[:2]


def _ogg_seconds(data: bytes, rate: int) -> float | None:
    """By the place in samples that the last page gives."""
    last = data.rfind(b"OggS", max(0, len(data) - 70_000))
    place = int.from_bytes(data[last + 6 : last + 14], "little") if last >= 0 else 0
    return round(place / rate, 3) if rate and 0 < place < 2**48 else None


def _vorbis_rate(packet: bytes) -> int:
    return int.from_bytes(packet[12:16], "little") if packet.startswith(b"\x01vorbis") else 0
