"""Files that are no pictures, half a picture, or a trap: told plainly, never opened beyond the limits, never kept as an Asset."""

from __future__ import annotations

import json
import struct
import zlib

import pytest

from tests.pictures import SIGNATURE, chunk, claiming, comfy_png, encoded, scene, with_chunk
from tests.stories.conftest import Story
from tests.stories.telling import Person

pytestmark = pytest.mark.only_in("room", reason="what a file is, is decided in core; that people are told is told everywhere")

PNG = encoded(scene(1))
JPEG = encoded(scene(1), "JPEG")
ASK = "/render product-depth hero shoe steps:1 size:64x64"


def zip_bomb(width: int, height: int) -> bytes:
    """A small PNG that unpacks to all of its pixels."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width * 3)
    body = b"".join(packer.compress(row * 64) for _ in range(height // 64)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


REFUSED = {
    "words": (b"this is a shopping list\n" * 10, "bad-picture"),
    "html": (b"<html><body onload=alert(1)>", "bad-picture"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "bad-picture"),
    "zeros": (b"\0" * 5000, "bad-picture"),
    "half a PNG": (PNG[: len(PNG) // 2], "bad-picture"),
    "the start of a PNG": (PNG[:12], "bad-picture"),
    "half a JPEG": (JPEG[: len(JPEG) // 2], "bad-picture"),
    "a PNG of nothing": (claiming(0, 0), "bad-picture"),
    "30,000 x 30,000": (claiming(30_000, 30_000), "too-many-pixels"),
    "a zip bomb": (zip_bomb(16_384, 16_384), "too-many-pixels"),
    "more than memory": (claiming(2**31 - 1, 2**31 - 1), "too-many-pixels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_picture_is_neither_an_input_nor_a_riddle(story: Story, mia: Person, name: str) -> None:
    data, code = REFUSED[name]
    mia.says("hello")
    with story.nothing_is_kept():
        mia.is_refused(ASK, code, files=[data])
        told = mia.drops(data, "riddle.png")
    assert told.seen is not None
    assert code in (told.error, *told.seen.text.split()) or "is not known" in told.seen.text


@pytest.mark.everywhere
@pytest.mark.parametrize("name", ["words", "half a PNG", "30,000 x 30,000"])
def test_wherever_it_is_dropped_a_file_that_is_no_picture_is_told_so(story: Story, mia: Person, name: str) -> None:
    data, code = REFUSED[name]
    with story.nothing_is_kept():
        mia.is_refused(ASK, code, files=[data])


@pytest.mark.everywhere
def test_an_empty_file_is_not_even_taken(story: Story, mia: Person) -> None:
    with story.nothing_is_kept():
        told = mia.drops(b"", "empty.png")
    assert (told.error, "empty" in told.words) == ("bad-input", True)


@pytest.mark.parametrize(
    "body", [b"prompt\0" + b'{"1":' * 100_000, b"parameters\0" + b"Steps: " * 200_000], ids=["deep prompt", "endless parameters"]
)
def test_a_picture_with_hostile_words_is_a_picture_like_any_other(story: Story, mia: Person, body: bytes) -> None:
    asked = mia.asks(ASK, with_chunk(PNG, b"tEXt", body))
    story.works()
    assert mia.sees("Took", again=asked).tone == "done"


@pytest.mark.parametrize(
    ("kind", "start", "words"), [(b"zTXt", b"prompt\0\0", b"{"), (b"iTXt", b"slate\0\1\0\0\0", b"[")], ids=["prompt", "record"]
)
def test_packed_text_is_never_unpacked_beyond_the_limit(
    story: Story, mia: Person, kind: bytes, start: bytes, words: bytes
) -> None:
    """ComfyUI itself may not open such a file; then the message says which part of the render it was."""
    bomb = with_chunk(PNG, kind, start + zlib.compress(words * 50_000_000, 9))
    assert "is not known" in str(mia.drops(bomb, "bomb.png").seen)
    asked = mia.asks(ASK, bomb)
    story.works()
    ended = mia.sees("An input picture could not be read", again=asked)
    assert (ended.tone, story.render(asked).error_code) == ("failed", "render-failed")
    assert story.assets(asked) == []


@pytest.mark.parametrize(
    "graph",
    [
        {"1": {"class_type": "VAEDecode", "inputs": {"samples": ["2", 0]}}, "2": {"class_type": "X", "inputs": {"a": ["1", 0]}}},
        {"1": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}},
        {"1": {"class_type": "SaveImage", "inputs": {"images": ["99", 0]}}},
        {"1": "nonsense"},
        {},
    ],
    ids=["a circle", "itself", "a link to nowhere", "no node", "nothing"],
)
def test_a_picture_whose_graph_runs_in_circles_is_still_a_picture(story: Story, mia: Person, graph: dict[str, object]) -> None:
    asked = mia.asks(ASK, comfy_png(scene(2), graph, workflow={"nodes": []}))
    story.works()
    done = mia.sees("Took", again=asked)
    assert done.tone == "done"
    told = mia.drops(comfy_png(scene(5), json.loads(json.dumps(graph))), "again.png")
    assert told.error == ""


def test_more_files_than_there_is_room_for_are_counted(story: Story, mia: Person) -> None:
    mia.says("hello")
    with story.nothing_is_kept():
        mia.is_refused(ASK, "bad-input", "2 files", files=[PNG, JPEG])
        mia.is_refused("/render text-to-image a shoe", "bad-input", "1 files", files=[PNG])
