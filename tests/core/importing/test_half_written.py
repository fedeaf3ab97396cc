"""Files that are still being written wait, and files that are cut off are told, not taken as whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.importing import scan, sources
from core.importing.attribution import Terms
from storage.files import imports
from storage.tables import Intake
from tests.core.importing.conftest import Studio
from tests.pictures import encoded, scene

FILM = (Path(__file__).parents[2] / "data" / "comfyui_video.mp4").read_bytes()


def intake_of(studio: Studio, number: int) -> Intake:
    with studio.desk.reading() as session:
        return session.get_one(Intake, number)


def test_a_watched_file_is_taken_when_two_rounds_found_it_the_same(studio: Studio) -> None:
    place = sources.open_place(str(studio.folder))
    intake, seen = scan.read(studio.desk, place, by=studio.ana, terms=Terms()), scan.States()
    number = intake.id or 0
    before = intake_of(studio, number).taken
    growing, whole = studio.folder / "growing.jpg", encoded(scene(9), "JPEG")
    for part in (whole[:400], whole[:900], whole):
        growing.write_bytes(part)
        scan.read_again(studio.desk, intake, place, by=studio.ana, terms=Terms(), seen=seen)
        assert intake_of(studio, number).taken == before
    scan.read_again(studio.desk, intake, place, by=studio.ana, terms=Terms(), seen=seen)
    assert intake_of(studio, number).taken == before + 1


def test_a_watch_counts_what_it_knows_once(studio: Studio) -> None:
    (studio.folder / "a.png").write_bytes(encoded(scene(7)))
    place = sources.open_place(str(studio.folder))
    intake, seen = scan.read(studio.desk, place, by=studio.ana, terms=Terms()), scan.States()
    first = intake_of(studio, intake.id or 0)
    for _ in range(4):
        scan.read_again(studio.desk, intake, place, by=studio.ana, terms=Terms(), seen=seen)
    assert (intake_of(studio, intake.id or 0).known, intake_of(studio, intake.id or 0).taken) == (first.known, first.taken)


@pytest.mark.parametrize(("name", "data"), [("half.mp4", FILM[: len(FILM) // 2]), ("half.jpg", encoded(scene(5), "JPEG")[:-9])])
def test_a_file_that_is_cut_in_half_is_not_taken_as_whole(studio: Studio, name: str, data: bytes) -> None:
    (studio.folder / name).write_bytes(data)
    intake = scan.read(studio.desk, sources.open_place(str(studio.folder)), by=studio.ana, terms=Terms())
    with studio.desk.reading() as session:
        told = [one.problem for one in imports.refused(session, intake.id or 0) if one.place.endswith(name)]
    assert told == ["it is cut off, or still being written"]
