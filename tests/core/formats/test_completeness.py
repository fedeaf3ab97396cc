"""A file that was cut off, wherever that was, is told from a complete one by its structure."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.formats.completeness import is_cut, is_cut_on_disk
from tests.pictures import encoded, scene

DATA = Path(__file__).parents[2] / "data"
KEPT = sorted(path for path in DATA.glob("comfyui_*") if path.suffix != ".txt")
ENCODED = {
    "jpeg": {"kind": "JPEG"},
    "progressive": {"kind": "JPEG", "progressive": True},
    "gif": {"kind": "GIF"},
    "webp": {"kind": "WEBP"},
    "bmp": {"kind": "BMP"},
    "tiff": {"kind": "TIFF"},
    "avif": {"kind": "AVIF"},
}


def files() -> dict[str, bytes]:
    """Name -> bytes: what ComfyUI wrote, and pictures of every other kind."""
    made = {f"a.{name}": encoded(scene(3), **options) for name, options in ENCODED.items()}
    still = [scene(number).convert("P") for number in (1, 2, 3)]
    made["moving.gif"] = encoded(still[0], "GIF", save_all=True, append_images=still[1:])
    return {**{path.name: path.read_bytes() for path in KEPT}, **made}


FILES = files()


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_is_cut_wherever_it_was_cut_and_complete_otherwise(name: str) -> None:
    whole = FILES[name]
    assert not is_cut(whole, name)
    places = {len(whole) * percent // 100 for percent in (5, 20, 50, 80, 95)} | {len(whole) - 1, len(whole) - 9}
    assert [place for place in sorted(places) if not is_cut(whole[:place], name)] == []


@pytest.mark.parametrize("name", ["comfyui_diffusion.png", "a.jpeg", "comfyui_video.mp4", "a.webp"])
def test_what_others_put_behind_the_end_does_not_matter(name: str) -> None:
    assert not is_cut(FILES[name] + (b"\0\0\0\x10free12345678" if name.endswith("mp4") else b"appended"), name)


def test_an_empty_file_is_cut_and_a_text_is_not(tmp_path: Path) -> None:
    assert is_cut(b"", "a.png")
    assert not is_cut(b"words", "a.txt")
    empty, whole = tmp_path / "empty.png", tmp_path / "whole.png"
    empty.write_bytes(b"")
    whole.write_bytes(encoded(Image.new("RGB", (8, 8))))
    assert (is_cut_on_disk(empty), is_cut_on_disk(whole)) == (True, False)


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_damage_makes_it_fail(name: str) -> None:
    whole = FILES[name]
    for at in range(0, min(len(whole), 400), 3):
        is_cut(whole[:at] + bytes((whole[at] ^ 0xFF,)) + whole[at + 1 :], name)
