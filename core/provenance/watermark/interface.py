"""What a mark must be able to do, whoever made it: put a 64-bit id into pixels unseen, and read it back."""

from __future__ import annotations

from typing import Protocol

from PIL import Image

BITS = 64
SIDE = 512
"""The edge of the square to which pictures are brought to be marked, read, and laid over each other."""
PROVES = 54
"""So many of 64 bits must agree: by chance that happens once in 130 million pictures for one id."""


class MarkError(Exception):
    """Why this picture takes no mark, in words that go on after "it is not marked: "."""


class Watermark(Protocol):
    """One way to mark. `alg` is its name in manifests; ids are 16 hex digits."""

    @property
    def alg(self) -> str: ...

    def embed(self, image: Image.Image, mark: str) -> Image.Image:
        """The same picture, RGB, with the id in it. Raises MarkError."""
        ...

    def decode(self, image: Image.Image) -> str:
        """The id it reads, empty where this way can tell that there is none. Raises MarkError where it cannot work."""
        ...


def agreeing(read: str, mark: str) -> int:
    """In how many of 64 bits two ids agree; 0 where nothing was read.

    >>> agreeing("00000000000000ff", "000000000000000f")
    60
    """
    return BITS - (int(read, 16) ^ int(mark, 16)).bit_count() if read and mark else 0
