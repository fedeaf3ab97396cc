"""Every reader of foreign bytes takes work in proportion to their length: counted in steps, and ended by no limit at a megabyte.

Steps are the lines of Slate's own code that are carried out. What happens inside one line, such as the search of a regular
expression, is seen by the last test: a megabyte of the same shape must be read within what a stranger may take in the sandbox.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from core import files, generators
from core.comfyui import facts
from core.errors import SlateError, TooCostly
from core.importing.rules import PathRule
from core.security import sandbox
from tests.hostile_files import _chunk, _png

OURS = str(Path(__file__).parents[3] / "core")
SMALL, LARGE, HUGE = 2_500, 25_000, 1_000_000

TEXTS = {
    "blanks": " ", "words": "a ", "commas": "a, ", "pairs": "a b: c, ", "colons": ":", "quotes": '"', "escapes": '\\"',
    "round brackets": "(", "square brackets": "[", "braces": "{", "lora": "<lora:a:1>", "weights": "(a:1.1)", "angles": "<",
    "lines": "a: 1\n", "dashes": "--ar 1:", "hashes": "Model hash: aa11bb22, ", "keys": '"a":', "breaks": "BREAK ",
    "urls": "http://a ", "equals": "key=value;",
}  # fmt: skip
BEFORE = {
    "parameters": "a\nNegative prompt: b\nSteps: 20, Sampler: Euler, ",
    "Comment": '{"prompt": "',
    "Description": "a fox --v 6 ",
    "XML:com.adobe.xmp": "<x:xmpmeta xmlns:x='adobe:ns:meta/'>",
}


def text(key: str, unit: str, size: int) -> str:
    return BEFORE[key] + unit * (size // len(unit))


def chain(size: int) -> dict[str, Any]:
    """A graph in which each text is glued to the one before."""
    count = size // 80
    graph: dict[str, Any] = {
        str(at): {"class_type": "StringConcatenate", "inputs": {"string_a": [str(at + 1), 0], "string_b": "x", "delimiter": ""}}
        for at in range(count)
    }
    graph[str(count)] = {"class_type": "PrimitiveString", "inputs": {"value": "x"}}
    graph["e"] = {"class_type": "CLIPTextEncode", "inputs": {"text": ["0", 0]}}
    graph["k"] = {"class_type": "KSampler", "inputs": {"positive": ["e", 0], "seed": 1}}
    graph["s"] = {"class_type": "SaveImage", "inputs": {"images": ["k", 0], "filename_prefix": "a"}}
    return graph


def ogg(size: int) -> bytes:
    page = b"OggS\0\0" + bytes(8) + struct.pack("<II", 1, 0) + bytes(4) + b"\1\0"
    return (
        b"OggS\0\2" + bytes(8) + struct.pack("<II", 1, 0) + bytes(4) + b"\1\x13OpusHead" + bytes(11) + page * (size // len(page))
    )


def webp(size: int) -> bytes:
    inside = b"WEBP" + b"VP8 " + struct.pack("<I", 20) + bytes(20) + b"ABCD\0\0\0\0" * (size // 8)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def boxes(size: int) -> bytes:
    return b"\0\0\0\x14ftypisom\0\0\0\0isom" + b"\0\0\0\x08free" * (size // 8)


def nested_boxes(size: int) -> bytes:
    inner = b""
    for _ in range(min(size // 8, 3_000)):
        inner = struct.pack(">I", len(inner) + 8) + b"moov" + inner
    return b"\0\0\0\x14ftypisom\0\0\0\0isom" + inner + bytes(max(0, size - len(inner)))


def png_chunks(size: int) -> bytes:
    return _png(8, 8, *[_chunk(b"tEXt", b"a\0b")] * (size // 15))


FILES: dict[str, Callable[[int], bytes]] = {
    "ogg pages": ogg,
    "webp chunks": webp,
    "boxes": boxes,
    "nested boxes": nested_boxes,
    "png chunks": png_chunks,
    "gif blocks": lambda size: b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\1a\0" * (size // 5) + b";",
    "id3 frames": lambda size: b"ID3\4\0\0\0\x7f\x7f\x7f" + b"TXXX\0\0\0\2\0\0\0a" * (size // 12),
    "flac blocks": lambda size: b"fLaC" + b"\1\0\0\0" * (size // 4),
    "jpeg segments": lambda size: b"\xff\xd8" + b"\xff\xfe\0\3a" * (size // 5),
    "matroska voids": lambda size: b"\x1aE\xdf\xa3\x80" + b"\xec\x80" * (size // 2),
    "wave chunks": lambda size: b"RIFF\xff\xff\xff\x7fWAVE" + b"LIST\0\0\0\0" * (size // 8),
    "zeros": bytes,
}


def steps(read: Callable[[], object]) -> int:
    """How many lines of core are carried out."""
    count = 0

    def line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def called(frame: FrameType, event: str, _: object) -> Any:
        return line if frame.f_code.co_filename.startswith(OURS) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        with suppress(SlateError, ValueError):
            read()
    finally:
        sys.settrace(before)
    return count


def grows_straight(read: Callable[[int], object]) -> tuple[int, int]:
    """Steps for a small and a large one; warmed up, as the first time loads things."""
    read_small, read_large = lambda: read(SMALL), lambda: read(LARGE)
    steps(read_small)
    return steps(read_small), steps(read_large)


@pytest.fixture(autouse=True)
def inside(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Counted in this process: what is marked as sandboxed is the plain function, as it is in a worker."""
    if "counted" in request.node.name:
        monkeypatch.setattr("core.security.sandbox.process.inside", True)


@pytest.mark.parametrize("key", BEFORE)
def test_texts_of_every_shape_are_read_in_proportion_counted(key: str) -> None:
    wrong = {}
    for name, unit in TEXTS.items():
        small, large = grows_straight(lambda size, unit=unit: generators.read([("tEXt", key, text(key, unit, size))], "a.png"))  # type: ignore[misc]
        if large > 13 * small + 2_000:
            wrong[name] = (small, large)
    assert wrong == {}


def test_files_of_many_parts_are_read_in_proportion_counted() -> None:
    wrong = {}
    for name, make in FILES.items():
        small, large = grows_straight(lambda size, make=make: files.examine(make(size), "a"))  # type: ignore[misc]
        if large > 13 * small + 2_000:
            wrong[name] = (small, large)
    assert wrong == {}


def test_a_long_chain_of_nodes_is_walked_in_proportion_counted() -> None:
    small, large = grows_straight(lambda size: facts.read(chain(size)))
    assert large <= 13 * small + 2_000


def test_rules_over_hostile_names_are_tried_in_proportion_counted() -> None:
    rule = PathRule.read("{client}-{project}-*{shot}*.png")
    small, large = steps(lambda: rule.told("-" * 200)), steps(lambda: rule.told("-" * 2_000))
    assert large <= 110 * small  # pieces times length, twice: 250 dashes took 29 seconds once


@pytest.mark.parametrize("key", ["parameters", "XML:com.adobe.xmp"])
def test_a_megabyte_of_every_shape_is_within_a_strangers_means(key: str) -> None:
    with sandbox.for_strangers():
        for unit in (TEXTS["blanks"], TEXTS["pairs"]):
            kind = b"iTXt" if key.startswith("XML") else b"tEXt"
            said = text(key, unit, HUGE).encode()
            body = key.encode() + (b"\0\0\0\0\0" if kind == b"iTXt" else b"\0") + said
            try:
                files.examine(_png(8, 8, _chunk(kind, body)), "a.png")
            except TooCostly as problem:
                pytest.fail(f"{unit!r}: {problem}")
            except SlateError:
                pass  # refused for another reason, in time


@pytest.mark.parametrize("name", ["ogg pages", "png chunks", "nested boxes", "boxes", "zeros"])
def test_a_megabyte_of_many_parts_is_within_a_strangers_means(name: str) -> None:
    with sandbox.for_strangers():
        try:
            files.examine(FILES[name](HUGE), "a")
        except TooCostly as problem:
            pytest.fail(str(problem))
        except SlateError:
            pass
