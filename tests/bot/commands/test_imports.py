"""Files from before Slate, as a person at the terminal and in chat meets them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from core.desk import Desk
from core.importing import scan, second_phase, sources
from core.importing.attribution import Terms, rules_of
from core.rendering.reconciler import Sweeper
from storage.files import assets
from storage.queue import ARCHIVE
from storage.tables import Role
from tests.bot.conftest import Talk
from tests.bot.terminal import Terminal, in_background
from tests.core.graphs import text_to_image
from tests.pictures import comfy_png, encoded, scene
from tests.waiting import until


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    for number, name in enumerate(("Acme/Spring/sh010_a.png", "Acme/Spring/sh020_b.png", "Globex/TV/sh010_c.png")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(comfy_png(scene(number + 1), text_to_image()))
    (folder / "broken.png").write_bytes(b"nothing")
    (folder / "notes.txt").write_text("hello")
    return folder


def test_a_folder_is_taken_in_found_and_reported_on(slate: Terminal, archive: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    made = slate.json("ingest", str(archive), "--rule", "{client}/{project}/{shot}_*", "--report", str(report))
    assert (made["seen"], made["taken"], made["refused"], made["passed"], made["waiting"]) == (5, 3, 1, 1, 0)
    [line] = [json.loads(line) for line in report.read_text().splitlines()]
    assert line["place"].endswith("/broken.png")
    assert line["problem"] == "it is cut off, or still being written"

    found = slate.json("find", "client:acme shot:sh010")
    assert [one["project"] for one in found["results"]] == ["spring"]
    assert found["results"][0]["inferred"] == {"by": "unknown", "project": "path", "client": "path", "shot": "path"}
    shown = slate.json("ingests", made["intake"])
    assert [one["refused"] for one in shown["report"]] == [True]

    again = slate.json("ingest", str(archive))
    assert (again["taken"], again["known"], again["refused"]) == (0, 3, 1)
    assert slate.json("reindex") == {"changed": 0, "indexed": 3, "looked_at": 3}


def test_progress_and_troubles_are_told_in_words(slate: Terminal, archive: Path) -> None:
    assert slate("ingest", str(archive)) == 0
    assert "reading 5 of 5" in slate.err
    assert "finishing 3 of 3" in slate.err
    assert "broken.png: it is cut off, or still being written" in slate.err
    assert "3 taken in, 0 known already, 1 not readable, 1 of other kinds" in slate.out


def test_wrong_places_rules_and_names_are_refused_before_anything_is_read(slate: Terminal, archive: Path) -> None:
    assert slate("ingest", "/nowhere") == 3
    assert slate("ingest", str(archive), "--rule", "{shoe}/*") == 2
    assert slate("ingest", str(archive), "--by", "Nobody Here") == 3
    assert slate("ingest", str(archive), "--project", "none-such") == 3
    assert slate("ingest", str(archive), "--report", "/nowhere/report.jsonl") == 2
    assert slate.json("ingests")["ingests"] == []


def _taken_in(talk: Talk, archive: Path) -> None:
    place, terms = sources.open_place(str(archive)), Terms(rules_of(["{client}/{project}/{shot}_*"]))
    scan.read(talk.desk, place, by=talk.ana, terms=terms)
    second_phase.finish_all(talk.desk)


def test_many_are_confirmed_after_asking_how_many(talk: Talk, archive: Path) -> None:
    _taken_in(talk, archive)
    asked = talk.say("/confirm client:acme is:inferred", by=talk.ana)
    assert asked.data == {"confirmed": [], "found": 2}
    [button] = asked.cards[0].buttons
    done = talk.press(button.action, by=talk.ana)
    assert len(done.data["confirmed"]) == 2
    assert talk.say("/confirm client:acme is:inferred maker:vic sure:yes", by=talk.mia).error == "refused"
    whose = talk.say('/confirm by:unknown maker:"Mia Chen" into:playground as:sh999 sure:yes', by=talk.ana)
    assert len(whose.data["confirmed"]) == 3
    found = talk.say("/find by:mia shot:sh999 -is:inferred").data["results"]
    assert [one["project"] for one in found] == ["playground"] * 3


def test_a_card_says_what_is_only_inferred(talk: Talk, archive: Path) -> None:
    _taken_in(talk, archive)
    [card] = talk.say("/find client:globex").cards[:1]
    [field] = [one for one in card.fields if one.label == "Inferred"]
    assert "client: from its folder or name" in field.value
    assert "confirm" in [one.verb for one in card.buttons]


def test_a_dropped_jpeg_of_an_old_picture_is_recognised(talk: Talk, archive: Path) -> None:
    _taken_in(talk, archive)
    drop = talk.upload(encoded(scene(2), "JPEG", quality=60), "mail.jpg")
    told = talk.say("/whatis", files=(drop,))
    assert told.data["certainty"] == "probable"
    assert told.data["filename"] == "sh020_b.png"
    assert talk.ana.role is Role.LEAD


def test_two_results_are_compared_and_a_sitting_is_shown(talk: Talk, archive: Path) -> None:
    _taken_in(talk, archive)
    codes = [one["asset"] for one in talk.say("/find client:acme").data["results"]]
    told = talk.say(f"/compare {codes[0]} {codes[1]}")
    assert {one["name"] for one in told.data["differences"]} == {"shot"}
    assert "differ in **shot**" in told.text
    assert told.cards[0].link == f"/assets/{codes[0]}/beside/{codes[1]}"
    assert talk.say(f"/compare {codes[0]}").error == "missing-input"
    sitting = talk.say(f"/takes {codes[0]}")
    assert set(sitting.data["takes"]) == set(codes)


def test_the_store_is_proven_at_the_terminal(slate: Terminal, archive: Path) -> None:
    slate.json("ingest", str(archive), "--rule", "{client}/{project}/{shot}_*")
    assert slate.json("verify-store")["well"] is True
    rooms = slate.json("storage")["projects"]
    assert [(one["project"], one["assets"]) for one in rooms] == [("spring", 2), ("tv", 1)]
    assert slate("storage") == 0
    assert slate("verify-store", "--quick") == 0
    assert "All is well." in slate.out


def test_the_background_finishes_what_was_found_and_the_sweeper_what_was_lost(slate: Terminal, desk: Desk, archive: Path) -> None:
    made = slate.json("ingest", str(archive), "--no-wait")
    assert made["waiting"] == 3
    assert desk.queue.length(ARCHIVE) > 0
    desk.queue.rq(ARCHIVE).empty()  # Redis has lost it all

    sweeper = Sweeper(desk)
    sweeper.finish_again()
    sweeper.finish_again()
    assert desk.queue.length(ARCHIVE) == 1
    desk.queue.serve([ARCHIVE], burst=True)
    assert slate.json("ingests", made["intake"])["waiting"] == 0
    sweeper.finish_again()
    assert desk.queue.length(ARCHIVE) == 0


def test_a_watched_folder_is_taken_in_as_it_fills(slate: Terminal, desk: Desk, archive: Path) -> None:
    slate.json("ingest", str(archive))
    watching = in_background("ingest", str(archive), "--watch", "--json")
    assert watching.stderr is not None
    told = iter(watching.stderr.readline, "")
    assert any(line.startswith("Watching") for line in told)
    (archive / "late.png").write_bytes(comfy_png(scene(8), text_to_image())[:500])
    (archive / "later.png").write_bytes(comfy_png(scene(9), text_to_image()))
    until(lambda: len(_names(desk)) == 4, "the new file is found")
    (archive / "late.png").write_bytes(comfy_png(scene(8), text_to_image()))
    until(lambda: len(_names(desk)) == 5, "the file that was not complete is found")
    watching.send_signal(signal.SIGINT)
    out, _ = watching.communicate(timeout=30)
    assert json.loads(out)["taken"] == 2


def _names(desk: Desk) -> set[str]:
    with desk.reading() as session:
        return {one.filename for one in assets.many(session, range(1, 20)).values()}
