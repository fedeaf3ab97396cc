"""Sounds without a word: the comments and tags around the packets go, the packets themselves stay byte for byte."""

from __future__ import annotations

from core.errors import BadPicture
from core.exports.strip_film import TEXT_BEHIND
from core.formats import flac, id3, ogg
from core.formats.comments import Comments
from core.formats.flac import COMMENT, SEEK, STREAM, FlacBlock

_APE, _APE_LENGTH, _ID3V1 = b"APETAGEX", 32, 128
_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second of layer III, for MPEG 1 and for 2 and 2.5 (ISO/IEC 11172-3, 2.4.2.3; 13818-3)."""
_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_WAVE = frozenset({b"fmt ", b"fact", b"data"})


def bare_flac(data: bytes) -> bytes:
    """With an empty comment block, which readers expect; pictures, padding and what programs keep are gone."""
    found = flac.parse(TEXT_BEHIND.sub(b"", _without_tail(data)))
    kept = [block for block in found.blocks if block.kind in (STREAM, SEEK)]
    kept.insert(1, FlacBlock(COMMENT, Comments(_vendor(found)).as_bytes()))
    return flac.Flac(b"", tuple(kept), found.sound).as_bytes()


def bare_mp3(data: bytes) -> bytes:
    """Without any tag, at the head or at the end."""
    while length := id3.length(data):
        if length > len(data):
            raise BadPicture("The sound file is damaged or cut off.", hint="Send the complete file.")
        data = data[length:]
    data = _without_tail(data)
    return data[: _end_of_frames(data)]


def bare_ogg(data: bytes) -> bytes:
    """With an empty comment packet; of what followed the entries, only the closing bit of Vorbis is kept."""
    data = data[: _end_of_pages(data)]
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


def _end_of_pages(data: bytes) -> int:
    """Where the last Ogg page ends."""
    at = 0
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        count = data[at + 26]
        end = at + 27 + count + sum(data[at + 27 : at + 27 + count])
        if end > len(data):
            break
        at = end
    return at or len(data)


def _end_of_frames(data: bytes) -> int:
    """Where the last frame of layer III ends; the end of the file where there are no such frames."""
    at = end = max(0, data.find(b"\xff"))
    while at >= 0 and at + 4 <= len(data):
        length = _frame(data[at : at + 4])
        if length and at + length <= len(data):
            at = end = at + length
        else:
            at = data.find(b"\xff", at + 1)
    return end if end > max(0, data.find(b"\xff")) else len(data)


def _frame(head: bytes) -> int:
    """Bytes of the frame that begins so; 0 for what begins none."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, hertz = head[2] >> 4, head[2] >> 2 & 3
    if head[0] != 0xFF or head[1] >> 5 != 7 or version == 1 or layer != 1 or rate in (0, 15) or hertz == 3:
        return 0
    kilobits = _RATES[3 if version == 3 else 2][rate]
    return (144 if version == 3 else 72) * kilobits * 1000 // _HERTZ[version][hertz] + (head[2] >> 1 & 1)


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
