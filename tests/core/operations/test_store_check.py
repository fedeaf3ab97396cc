"""The store is looked after: damage, losses and leftovers are told, and nothing is touched."""

from __future__ import annotations

from core.desk import Desk
from core.operations.store_check import check_store
from storage.blobs import FolderBlobs
from storage.files import usage
from tests.core.importing.conftest import Studio, studio

__all__ = ["studio"]


def _folder(desk: Desk) -> FolderBlobs:
    assert isinstance(desk.blobs, FolderBlobs)
    return desk.blobs


def test_a_store_is_well_before_and_after_files_are_finished(studio: Studio) -> None:
    studio.render("a.png", 1)
    studio.ingest()
    assert check_store(studio.desk).well
    studio.finish()
    found = check_store(studio.desk)
    assert (found.well, found.blobs, found.orphan_count) == (True, 3, 0)


def test_damage_losses_and_leftovers_are_told_by_name(studio: Studio) -> None:
    for number in (1, 2):
        studio.render(f"{number}.png", number)
    studio.ingest()
    studio.finish()
    one, two = studio.asset("1.png"), studio.asset("2.png")
    blobs = _folder(studio.desk)
    blobs.path(one.sha256).write_bytes(b"rotten")
    blobs.delete(two.preview)
    leftover = blobs.put(b"nobody needs this")

    found = check_store(studio.desk)
    assert found.damaged == [one.sha256]
    assert [(lost.asset, lost.what) for lost in found.missing] == [(two.code, "preview")]
    assert (found.orphans, found.orphan_size) == ([leftover], 17)
    quick = check_store(studio.desk, quick=True)
    assert (quick.damaged, len(quick.missing), quick.orphan_count) == ([], 1, 1)
    assert blobs.has(leftover)


def test_room_is_told_by_project(studio: Studio) -> None:
    paths = [studio.render("Acme/Spring/a.png", 1), studio.render("Acme/Spring/b.png", 2), studio.render("Globex/TV/c.png", 3)]
    studio.ingest("{client}/{project}/*")
    with studio.desk.reading() as session:
        rooms = usage.room_by_project(session)
    assert [(one.project, one.client, one.assets) for one in rooms] == [("spring", "Acme", 2), ("tv", "Globex", 1)]
    assert rooms[0].size == sum(path.stat().st_size for path in paths[:2])
