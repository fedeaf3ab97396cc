"""Readers of strangers' bytes do work in proportion to them: four times the bytes are not sixteen times the work."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from functools import partial

import pytest

from core.comfyui.tags import embeddings_in, models_in
from core.formats import exif, films, gif, iptc, jpeg
from core.formats.decoding import comment, decoded
from core.formats.raw_text import RawTexts
from core.generators import infotext, midjourney, pairs, plain, read
from core.generators.texts import Text, TextFields
from core.importing.rules import PathRule
from core.importing.stream import sift

_TIMES = 4
_MOST = 10.0
"""Sixteen for work that grows with the square; four for work in proportion, with room for a busy machine."""


def _work(run: Callable[[], object]) -> float:
    """Processor seconds of this process, the least of a few runs."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return max(min(taken), 0.0005)


def _ogg(pages: int) -> bytes:
    """One packet that goes on and on, over many pages."""
    head = b"OggS" + bytes(22) + b"\x01\x13\x01vorbis" + bytes(12)
    page = b"OggS" + bytes(22) + b"\xff" + b"\xff" * 255 + b"x" * (255 * 255)
    return head + page * pages


def _exif(size: int) -> bytes:
    """Five hundred entries that all claim the same long text."""
    entries = b"".join(struct.pack("<HHII", 0x010E, 2, size, 8) for _ in range(500))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 500) + entries + b"x" * size


_RULE = PathRule.read("{client}-{project}-*{shot}*.png")
_TEXTS: dict[str, Callable[[str], object]] = {
    "settings": infotext.parse,
    "pairs": lambda text: list(pairs.pairs(text)),
    "midjourney": lambda text: midjourney.read(TextFields.of(Description=text)),
    "tags": lambda text: (models_in(text), embeddings_in(text)),
    "plain": lambda text: (plain.is_plain(Text("", "Comment", text)), plain.shape_of(Text("", "", text))),
    "everything": lambda text: read([("PNG text `parameters`", "parameters", text)]),
    "bytes": lambda text: (decoded(text.encode()), comment(b"UNICODE\0" + text.encode("utf-16-be"))),
}
_UNITS = (
    " ",
    ", ",
    "\n",
    "a: ",
    '"',
    'a: "\\',
    "Steps: 1\n",
    "Steps: 1, ",
    "Model: a, Seed: 4\n",
    "--a ",
    "<lora:",
    "embedding:a",
    "{",
    "[1,",
    'a: ["',
    "a | b | ",
    "Negative prompt: ",
    "Ã¶",
    "\u3042",
    "Template: ",
    "Job ID: ",
    '{"a":',
    "a" * 60 + ":",
)


@pytest.mark.parametrize("reader", _TEXTS)
def test_no_text_makes_a_reader_work_with_the_square_of_its_length(reader: str) -> None:
    slow = []
    for unit in _UNITS:
        few = unit * (6_000 // len(unit))
        many = few * _TIMES
        grown = _work(partial(_TEXTS[reader], many)) / _work(partial(_TEXTS[reader], few))
        slow += [(unit, round(grown, 1))] if grown > _MOST else []

    assert slow == []


@pytest.mark.parametrize(
    ("run", "size"),
    [
        pytest.param(lambda n: films.read(_ogg(n), "audio/ogg", max_text=1 << 26), 80, id="Ogg"),
        pytest.param(lambda n: exif.read(_exif(n), RawTexts(1 << 24)), 400_000, id="EXIF"),
        pytest.param(lambda n: iptc.read(b"\x1c\x02\x78\0\x01x" * n, RawTexts(1 << 24)), 20_000, id="IPTC"),
        pytest.param(lambda n: gif.read(b"GIF89a" + bytes(7) + b"!\xfe\x01x\0" * n, RawTexts(1 << 24)), 20_000, id="GIF"),
        pytest.param(lambda n: jpeg.read(b"\xff\xd8" + b"\xff\xfe\0\x03x" * n, RawTexts(1 << 24)), 2_000, id="JPEG"),
        pytest.param(lambda n: films.read(b"\0\0\0\x08free" * n, "video/mp4", max_text=1 << 20), 20_000, id="MP4"),
        pytest.param(
            lambda n: films.read(b"RIFF\0\0\0\0AVI " + b"LIST\4\0\0\0movi" * n, "video/x-msvideo", max_text=9), 9_000, id="AVI"
        ),
        pytest.param(lambda n: sift([b"\x89PNG\r\n\x1a\n" + bytes(n)], whole=16), 400_000, id="sieve"),
        pytest.param(lambda n: _RULE.told("-" * n), 60, id="rule"),
    ],
)
def test_no_file_makes_a_reader_work_with_the_square_of_its_length(run: Callable[[int], object], size: int) -> None:
    assert _work(lambda: run(_TIMES * size)) / _work(lambda: run(size)) < _MOST


def test_what_is_claimed_twice_is_kept_once_within_the_limit() -> None:
    raw = RawTexts(1_000_000)
    exif.read(_exif(400_000), raw)

    assert sum(len(one.body) for one in raw.found) <= 1_000_000
    assert raw.problems


def test_a_rule_of_many_stars_fits_as_a_regular_expression_would() -> None:
    rule = PathRule.read("{client}/**/{shot}_*-*.png")

    assert rule.told("acme/a/b/sh010_x-1-2.png") == {"client": "acme", "shot": "sh010"}
    assert rule.told("acme/sh010_x-1.jpg") == {}
    assert _RULE.told("-" * 2_000) == {}
