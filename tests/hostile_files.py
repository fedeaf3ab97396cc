"""Small files that cost whoever believes them gigabytes or minutes: one of each kind that was found."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, *more: bytes, depth: int = 1, colour: int = 0) -> bytes:
    """A black picture, one bit a pixel unless told otherwise, packed as tightly as can be."""
    row = 1 + (width * depth * (3 if colour == 2 else 1) + 7) // 8
    packer, packed = zlib.compressobj(9), list[bytes]()
    block = b"\0" * min(1 << 20, row * height)
    left = row * height
    while left:
        piece = block[: min(left, len(block))]
        packed.append(packer.compress(piece))
        left -= len(piece)
    packed.append(packer.flush())
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return _SIGNATURE + head + b"".join(more) + _chunk(b"IDAT", b"".join(packed)) + _chunk(b"IEND", b"")


def _text(keyword: str, text: bytes) -> bytes:
    return _chunk(b"zTXt", keyword.encode() + b"\0\0" + zlib.compress(text, 9))


def multiplying_graph() -> bytes:
    """A graph in which every letter of a long text is replaced by a long text, again and again."""
    nodes: dict[str, object] = {"0": {"class_type": "String", "inputs": {"string": "a" * 40_000}}}
    for at in range(1, 20):
        put = {"string": [str(at - 1), 0], "find": "a", "replace": "a" * 40_000}
        nodes[str(at)] = {"class_type": "StringReplace", "inputs": put}
    nodes["t"] = {"class_type": "CLIPTextEncode", "inputs": {"text": ["19", 0], "clip": ["m", 1]}}
    nodes["m"] = {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}}
    nodes["k"] = {"class_type": "KSampler", "inputs": {"positive": ["t", 0], "negative": ["t", 0], "model": ["m", 0], "seed": 1}}
    nodes["s"] = {"class_type": "SaveImage", "inputs": {"images": ["k", 0]}}
    return _png(8, 8, _text("prompt", json.dumps(nodes).encode()))


def doubling_graph() -> bytes:
    """Nodes that put the text of the one before them together with itself."""
    nodes: dict[str, object] = {"0": {"class_type": "String", "inputs": {"string": "a" * 1000}}}
    for at in range(1, 60):
        nodes[str(at)] = {
            "class_type": "StringConcatenate",
            "inputs": {"string_a": [str(at - 1), 0], "string_b": [str(at - 1), 0]},
        }
    nodes["t"] = {"class_type": "CLIPTextEncode", "inputs": {"text": ["59", 0]}}
    nodes["k"] = {"class_type": "KSampler", "inputs": {"positive": ["t", 0], "seed": 1}}
    nodes["s"] = {"class_type": "SaveImage", "inputs": {"images": ["k", 0]}}
    return _png(8, 8, _text("prompt", json.dumps(nodes).encode()))


def long_parameters() -> bytes:
    """A1111's text with a last line that has no end of pairs."""
    return _png(8, 8, _text("parameters", b"a\nSteps: 20, " + b"a: " + b"a" * 200_000 + b", b" * 20_000))


def packed_texts() -> bytes:
    """Forty texts that unpack to 15 MiB each."""
    body = zlib.compress(b" " * (15 << 20), 9)
    return _png(8, 8, *(_chunk(b"zTXt", f"text{at}".encode() + b"\0\0" + body) for at in range(40)))


def packed_json() -> bytes:
    """15 MiB of JSON in a few kilobytes."""
    return _png(8, 8, _text("prompt", b'{"1":{"class_type":"A","inputs":{"a":[' + b"0," * (7 << 20) + b"0]}}}"))


def deep_json() -> bytes:
    nested = _text("workflow", b"[" * 5_000_000 + b"]" * 5_000_000)
    return _png(8, 8, nested, _text("prompt", b'{"a":' * 100_000 + b"1" + b"}" * 100_000))


def long_edge() -> bytes:
    return _png(40_000_000, 1)


def many_pixels() -> bytes:
    return _png(10_800, 10_900, depth=8, colour=2)


def claimed_gif() -> bytes:
    """43 bytes that claim 65,535 × 1,800 pixels."""
    screen = struct.pack("<HHBBB", 65_535, 1_800, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + b"\x2c" + struct.pack("<HHHHB", 0, 0, 65_535, 1_800, 0) + b"\x02\x02\x44\x01\0;"


def many_frames() -> bytes:
    """A GIF of 300,000 frames of one pixel."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * 300_000 + b";"


def many_chunks() -> bytes:
    return _png(8, 8, *([_chunk(b"tEXt", b"a\0b")] * 99_000))


HOSTILE: dict[str, Callable[[], bytes]] = {
    one.__name__: one
    for one in (
        *(multiplying_graph, doubling_graph, long_parameters, packed_texts, packed_json, deep_json),
        *(long_edge, many_pixels, claimed_gif, many_frames, many_chunks),
    )
}
