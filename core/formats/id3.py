"""ID3v2.3 and 2.4 tags at the head of a file (https://id3.org/id3v2.4.0-structure), frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import BadPicture
from core.formats.decoding import LATIN1, UTF8, UTF16
from core.formats.raw_text import RawTexts

_CUT_OFF = "The tag at the head of the sound file is damaged or cut off."


_CODES = {0: LATIN1, 1: UTF16, 2: UTF16, 3: UTF8}
_NAMES = {
    b"TIT2": "title",
    b"TPE1": "artist",
    b"TSSE": "encoder",
    b"TENC": "encoded by",
    b"TCOP": "copyright",
    b"TALB": "album",
    b"TIT3": "subtitle",
    b"TDRC": "date",
    b"TYER": "year",
    b"TCON": "genre",
    b"COMM": "comment",
    b"USLT": "lyrics",
}
_MOST = 1_000


@dataclass(frozen=True)
class Id3Frame:
    """One frame with its header, as it stands in the file."""

    name: bytes
    whole: bytes

    @property
    def body(self) -> bytes:
        return self.whole[10:]


@dataclass(frozen=True)
class Id3Tag:
    """`plain` is whether it can be changed frame by frame: without extended header, footer and the old escape scheme."""

    version: int
    flags: int
    frames: tuple[Id3Frame, ...]
    padding: int

    @property
    def plain(self) -> bool:
        return self.version in (3, 4) and not self.flags & 0xF0

    def frame(self, name: bytes, body: bytes) -> Id3Frame:
        """A new frame of this version."""
        size = synchsafe(len(body)) if self.version == 4 else len(body).to_bytes(4, "big")
        return Id3Frame(name, name + size + b"\0\0" + body)

    def as_bytes(self) -> bytes:
        body = b"".join(one.whole for one in self.frames) + bytes(self.padding)
        return b"ID3" + bytes((self.version, 0, self.flags)) + synchsafe(len(body)) + body

    def with_frames(self, *frames: Id3Frame) -> Id3Tag:
        return replace(self, frames=frames)


def length(data: bytes) -> int:
    """Bytes of the tag at the head of a file; 0 where there is none."""
    return 10 + unsynchsafe(data[6:10]) + (10 if data[5] & 0x10 else 0) if data[:3] == b"ID3" and len(data) > 10 else 0


def parse(data: bytes) -> Id3Tag:
    """The tag at the head; an empty one of version 4 where there is none. Raises BadPicture."""
    end = length(data)
    if not end:
        return Id3Tag(4, 0, (), 0)
    found, at = Id3Tag(data[3], data[5], (), 0), 10
    if end > len(data):
        raise BadPicture(_CUT_OFF, hint="Send the complete file.")
    frames = list[Id3Frame]()
    while found.plain and at + 10 <= end and data[at]:
        size = data[at + 4 : at + 8]
        stop = at + 10 + (unsynchsafe(size) if found.version == 4 else int.from_bytes(size, "big"))
        if stop > end:
            raise BadPicture(_CUT_OFF, hint="Send the complete file.")
        frames.append(Id3Frame(data[at : at + 4], data[at:stop]))
        at = stop
    return replace(found, frames=tuple(frames), padding=end - at)


def synchsafe(number: int) -> bytes:
    """Four bytes of seven bits. Raises BadPicture for what does not fit."""
    if number >= 1 << 28:
        raise BadPicture("There is no room for so many words in the sound file.")
    return bytes((number >> shift & 0x7F) for shift in (21, 14, 7, 0))


def unsynchsafe(four: bytes) -> int:
    number = 0
    for byte in four:
        number = number << 7 | byte & 0x7F
    return number


def read(data: bytes, into: RawTexts) -> None:
    """Add the texts of the tag at the head of `data`: text frames, comments, lyrics, and those that give their own name."""
    if data[:3] != b"ID3" or len(data) < 10 or data[3] not in (3, 4):
        return
    sized = unsynchsafe if data[3] == 4 else _plain
    end, at = min(len(data), 10 + unsynchsafe(data[6:10])), 10
    if data[5] & 0x40:
        at += unsynchsafe(data[10:14]) if data[3] == 4 else 4 + _plain(data[10:14])
    for _ in range(_MOST):
        if at + 10 > end or not data[at]:
            return
        size = sized(data[at + 4 : at + 8])
        _add(data[at : at + 4], data[at + 10 : min(at + 10 + size, end)], into)
        at += 10 + size


def _plain(four: bytes) -> int:
    return int.from_bytes(four, "big")


def _add(name: bytes, body: bytes, into: RawTexts) -> None:
    """A frame that is text: its encoding, of some a language, of some a name of its own, the text."""
    if not body or not (name[:1] == b"T" or name in (b"COMM", b"USLT")):
        return
    code, rest = _CODES.get(body[0], LATIN1), body[1:]
    key = _NAMES.get(name, name.decode("latin-1"))
    if name in (b"COMM", b"USLT", b"TXXX"):
        told, rest = _named(rest[3:] if name != b"TXXX" else rest, code)
        key = told.lower() if name == b"TXXX" else key
    into.add(f"ID3 {name.decode('latin-1')} {key}", key, code, rest)


def _named(body: bytes, code: str) -> tuple[str, bytes]:
    """(name, text) of a frame whose name ends with a NUL of its encoding."""
    from core.formats.decoding import decoded

    if code != UTF16:
        name, _, rest = body.partition(b"\0")
        return decoded(name[:200], code), rest
    at = body.find(b"\0\0")
    while at >= 0 and at % 2:
        at = body.find(b"\0\0", at + 1)
    return (decoded(body[:at][:400], code), body[at + 2 :]) if at >= 0 else ("", body)
