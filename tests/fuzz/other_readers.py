"""What is fuzzed beside pictures: sounds, boxes, resources, decoding, rules, workflows of the browser."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.comfyui import browser_format, facts
from core.errors import SlateError
from core.formats import claims, exif, films, iptc
from core.formats.decoding import COMMENT, LATIN1, UTF8, UTF16, UTF16_LE, text_of
from core.formats.raw_text import RawText, RawTexts
from core.importing.rules import PathRule
from tests.pictures import SAMPLES

_TABLE = 2**31
"""The first number that a column of whole numbers does not hold."""
_WILD = SAMPLES / "wild"


@dataclass(frozen=True)
class Target:
    """`run` takes anything; `seeds` are what to begin with."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def film(mime: str, head: bytes = b"") -> Callable[[bytes], None]:
    """A reader of films and sounds, by itself."""

    def run(data: bytes) -> None:
        found = films.read(head + data[len(head) :], mime, max_text=1_000)
        for number in (found.width, found.height):
            assert number is None or 0 < number < _TABLE, number
        assert found.seconds is None or 0 <= found.seconds < 2e12, found.seconds
        assert sum(len(one.body) for one in found.raw.found) <= 1_000
        for one in found.raw.found:
            text_of(one).encode("utf-8", "surrogatepass")

    return run


def _decoding(data: bytes) -> None:
    for code in (UTF8, LATIN1, UTF16, UTF16_LE, COMMENT):
        assert len(text_of(RawText("", "", code, data))) <= len(data)


def _resources(data: bytes) -> None:
    for read in (iptc.read, exif.read_resources, claims.read):
        into = RawTexts(1_000)
        read(data, into)
        assert sum(len(one.body) for one in into.found) <= 1_000


def _browser(data: bytes) -> None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict) and isinstance(value.get("nodes"), list):
        facts.read(browser_format.api_graph(value))


def _rule(data: bytes) -> None:
    pattern, _, path = data.decode("utf-8", "replace").partition("\0")
    try:
        told = PathRule.read(pattern).told(path)
    except SlateError:
        return
    assert all(value in path for value in told.values())


def _wild(*endings: str) -> Callable[[], list[bytes]]:
    files = [one for one in sorted(Path(_WILD).glob("*/*")) if one.suffix in endings and one.stat().st_size < 30_000]
    return lambda: [one.read_bytes() for one in files[:6]]


def _wav() -> list[bytes]:
    info = b"INFO" + b"ICMT" + struct.pack("<I", 4) + b"tea\0"
    listed = b"LIST" + struct.pack("<I", len(info)) + info
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8_000, 8_000, 1, 8) + listed + b"data" + struct.pack("<I", 8) + bytes(8)
    return [b"RIFF" + struct.pack("<I", 4 + len(form)) + b"WAVE" + form]


def _aiff() -> list[bytes]:
    common = b"COMM" + struct.pack(">IHIH", 18, 1, 8, 8) + b"\x40\x0b\xfa\0\0\0\0\0\0\0"
    note = b"ANNO" + struct.pack(">I", 4) + b"tea "
    return [b"FORM" + struct.pack(">I", 4 + len(common) + len(note)) + b"AIFF" + common + note]


def _workflows() -> list[bytes]:
    node = {
        "id": 3,
        "type": "KSampler",
        "inputs": [{"name": "model", "link": 1}],
        "widgets_values": [7, "fixed", 20, 6.5, "euler"],
    }
    inside = {"id": "s", "nodes": [node], "links": [], "inputs": [{"name": "a", "linkIds": [1]}], "outputs": [{"linkIds": [1]}]}
    outer = {"nodes": [{"id": 1, "type": "s"}, node], "links": [[1, 1, 0, 3, 0, "MODEL"]], "definitions": {"subgraphs": [inside]}}
    return [json.dumps(outer).encode()]


OTHERS = {
    "heif": Target(film("image/heic"), _wild(".heic", ".avif")),
    "jxl": Target(film("image/jxl"), _wild(".jxl")),
    "psd": Target(film("image/vnd.adobe.photoshop", b"8BPS"), _wild(".psd")),
    "matroska": Target(film("video/x-matroska", b"\x1a\x45\xdf\xa3"), _wild(".mkv")),
    "wav": Target(film("audio/wav", b"RIFF"), _wav),
    "avi": Target(film("video/x-msvideo", b"RIFF"), _wav),
    "aiff": Target(film("audio/aiff", b"FORM"), _aiff),
    "decoding": Target(_decoding, lambda: [b"UNICODE\0t\0e\0a\0", "灯の海".encode("cp932"), "Möwe".encode("utf-16")]),
    "resources": Target(_resources, lambda: [b"\x1c\x02\x78\0\x03tea", b"8BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x78\0\x03tea"]),
    "browser-workflow": Target(_browser, _workflows),
    "rule": Target(_rule, lambda: [b"{client}/**/{shot}_*.png\0acme/a/sh010_1.png"]),
}
