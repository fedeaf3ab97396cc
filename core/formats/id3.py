"""ID3v2.3 and 2.4 tags at the head of a file (https://id3.org/id3v2.4.0-structure), frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import BadPicture

_CUT_OFF = "The tag at the head of the sound file is damaged or cut off."


@dataclass(frozen=True)
class Frame:
    """One frame with its header, as it stands in the file."""

    name: bytes
    whole: bytes

    @property
    def body(self) -> bytes:
        return self.whole[10:]


@dataclass(frozen=True)
class Tag:
    """`plain` is whether it can be changed frame by frame: without extended header, footer and the old escape scheme."""

    version: int
    flags: int
    frames: tuple[Frame, ...]
    padding: int

    @property
    def plain(self) -> bool:
        return self.version in (3, 4) and not self.flags & 0xF0

    def frame(self, name: bytes, body: bytes) -> Frame:
        """A new frame of this version."""
        size = synchsafe(len(body)) if self.version == 4 else len(body).to_bytes(4, "big")
        return Frame(name, name + size + b"\0\0" + body)

    def as_bytes(self) -> bytes:
        body = b"".join(one.whole for one in self.frames) + bytes(self.padding)
        return b"ID3" + bytes((self.version, 0, self.flags)) + synchsafe(len(body)) + body

    def with_frames(self, *frames: Frame) -> Tag:
        return replace(self, frames=frames)


def length(data: bytes) -> int:
    """Bytes of the tag at the head of a file; 0 where there is none."""
    return 10 + unsynchsafe(data[6:10]) + (10 if data[5] & 0x10 else 0) if data[:3] == b"ID3" and len(data) > 10 else 0


def parse(data: bytes) -> Tag:
    """The tag at the head; an empty one of version 4 where there is none. Raises BadPicture."""
    end = length(data)
    if not end:
        return Tag(4, 0, (), 0)
    found, at = Tag(data[3], data[5], (), 0), 10
    if end > len(data):
        raise BadPicture(_CUT_OFF, hint="Send the complete file.")
    frames = list[Frame]()
    while found.plain and at + 10 <= end and data[at]:
        size = data[at + 4 : at + 8]
        stop = at + 10 + (unsynchsafe(size) if found.version == 4 else int.from_bytes(size, "big"))
        if stop > end:
            raise BadPicture(_CUT_OFF, hint="Send the complete file.")
        frames.append(Frame(data[at : at + 4], data[at:stop]))
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
