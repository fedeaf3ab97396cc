"""Finds text that was hidden in the lowest bits of a picture's pixels, whatever the channel and the order, and clears those bits.

No scheme has to be known: the bytes of a text have the same top bit for a long time, and letters as language uses them. Found are
texts of 24 bytes and more (ASCII, UTF-8, UTF-16) anywhere, of 12 where a stream begins, and packed data where a stream begins
(gzip, zlib, bzip2, xz, ZIP, Zstandard, long Base64). Encrypted data cannot be told from noise, here or anywhere.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bits = NDArray[np.uint8]
Order = Literal["big", "little"]

_WINDOW = 24
"""Bytes of text that are enough anywhere: noise gives as many once in 10**5 streams."""
_START, _START_OTHER = 12, 64
"""Bytes of text, and printable bytes of any kind, that are enough where a stream begins or behind a length that stands there."""
_LENGTHS = (0, 1, 2, 4, 8)
"""Bytes of length that may stand before a text."""
_HEAD = 8 * (max(_LENGTHS) + 512)
_LONGEST, _MOST = 1 << 20, 16
"""Bytes of one text, and texts of one picture, that are handed on."""
_FIRST = 32_768
"""Pixels of a quick look."""
_CONSTANT = 6
"""Of eight neighbouring places so many are the same all along in a flat part of a picture, and in no text."""
_CANDIDATES = 200_000
"""Places of one stream that are looked at closely."""
_VARIED, _MOVING = 0.3, 0.7
"""Of the bytes of a text so many are different ones, and so many are other than the one before; patterns repeat themselves."""
_LIKELY = 0.9
"""Bits by which each letter of a text is likelier in a prompt or JSON than any printable letter is, on average."""
_PACKED = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"PK\x03\x04", b"\x28\xb5\x2f\xfd")
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_RUN = re.compile(rb"[\t\n\r\x20-\x7e]{12,}")
_AFTER_TEXT = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\0\0")
_OFTEN = {
    " ": 12, "e": 8, "t": 6, "a": 6.5, "o": 6, "i": 6, "n": 5.5, "s": 5, "r": 5, "h": 3, "l": 4, "d": 3.5, "c": 2.5, "u": 2.2,
    "m": 2, "f": 1.5, "p": 2, "g": 1.7, "w": 1, "y": 1.2, "b": 1.2, "v": 0.8, "k": 0.7, "x": 0.3, "q": 0.1, "j": 0.2, "z": 0.2,
    ",": 2, ".": 1, '"': 2, ":": 1, "_": 0.7, "-": 0.5, "(": 0.4, ")": 0.4, **dict.fromkeys("0123456789", 0.8),
}  # fmt: skip
"""Of a hundred letters of prompts and of what programs write beside them."""


def _weights() -> NDArray[np.float32]:
    """How much likelier each byte is in such a text than among all printable ones, in bits; minus 100 for what stands in none."""
    told = np.full(256, -100.0, dtype=np.float32)
    for code in (9, 10, 13, *range(32, 127)):
        letter = chr(code)
        share = _OFTEN.get(letter, 0.08) if letter == letter.lower() else _OFTEN.get(letter.lower(), 0.08) / 2
        told[code] = np.log2(share / 100 * 98)
    return told


_WEIGHTS = _weights()


@dataclass(frozen=True)
class Stream:
    """The lowest bits of some channels in some order, one after the other. `name` says which."""

    name: str
    bits: Bits


def texts(image: Image.Image) -> list[bytes]:
    """What is written in the lowest bits of a picture of any mode; packed data as it stands. Empty where nothing is."""
    found: list[bytes] = []
    for stream in streams(image):
        found += [one for one in _in(stream.bits) if one not in found]
    return found[:_MOST]


def holds_text(image: Image.Image, *, whole: bool = False) -> bool:
    """Whether anything is written in the lowest bits; with `whole`, in any bits, of a picture that is the lower byte of one."""
    return any(True for stream in streams(image, whole=whole) for _ in _in(stream.bits))


def begins_with_text(image: Image.Image) -> bool:
    """The same of the first rows and columns only, where nearly all tools begin: some 20 milliseconds for any picture."""
    rows, columns = max(1, _FIRST // image.width), max(1, _FIRST // image.height)
    if rows >= image.height:
        return holds_text(image)
    return holds_text(image.crop((0, 0, image.width, rows))) or holds_text(image.crop((0, 0, columns, image.height)))


def cleared(image: Image.Image) -> Image.Image:
    """The same picture (RGB or RGBA) with nothing in its two lowest bits, and no colours where nothing is seen.

    The lowest bits follow the highest, so that black, white and full opacity stay what they are; no value moves by more than 3.
    """
    values = np.asarray(image)
    made = np.where(values >= 128, values | 3, values & 0xFC).astype(np.uint8)
    if image.mode == "RGBA":
        made[made[..., 3] == 0] = 0
    clean = Image.fromarray(made)
    if "icc_profile" in image.info:
        clean.info["icc_profile"] = image.info["icc_profile"]
    return clean


def streams(image: Image.Image, *, whole: bool = False) -> Iterator[Stream]:
    """Every order in which the lowest bits may have been written: channels alone and together, along rows and down columns."""
    for name, samples in _samples(image):
        for way, ordered in (("rows", samples), ("columns", samples.transpose(1, 0, 2))):
            flat = np.ascontiguousarray(ordered).reshape(-1)
            first, second = (flat & 1).astype(np.uint8), (flat >> 1 & 1).astype(np.uint8)
            yield Stream(f"{name} {way}", first)
            yield Stream(f"{name} {way}, second bit", second)
            yield Stream(f"{name} {way}, two bits", np.stack([second, first], axis=-1).reshape(-1))
            if whole or name == "low byte":
                yield Stream(f"{name} {way}, all bits", np.unpackbits(flat))


def _samples(image: Image.Image) -> Iterator[tuple[str, Bits]]:
    """(name, height × width × channels) of the channels alone and together; of a palette also the numbers of the colours."""
    if image.mode == "P":
        yield "palette", np.asarray(image)[..., None]
    if image.mode.startswith("I;16"):
        yield "low byte", (np.asarray(image) & 0xFF).astype(np.uint8)[..., None]
        return
    if image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    values, bands = np.asarray(image), image.getbands()
    values = values[..., None] if values.ndim == 2 else values
    for at, band in enumerate(bands):
        yield band, values[..., at : at + 1]
    if len(bands) >= 3:
        yield "RGB", values[..., :3]
        yield "BGR", values[..., 2::-1]
    if len(bands) in (2, 4):
        yield "all", values
    if bands == ("R", "G", "B", "A"):
        yield "ARGB", values[..., [3, 0, 1, 2]]


def _in(bits: Bits) -> Iterator[bytes]:
    """The texts of one stream of bits, the first bit of a byte its highest or its lowest."""
    yield from _at_the_start(bits)
    starts = _candidates(bits)
    for order, before in (("big", 0), ("little", 7)):
        first = np.where(starts >= before, starts - before, starts - before + 8)
        first = first[first + 8 * _WINDOW <= len(bits)]
        windows = np.packbits(bits[first[:, None] + np.arange(8 * _WINDOW)[None, :]], axis=1, bitorder=order)  # type: ignore[call-overload]
        for at in np.nonzero(_may_be_text(windows))[0]:
            if _is_text(windows[at].tobytes()):
                yield _whole(bits, int(first[at]), order)  # type: ignore[arg-type]


def _at_the_start(bits: Bits) -> Iterator[bytes]:
    order: Order
    for order in ("big", "little"):
        begun = np.packbits(bits[: min(len(bits), _HEAD) // 8 * 8], bitorder=order).tobytes()
        for skipped in _LENGTHS:
            rest = begun[skipped:]
            run = _RUN.match(rest)
            if run and (_reads(run.group()[:_WINDOW]) or (len(run.group()) >= _START_OTHER and _is_varied(run.group()))):
                yield _whole(bits, 8 * skipped, order)
                return
            if rest.startswith(_PACKED) or (rest.startswith(_ZLIB) and _unpacks(rest)):
                yield rest
                return


def _unpacks(data: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(data, 64)) > 0
    except zlib.error:
        return False


def _candidates(bits: Bits) -> NDArray[np.intp]:
    """Bits at which a byte begins (or ends) whose top bit is the same for sixteen bytes; of a run only the beginning."""
    rows = len(bits) // 64
    eighths = np.packbits(bits[: rows * 64].reshape(rows * 8, 8), axis=0)  # (rows, 8): eight bits of one place to a byte
    constant = (eighths == 0) | (eighths == 255)
    constant[constant.sum(axis=1) >= _CONSTANT] = False
    long = constant[:-1] & constant[1:] & (eighths[:-1] == eighths[1:])
    long[1:] &= ~long[:-1]
    row, place = np.nonzero(long[:_CANDIDATES])
    begun = (row * 64 + place)[:_CANDIDATES]
    found: NDArray[np.intp] = np.concatenate([begun, begun + 64])  # eight bytes of noise before it may look the same
    return found


def _may_be_text(windows: Bits) -> NDArray[np.bool_]:
    """Which windows are worth a closer look: likely ASCII, every other byte likely ASCII, or all beyond ASCII but a few."""
    if not len(windows):
        return np.zeros(0, dtype=bool)
    weights = _WEIGHTS[windows]
    likely = weights.mean(axis=1) >= _LIKELY
    for here, there in ((0, 1), (1, 0)):
        likely |= (weights[:, here::2].mean(axis=1) >= _LIKELY) & ~windows[:, there::2].any(axis=1)
    found: NDArray[np.bool_] = likely | ((windows >= 0x80).sum(axis=1) >= _WINDOW // 2)
    return found


def _is_text(window: bytes) -> bool:
    if _reads(window):
        return True
    for here, there in ((0, 1), (1, 0)):
        if not any(window[there::2]) and _reads(window[here::2]):  # UTF-16
            return True
    return _is_utf8(window)


def _reads(text: bytes) -> bool:
    """Whether bytes read like a prompt or JSON."""
    return float(_WEIGHTS[np.frombuffer(text, dtype=np.uint8)].mean()) >= _LIKELY and _is_varied(text)


def _is_varied(text: bytes | str) -> bool:
    seen = min(len(text), 40)
    moving = sum(one != other for one, other in itertools.pairwise(text))
    return len(set(text)) >= _VARIED * seen and moving >= _MOVING * (len(text) - 1)


def _is_utf8(window: bytes) -> bool:
    """Whether it is letters beyond ASCII, but for a letter cut off at either end."""
    body = window.lstrip(bytes(range(0x80, 0xC0)))
    if len(window) - len(body) > 3:
        return False
    for cut in range(4):
        try:
            text = body[: len(body) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return len(set(text)) >= 5 and _is_varied(text) and all(_is_written(letter) for letter in text)
    return False


def _is_written(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNPZ" or letter in "\t\n\r"


def _whole(bits: Bits, start: int, order: Order) -> bytes:
    """The text from `start` on, and as much before it as is text."""
    before = min(start // 8, 4096)
    part = bits[start - 8 * before : start + 8 * _LONGEST]
    data = np.packbits(part[: len(part) // 8 * 8], bitorder=order).tobytes()
    stop = _AFTER_TEXT.search(data, before)
    begin = before
    while begin > 0 and (_WEIGHTS[data[begin - 1]] > -100 or data[begin - 1] >= 0x80):
        begin -= 1
    return data[begin : stop.start() if stop else len(data)]
