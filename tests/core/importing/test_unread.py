"""Words that nothing understands are kept as bytes, found by searching, told with their place, counted, and read again later."""

from __future__ import annotations

import json
import struct
import zlib

from PIL.PngImagePlugin import PngInfo

from core.files import reparse
from core.importing import unread
from core.search import ask
from storage.files import raw_metadata
from storage.tables import Asset
from tests.core.importing.conftest import Studio, studio
from tests.pictures import encoded, scene

__all__ = ["studio"]

_TEA = {"kettle": "samovar", "cups": 12}


def _told(**texts: str) -> bytes:
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    return encoded(scene(len(str(texts))), pnginfo=info)


def _found(studio: Studio, question: str) -> list[str]:
    with studio.desk.reading() as session:
        return [one.asset.filename for one in ask.answer(session, question, by=studio.ana).results]


def test_words_that_are_not_understood_are_searched_told_with_their_place_and_counted(studio: Studio) -> None:
    for number in range(3):
        studio.put(f"tea{number}.png", _told(brew=json.dumps(_TEA | {"cups": number})))
    studio.put("note.png", _told(brew="earl grey at dawn"))
    studio.put("credit.png", _told(Title="a harbour", Software="GIMP 3.0"))
    intake = studio.ingest()

    assert studio.asset("tea1.png").facts["unread"][0]["place"] == "PNG text `brew`"
    assert studio.asset("credit.png").facts["problems"] == []
    assert sorted(_found(studio, "samovar")) == ["tea0.png", "tea1.png", "tea2.png"]
    with studio.desk.reading() as session:
        told = unread.of_intake(session, intake.id)
    assert told.sentence() == (
        "4 files hold words that were not understood: 3 look like JSON with `kettle`, `cups`, 1 like text."
    )


def test_a_later_reader_reads_them_from_the_bytes_that_were_kept(studio: Studio) -> None:
    said = "ein Fährhaus, 灯台\nNegative prompt: Sonne\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 8"
    comment = b"UNICODE\0" + said.encode("utf-16-le")
    head = struct.pack("<HHHIII", 1, 0x9286, 7, len(comment), 26, 0)
    studio.put("tea.jpg", encoded(scene(9), "JPEG", exif=b"Exif\0\0II*\0" + struct.pack("<I", 8) + head + comment))
    studio.ingest()
    (studio.folder / "tea.jpg").unlink()
    with studio.desk.writing() as session:
        asset = session.get_one(Asset, studio.asset("tea.jpg").id)
        unknown = {"place": "EXIF UserComment", "shape": "text", "text": "猀攀愀"}
        asset.facts, asset.prompt, asset.seed, asset.parser = {"problems": ["?"], "unread": [unknown]}, "", "", 1
        session.add(asset)

    assert reparse.read_again(studio.desk) == 1
    after = studio.asset("tea.jpg")
    assert (after.prompt, after.negative, after.seed) == ("ein Fährhaus, 灯台", "Sonne", "8")
    assert (after.facts["generator"], after.facts["problems"], "unread" in after.facts) == ("A1111", [], False)


def test_bytes_are_kept_as_they_came_and_rows_of_older_versions_are_read(studio: Studio) -> None:
    raw = [("EXIF UserComment", "UserComment", "exif-comment", b"UNICODE\0\xff\xfet\0\0\xd8"), ("b", "b", "utf-8", b"\0\xff\n")]
    assert raw_metadata.unpack(raw_metadata.pack(raw)) == raw

    old = zlib.compress(json.dumps({"parameters": "a bay\nSteps: 20, Sampler: Euler a, Seed: 4"}).encode())
    studio.put("old.png", _told(Title="x"))
    studio.ingest()
    with studio.desk.writing() as session:
        asset = session.get_one(Asset, studio.asset("old.png").id)
        raw_metadata.replace(session, asset.id, [])
        row = session.get_one(raw_metadata.AssetWords, asset.id)
        row.packed, asset.parser = old, 1
        session.add_all([row, asset])
    reparse.read_again(studio.desk)

    assert (studio.asset("old.png").prompt, studio.asset("old.png").seed) == ("a bay", "4")


def test_texts_beside_a_picture_are_read_with_it(studio: Studio) -> None:
    said = "a ferry in ice\nNegative prompt: sun\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 630001, Model: m"
    studio.put("a/ferry.png", encoded(scene(3)))
    studio.put("a/ferry.txt", said.encode("utf-16"))
    studio.put("b/ferry.png", encoded(scene(4)))
    studio.put("b/ferry.png.json", json.dumps({"prompt": "a crane", "seed": 5, "steps": 9, "sampler": "euler"}).encode())
    studio.put("b/ferryman.txt", b"somebody else")
    intake = studio.ingest()
    prompts = sorted(one.prompt for one in studio.everything())

    assert prompts == ["a crane", "a ferry in ice"]
    assert studio.report(intake) == {}
