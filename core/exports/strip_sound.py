"""Sounds without a word: the comments and tags around the packets go, the packets themselves stay byte for byte."""

from __future__ import annotations

from core.errors import BadPicture
from core.formats import flac, id3, ogg
from core.formats.comments import Comments
from core.formats.flac import COMMENT, SEEK, STREAM, Block

_APE, _APE_LENGTH, _ID3V1 = b"APETAGEX", 32, 128
_WAVE = frozenset({b"fmt ", b"fact", b"data"})


def bare_flac(data: bytes) -> bytes:
    """With an empty comment block, which readers expect; pictures, padding and what programs keep are gone."""
    found = flac.parse(_without_tail(data))
    kept = [block for block in found.blocks if block.kind in (STREAM, SEEK)]
    kept.insert(1, Block(COMMENT, Comments(_vendor(found)).as_bytes()))
    return flac.Flac(b"", tuple(kept), found.sound).as_bytes()


def bare_mp3(data: bytes) -> bytes:
    """Without any tag, at the head or at the end."""
    while length := id3.length(data):
        if length > len(data):
            raise BadPicture("The sound file is damaged or cut off.", hint="Send the complete file.")
        data = data[length:]
    return _without_tail(data)


def bare_ogg(data: bytes) -> bytes:
    """With an empty comment packet; of what followed the entries, only the closing bit of Vorbis is kept."""
    found = ogg.headers(data)
    said = Comments.of(found.comments)
    rest = b"" if found.mark.startswith(b"Opus") else said.rest[:1]
    return ogg.with_comments(data, found, Comments(said.vendor, (), rest).as_bytes())


def bare_wave(data: bytes) -> bytes:
    """Only the format and the sound."""
    kept, at = list[bytes](), 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size
        if end > len(data):
            raise BadPicture("The sound file is cut off.", hint="Send the complete file.")
        if data[at : at + 4] in _WAVE:
            kept.append(data[at:end] + b"\0" * (size % 2))
        at = end + size % 2
    inside = b"".join(kept)
    return b"RIFF" + (len(inside) + 4).to_bytes(4, "little") + b"WAVE" + inside


def _vendor(found: flac.Flac) -> bytes:
    return next((Comments.of(block.body).vendor for block in found.blocks if block.kind == COMMENT), b"")


def _without_tail(data: bytes) -> bytes:
    """Without the tags that some programs put behind the sound: ID3v1, APEv2."""
    while True:
        if data[-_ID3V1:][:3] == b"TAG" and len(data) > _ID3V1:
            data = data[:-_ID3V1]
        elif data[-_APE_LENGTH:].startswith(_APE) and len(data) > _APE_LENGTH:
            size = int.from_bytes(data[-20:-16], "little")
            head = _APE_LENGTH if data[-9] & 0x80 else 0  # the top bit of its flags: there is a header, too
            if not _APE_LENGTH <= size <= len(data) - head:
                raise BadPicture("The tag behind the sound is damaged.", hint="Send the complete file.")
            data = data[: len(data) - size - head]
        else:
            return data
