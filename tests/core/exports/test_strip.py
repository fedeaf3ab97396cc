"""A bare file of any kind shows and sounds the same and tells nothing; a broken one is refused, whatever is wrong with it."""

from __future__ import annotations

import io
import json
import random
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from core import files as core_files
from core.errors import BadPicture
from core.exports import strip
from core.provenance.carriers import carrier_of
from tests.core.planting import TAGGED, noted, tagged
from tests.core.provenance.test_embedding import exiftool, sources
from tests.pictures import SAMPLES, encoded, scene

__all__ = ["exiftool"]
SECRET = {"prompt": "a confidential perfume bottle", "client": "Wintermute Industries"}


def files() -> dict[str, tuple[str, bytes]]:
    kinds = {"webm": "video/webm", "mp4": "video/mp4", "flac": "audio/flac", "mp3": "audio/mpeg", "opus": "audio/ogg"}
    planted = {"prompt": json.dumps({"text": SECRET["prompt"]}), "title": SECRET["client"]}
    return {
        **sources(),
        "exr": ("image/x-exr", (SAMPLES / "comfyui_deep.exr").read_bytes()),
        "wav": ("audio/wav", wave(SECRET["client"].encode())),
        "avif with items": ("image/avif", encoded(scene(1), "AVIF", **noted("AVIF", SECRET))),
        **{f"tagged {kind}": (kinds.get(kind, "model/gltf-binary"), tagged(kind, planted)) for kind in TAGGED},
    }


def wave(title: bytes) -> bytes:
    """A tenth of a second of silence, with a title in a list of words and another behind the sound."""
    told = b"INFOINAM" + len(title).to_bytes(4, "little") + title + b"\0" * (len(title) % 2)
    parts = [
        b"fmt " + (16).to_bytes(4, "little") + bytes.fromhex("0100 0100 401f0000 803e0000 0200 1000"),
        b"LIST" + len(told).to_bytes(4, "little") + told,
        b"data" + (1600).to_bytes(4, "little") + bytes(1600),
        b"id3 " + (6 + len(title)).to_bytes(4, "little") + b"ID3abc" + title + b"\0" * (len(title) % 2),
    ]
    inside = b"".join(parts)
    return b"RIFF" + (len(inside) + 4).to_bytes(4, "little") + b"WAVE" + inside


def holds(data: bytes) -> list[str]:
    return [word for word in SECRET.values() if word.encode() in data or word.encode("utf-16-be") in data]


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("tagged") or name in ("wav", "avif with items")])
def test_what_other_programs_wrote_is_gone_and_the_rest_is_as_it_was(name: str) -> None:
    mime, source = files()[name]
    assert holds(source)

    made = strip.bare(source, mime)

    assert holds(made) == []
    before, after = core_files.examine(source, "x"), core_files.examine(made, "x")
    assert (before.mime, before.pixel_sha256, before.seconds) == (after.mime, after.pixel_sha256, after.seconds)
    assert after.words == {}
    assert strip.bare(made, mime) == made
    if name == "wav":
        assert bytes(1600) in made


def test_an_avif_loses_its_items_and_no_byte_of_its_picture_moves(exiftool: str, tmp_path: Path) -> None:
    mime, source = files()["avif with items"]
    made = strip.bare(source, mime)
    assert len(made) == len(source)
    with Image.open(io.BytesIO(made)) as image:
        assert {"exif", "xmp"} & image.info.keys() <= {"exif"}
        assert not image.getexif()
    (tmp_path / "bare.avif").write_bytes(made)
    done = subprocess.run([exiftool, "-j", "-G", str(tmp_path / "bare.avif")], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)[0]
    assert not [key for key in told if key.startswith(("EXIF:", "XMP:")) or key.endswith(("Error", "Warning"))]


@pytest.mark.parametrize("name", files())
def test_a_broken_file_is_refused_or_made_bare_and_nothing_else_happens(name: str) -> None:
    mime, source = files()[name]
    carrier, chance = carrier_of(mime), random.Random(name)
    for number in range(40):
        broken = bytearray(source[: chance.randrange(len(source))] if number % 2 else source)
        for _ in range(0 if number % 2 else chance.randrange(1, 6)):
            broken[chance.randrange(min(len(broken), 3000))] = chance.randrange(256)
        acts = [lambda data: strip.bare(data, mime)]
        if carrier is not None:
            acts += [carrier.free, carrier.read, lambda data: carrier.remove(data, ["xmp"])]
            acts += [lambda data: carrier.insert(data, {"xmp": "<x/>", "slate.record": "{}"})]
        for act in acts:
            with suppress(BadPicture):
                act(bytes(broken))
