"""What is fuzzed: a function of bytes for every reader; each may refuse with a declared error and must do nothing else.

What a reader returns must be fit to be kept on every database: whole numbers of 31 bits, finite numbers, text without NULs and
lone halves of pairs, and no more text than the limit lets in.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core import files, generators
from core.comfyui import facts as comfyui_facts
from core.comfyui import graph as comfyui_graph
from core.comfyui.facts import Facts
from core.errors import BadGraph, SlateError
from core.files import Examined, Limits
from core.formats import exif
from core.formats.decoding import UTF8
from core.formats.raw_text import RawText
from core.formats.sanitize import clean, parsed
from core.generators import a1111
from core.importing.sources.entries import SourceFile, Unreadable
from core.importing.sources.zip_files import Archive
from core.importing.stream import sift
from core.provenance import parameters, xmp
from tests.core.graphs import flux, hires, image_to_image, text_to_image
from tests.fuzz.box_readers import BOX
from tests.fuzz.other_readers import OTHERS, Target, film
from tests.fuzz.wild import graph_of
from tests.pictures import SAMPLES, comfy_png, encoded, scene

LIMITS = Limits(max_pixels=250_000, max_bytes=1 << 20, max_text=20_000)
_TABLE = 2**31
"""The first number that a column of whole numbers does not hold."""


def file(name: str, head: bytes = b"") -> Callable[[bytes], None]:
    """A file of that name, glanced at as an Intake does, and then looked at closely."""

    def run(data: bytes) -> None:
        if head and not data.startswith(head):
            data = head + data[len(head) :]
        for way in (files.glance, files.examine):
            try:
                found = way(data, name, limits=LIMITS)
            except SlateError:
                continue
            fit(found)

    return run


def fit(found: Examined) -> None:
    """Fails for what a database would refuse."""
    for number in (found.width, found.height, found.frames):
        assert number is None or 0 < number < _TABLE, number
    assert found.seconds is None or 0 <= found.seconds < 2e12, found.seconds
    assert sum(map(len, found.words.values())) <= 6 * LIMITS.max_text
    fit_facts(found.facts)
    json.dumps(found.record, allow_nan=False)


def fit_facts(facts: Facts | None) -> None:
    if facts is None:
        return
    plain = clean(facts.as_dict())
    text = json.dumps(plain, allow_nan=False)
    assert "\\u0000" not in text.replace("\\\\", ""), "a NUL"
    text.encode()
    assert Facts.of(json.loads(text)).as_dict() == json.loads(text), "not read back as it was"
    assert len(facts.seed) <= 21
    assert len(files.models_of(facts)) <= 100_000


def _exif(data: bytes) -> None:
    assert sum(map(len, exif.texts(data, max_text=1_000).values())) <= 1_000


def _graph_text(data: bytes) -> None:
    raw = [RawText(f"PNG text `{key}`", key, UTF8, data) for key in ("prompt", "workflow")]
    fit(files.said(raw, "a.png", "image/png"))


def _graph_shape(data: bytes) -> None:
    graph = graph_of(data)
    fit_facts(comfyui_facts.read(graph))
    comfyui_facts.digests_in(graph)
    try:
        comfyui_graph.parse(json.loads(json.dumps(graph)))
    except BadGraph:
        return
    fit_facts(generators.read([("PNG text `prompt`", "prompt", json.dumps(graph))], "ComfyUI_00001_.png").facts)


def _parameters(data: bytes) -> None:
    facts = a1111.parse(data.decode("utf-8", "replace").replace("\0", " "))
    fit_facts(facts)
    if facts is not None:
        again = a1111.parse(parameters.write(facts))
        assert again is None or again.seed == facts.seed


def _words(data: bytes) -> None:
    """Key and text by turns, divided by NULs."""
    parts = data.split(b"\0")
    named = zip((key.decode("utf-8", "replace") for key in parts[::2]), parts[1::2], strict=False)
    fit(files.said([RawText(f"PNG text `{key}`", key, UTF8, body) for key, body in named], "a.png", "image/png"))


def _xmp(data: bytes) -> None:
    found = xmp.read(data.decode("utf-8", "replace"))
    json.dumps(found).encode()


def _json(data: bytes) -> None:
    try:
        value = parsed(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return
    json.dumps(value, allow_nan=False).encode()


def _sieve(data: bytes) -> None:
    step = 1 + data[0] if data else 1
    found = sift((data[at : at + step] for at in range(0, len(data), step)), whole=64)
    assert found.size == len(data)
    assert found.whole or len(found.kept) <= 64


def _archive(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".zip") as made:
        made.write(data)
        made.flush()
        for one in Archive(Path(made.name)).walk():
            if isinstance(one, SourceFile):
                try:
                    assert sum(map(len, one.pieces())) <= min(one.size, 1 << 30)
                except Unreadable:
                    continue


def sample(*endings: str) -> Callable[[], list[bytes]]:
    """The samples of ComfyUI's own files with these endings."""
    return lambda: [one.read_bytes() for one in sorted(SAMPLES.iterdir()) if one.suffix in endings]


def _pictures(kind: str, **options: Any) -> Callable[[], list[bytes]]:
    return lambda: [encoded(scene(number, 24, 16), kind, **options) for number in (1, 2)]


def _pngs() -> list[bytes]:
    return [comfy_png(scene(1, 16, 16), text_to_image()), *(one for one in sample(".png")() if len(one) < 10_000)]


def _jsons() -> list[bytes]:
    return [json.dumps(one).encode() for one in (text_to_image(), flux(), hires(), image_to_image())]


def _programs() -> list[bytes]:
    said: list[Mapping[str, str]] = [
        {"parameters": "a lake\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, Seed: 7, Size: 512x512, Model: x"},
        {"invokeai_metadata": json.dumps({"positive_prompt": "a", "seed": 4, "model": {"name": "m"}, "loras": []})},
        {"Software": "NovelAI", "Description": "a", "Comment": json.dumps({"uc": "b", "seed": 3, "steps": 28})},
        {"parameters": json.dumps({"sui_image_params": {"prompt": "a", "seed": 1, "loras": ["x"], "loraweights": ["1"]}})},
        {"parameters": json.dumps({"prompt": "a", "loras": [["x", 1]]}), "fooocus_scheme": "fooocus"},
        {"Description": "a lake --v 6 Job ID: 0a0a0a0a-1111-2222-3333-444444444444", "Author": "mia"},
        {"Dream": '"a lake" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_euler'},
    ]
    return ["\0".join(part for pair in one.items() for part in pair).encode() for one in said]


def _zips() -> list[bytes]:
    made = []
    for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with io.BytesIO() as file_, zipfile.ZipFile(file_, "w", how) as archive:
            archive.writestr("a/b.png", b"x" * 50)
            archive.writestr("c.png", b"y")
            archive.close()
            made.append(file_.getvalue())
    return made


def _packets() -> list[bytes]:
    return [xmp.packet({"dc:title": "a & b", "Iptc4xmpExt:DigitalSourceType": "x"}).encode()]


_MARKED = {
    "png": Target(file("a.png", b"\x89PNG\r\n\x1a\n"), _pngs),
    "jpeg": Target(file("a.jpg", b"\xff\xd8\xff"), _pictures("JPEG", comment=b"words")),
    "webp": Target(file("a.webp", b"RIFF"), _pictures("WEBP", quality=40)),
    "gif": Target(file("a.gif", b"GIF89a"), _pictures("GIF", comment=b"words")),
    "avif": Target(file("a.avif"), _pictures("AVIF", quality=40)),
    "tiff": Target(file("a.tif", b"II*\0"), _pictures("TIFF")),
    "any-file": Target(file("a.bin"), sample(".glb", ".opus", ".mp3")),
    "mp4": Target(film("video/mp4"), sample(".mp4")),
    "webm": Target(film("video/webm", b"\x1a\x45\xdf\xa3"), sample(".webm")),
    "flac": Target(film("audio/flac", b"fLaC"), sample(".flac")),
    "ogg": Target(film("audio/ogg", b"OggS"), sample(".opus")),
    "mp3": Target(film("audio/mpeg", b"ID3"), sample(".mp3")),
    "exr": Target(film("image/x-exr", b"\x76\x2f\x31\x01"), lambda: [one[:2_000] for one in sample(".exr")()]),
    "glb": Target(film("model/gltf-binary", b"glTF"), sample(".glb")),
}
_SAID = {
    "exif": Target(_exif, lambda: [b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x10\0\0\0\x1a\0\0\0\0\0\0\0prompt:{}", b"MM\0*"]),
    "graph-text": Target(_graph_text, _jsons),
    "graph-shape": Target(_graph_shape, lambda: [bytes(range(200)), bytes(range(200, 0, -1)) * 2]),
    "parameters": Target(_parameters, lambda: [one.partition(b"\0")[2] for one in _programs()]),
    "words": Target(_words, _programs),
    "xmp": Target(_xmp, _packets),
    "json": Target(_json, _jsons),
    "sieve": Target(_sieve, sample(".mp4")),
    "zip": Target(_archive, _zips),
}
TARGETS: dict[str, Target] = _MARKED | _SAID | OTHERS | BOX


def finds() -> Iterator[tuple[str, Path]]:
    """(target, file) of everything that once broke a reader, or nearly did."""
    for path in sorted((SAMPLES / "fuzz").glob("*/*")):
        yield path.parent.name, path
