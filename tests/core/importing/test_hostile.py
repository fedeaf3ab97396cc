"""Hostile, broken and odd files: one line in the report each, the rest is taken in, memory stays flat."""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import PngImagePlugin

from core import files
from core.errors import BadInput
from core.importing import stream
from core.importing.sources import Trouble, at, closed_places, open_place, zip_files, zip_listing
from core.importing.sources.entries import SourceFile, Unreadable
from core.importing.stream import sift
from tests.core.graphs import text_to_image
from tests.core.importing.conftest import Studio
from tests.pictures import SAMPLES, SIGNATURE, claiming, comfy_png, encoded, scene, with_chunk
from tests.rights import without_roots_rights


def test_each_bad_file_is_one_line_and_the_good_ones_are_taken_in(studio: Studio) -> None:
    good = comfy_png(scene(1), text_to_image())
    bomb = zlib.compress(b"x" * 40_000_000)
    bad = {
        "cut.png": good[: len(good) // 2],
        "empty.png": b"",
        "text.png": b"this is no picture",
        "huge.png": claiming(100_000, 100_000),
        "lying.png": SIGNATURE + struct.pack(">I", 0x7FFFFFFF) + b"IHDR" + b"\0" * 100,
        "none.webp": b"RIFF\xff\xff\xff\x7fWEBPVP8 " + b"\0" * 30,
        "deep.png": with_chunk(encoded(scene(6)), b"tEXt", b"prompt\0" + b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        "bomb.png": with_chunk(good, b"zTXt", b"workflow\0\0" + bomb),
        "nan.png": with_chunk(encoded(scene(2)), b"tEXt", b'prompt\0{"1": {"class_type": "KSampler", "inputs": {"seed": NaN}}}'),
        "circle.png": comfy_png(scene(3), {"1": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}),
        "array.png": with_chunk(encoded(scene(4)), b"tEXt", b"prompt\0[1, 2, 3]"),
        "jpeg.png": encoded(scene(5), "JPEG"),
        "endless.glb": b"glTF\x02\0\0\0" + b"\xff" * 20,
        "boxes.mp4": b"\0\0\0\x14ftypisom\0\0\0\0isom" + struct.pack(">I", 8) + b"moov" + b"\xff" * 64,
    }
    studio.put("good.png", good)
    for name, data in bad.items():
        studio.put(name, data)
    intake = studio.ingest()
    told = studio.report(intake)

    refused = {"cut.png", "empty.png", "text.png", "huge.png", "lying.png", "none.webp", "endless.glb", "boxes.mp4"}
    assert intake.refused == len(refused)
    assert intake.taken + intake.known == len(bad) + 1 - len(refused)
    assert refused | {"deep.png", "bomb.png"} <= set(told)
    assert "too large to open safely" in told["huge.png"]
    assert "too much text" in told["bomb.png"]
    assert studio.asset("jpeg.png").mime == "image/jpeg"
    studio.finish()
    assert studio.asset("good.png").thumbnail


def test_a_picture_whose_pixels_are_broken_keeps_its_facts_and_its_bytes(studio: Studio) -> None:
    data = comfy_png(scene(1), text_to_image())
    at_pixels = data.index(b"IDAT") + 200
    studio.put("noise.png", data[:at_pixels] + b"\xaa" * 300 + data[at_pixels + 300 :])
    intake = studio.ingest()
    studio.finish()

    asset = studio.asset("noise.png")
    assert (asset.prompt != "", asset.thumbnail) == (True, "")
    assert studio.desk.blobs.has(asset.sha256)
    assert "damaged" in studio.report(intake)["noise.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 are kept by Linux only")
def test_names_in_any_encoding_links_in_circles_and_things_that_are_no_files(studio: Studio) -> None:
    odd = os.fsencode(studio.folder) + b"/gr\xf6\xdfe \xff\xfe.png"
    Path(os.fsdecode(odd)).write_bytes(comfy_png(scene(1), text_to_image()))
    studio.render("ünï/日本語 'q' %20 #1.png", 2)
    (studio.folder / "loop").symlink_to(studio.folder)
    (studio.folder / "dangling.png").symlink_to("/nowhere/x.png")
    os.mkfifo(studio.folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(studio.folder)
        server.bind("s.png")
        intake = studio.ingest()
    told = studio.report(intake)

    assert intake.taken == 2
    assert set(told) == {"loop", "dangling.png", "pipe.png", "s.png"}
    assert "looked into already" in told["loop"]
    assert studio.finish() == 2
    assert all(one.thumbnail for one in studio.everything())


def test_no_link_leads_out_of_the_folder_and_nothing_of_slates_own_is_ever_taken_in(studio: Studio, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "secret.obj").write_bytes(b"v 0 0 0\n")
    data = studio.desk.settings.data
    data.mkdir(parents=True, exist_ok=True)
    (data / "room.key").write_text("hush")
    studio.render("ok.png")
    (studio.folder / "inside.png").symlink_to(studio.folder / "ok.png")
    (studio.folder / "x.obj").symlink_to(data / "room.key")
    (studio.folder / "y.obj").symlink_to(outside / "secret.obj")
    (studio.folder / "all").symlink_to(outside)
    (studio.folder / "own").symlink_to(data)
    intake = studio.ingest()
    studio.finish()

    told = studio.report(intake)
    assert set(told) == {"x.obj", "y.obj", "all", "own"}
    assert all("out of the folder" in one or "Slate itself" in one for one in told.values())
    (taken,) = studio.everything()
    assert taken.filename in ("ok.png", "inside.png")
    with pytest.raises(BadInput, match="Slate itself"):
        open_place(str(data / "room.key"), closed=closed_places(studio.desk.settings))


def test_a_folder_that_becomes_a_link_between_the_look_and_the_reading_gives_nothing(studio: Studio, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "a.png").write_bytes(b"hush")
    path = studio.render("below/a.png")
    (entry,) = [one for one in open_place(str(studio.folder)).walk() if isinstance(one, SourceFile)]
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(outside)
    with pytest.raises(Unreadable):
        list(entry.pieces())


def test_folders_and_files_that_may_not_be_read_are_told(studio: Studio) -> None:
    studio.render("ok.png")
    studio.render("shut/a.png").parent.chmod(0)
    studio.render("b.png", 3).chmod(0)
    try:
        with without_roots_rights():
            intake = studio.ingest()
    finally:
        (studio.folder / "shut").chmod(0o700)
    assert (intake.taken, intake.refused) == (1, 2)


def test_a_file_that_changes_while_it_is_read_is_told_and_read_the_next_time(studio: Studio) -> None:
    path = studio.render("a.png")
    (entry,) = [one for one in open_place(str(studio.folder)).walk() if isinstance(one, SourceFile)]
    pieces = entry.pieces()
    next(pieces)
    path.write_bytes(b"something else")
    with pytest.raises(Unreadable, match="changed while"):
        list(pieces)


def test_a_file_that_has_changed_or_gone_before_it_was_finished_is_told(studio: Studio) -> None:
    gone, changed = studio.render("gone.png", 1), studio.render("changed.png", 2)
    intake = studio.ingest()
    gone.unlink()
    changed.write_bytes(encoded(scene(7)))
    studio.finish()

    told = studio.report(intake)
    assert "no such file" in told["gone.png"]
    assert "changed since" in told["changed.png"]
    assert studio.finish() == 0


def test_a_zip_that_lies_or_is_locked_or_broken_is_told(studio: Studio, tmp_path: Path) -> None:
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("ok.png", comfy_png(scene(1), text_to_image()))
        made.writestr("bad.png", encoded(scene(2)))
        made.writestr("../../evil.png", encoded(scene(3)))
    data = bytearray(archive.read_bytes())
    at_name = data.index(b"bad.png")
    data[at_name + 60 : at_name + 70] = b"\0" * 10
    archive.write_bytes(bytes(data))
    intake = studio.ingest(place=archive)
    assert (intake.taken, intake.refused) == (2, 1)
    assert studio.finish() == 2
    assert not (tmp_path.parent / "evil.png").exists()

    archive.write_bytes(b"PK\x03\x04 nonsense")
    assert "cannot be opened" in studio.report(studio.ingest(place=archive))["bad.zip"]


def test_the_list_of_a_zip_is_read_in_the_sandbox_however_far_from_the_end_it_begins(tmp_path: Path) -> None:
    archive = tmp_path / "many.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for at in range(9_000):
            made.writestr(f"{'folder/' * 20}{at:06}.txt", b"")
        made.writestr("last.txt", b"the last one " * 1000)
    with archive.open("rb") as file:
        listing = zip_listing.members_of(file)
    assert (listing.count, listing.members[-1].size) == (9_001, 13_000)
    last = zip_files.Archive.entry_at(f"{zip_files.Archive(archive).address}!/last.txt")
    assert b"".join(last.pieces()) == b"the last one " * 1000


@pytest.mark.parametrize("end", [b"", b"PK\x05\x06" + b"\xff" * 18, b"PK\x05\x06" + b"\0" * 8 + b"\xff\xff\xff\x7f" + b"\0" * 6])
def test_a_zip_whose_end_lies_is_told_in_words(tmp_path: Path, end: bytes) -> None:
    archive = tmp_path / "lies.zip"
    archive.write_bytes(b"PK\x03\x04" + bytes(200) + end)
    (found,) = zip_files.Archive(archive).walk()
    assert isinstance(found, Trouble)
    assert found.problem.startswith("the ZIP cannot be opened: ")


def test_a_large_film_is_read_with_little_memory(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    film = (SAMPLES / "comfyui_video.mp4").read_bytes()
    filler = struct.pack(">I", 48_000_000) + b"free" + bytes(47_999_992)
    path = studio.put("long.mp4", film[:32] + filler + film[32:])
    monkeypatch.setattr(stream.sift, "__kwdefaults__", {"whole": 4 << 20, "pictures": 0})
    tracemalloc.start()
    try:
        intake = studio.ingest()
        studio.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    asset = studio.asset("long.mp4")
    assert (intake.taken, asset.size, asset.seconds) == (1, path.stat().st_size, 1.0)
    assert asset.facts["generator"] == "ComfyUI"
    assert studio.desk.blobs.has(asset.sha256)
    assert peak < 16 << 20


def test_what_the_database_does_not_hold_is_told_and_the_rest_of_its_batch_is_taken_in(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    glance = files.glance
    monkeypatch.setattr(
        files,
        "glance",
        lambda data, name, **more: replace(glance(data, name, **more), **({"frames": 2**70} if "endless" in name else {})),
    )
    for number, name in enumerate(("a.png", "endless.png", "b.png")):
        studio.render(f"acme/{name}", number)
    intake = studio.ingest("{client}/*")

    assert (intake.seen, intake.taken, intake.refused) == (3, 2, 1)
    assert studio.report(intake) == {"endless.png": "it says something that the database does not hold"}
    assert {one.filename for one in studio.everything()} == {"a.png", "b.png"}


def test_a_large_picture_is_found_by_its_words_and_recognised_unless_it_is_too_large_to_look_at(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = comfy_png(scene(1, 600, 400), text_to_image())
    assert len(data) > 50_000
    studio.put("large.png", data)
    studio.put("cut.png", data[:-40])
    studio.put("larger.jpg", encoded(scene(2, 600, 400), "JPEG", quality=95) + bytes(1_000_000))
    monkeypatch.setattr(stream.sift, "__kwdefaults__", {"whole": 20_000, "pictures": 0})
    studio.desk = replace(studio.desk, settings=studio.desk.settings.model_copy(update={"max_pixels": 250_000}))
    intake = studio.ingest()
    assert studio.asset("large.png").prompt
    studio.finish()

    told = studio.report(intake)
    assert studio.asset("large.png").phash
    assert studio.desk.blobs.get(studio.asset("large.png").sha256) == data
    assert "cut off" in told["cut.png"]
    assert "too many bytes" in told["larger.jpg"]
    assert studio.desk.blobs.has(studio.asset("larger.jpg").sha256)


def test_the_sieve_keeps_a_png_without_its_pixels_however_it_is_cut() -> None:
    data = comfy_png(scene(1), text_to_image())
    for step in (1, 7, 100, 4096, len(data)):
        found = sift([data[at : at + step] for at in range(0, len(data), step)], whole=8_000)
        assert (found.size, found.whole) == (len(data), False)
        assert b"prompt" in found.kept
        assert b"IDAT" not in found.kept
        assert found.kept.endswith(b"IEND\xaeB`\x82")
    assert sift([data + b"after"], whole=8_000).kept == found.kept


def test_the_sieve_keeps_the_boxes_around_a_films_pictures_however_it_is_cut() -> None:
    film = (SAMPLES / "comfyui_video.mp4").read_bytes()
    for step in (7, 100, 4096, len(film)):
        pieces = [film[at : at + step] for at in range(0, len(film), step)]
        found = sift(pieces, whole=64)
        assert found.size == len(film)
        assert not found.whole
        assert b"mdat" not in found.kept[:8]
    assert sift([film]).whole


def test_memory_does_not_grow_with_the_number_of_files(studio: Studio) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", json.dumps(text_to_image()))
    info.add_text("workflow", json.dumps({"nodes": ["x" * 200] * 100}))
    small = encoded(scene(1, 16, 16), pnginfo=info)
    for number in range(600):
        studio.put(f"f{number:04}.png", with_chunk(small, b"tEXt", f"n\0{number}".encode()))
    tracemalloc.start()
    try:
        studio.ingest()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(studio.everything()) == 499
    assert peak < 24 << 20


def test_an_address_finds_its_file_again(studio: Studio) -> None:
    studio.render("a b/ç%2F!.png")
    (entry,) = [one for one in open_place(str(studio.folder)).walk() if isinstance(one, SourceFile)]
    assert b"".join(at(entry.place).pieces()) == (studio.folder / "a b/ç%2F!.png").read_bytes()
