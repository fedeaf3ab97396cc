"""A disk that is full or read-only: nothing is lost or left behind, it is said plainly, and goes on when there is room."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import files as core_files
from core.desk import Desk
from core.errors import DiskFull, StoreError
from core.exports import export
from core.exports.export import Wish
from core.files import reseal
from core.provenance.seal import keys
from core.provenance.seal.sign import SEALED, UNSEALED, Sealed
from core.settings import Settings
from core.verification import restore
from storage.blobs import digest_of
from storage.files import assets, exports
from storage.tables import Asset
from tests.core.exports.test_export import House
from tests.core.files.test_files import made
from tests.core.graphs import text_to_image
from tests.core.provenance.test_certificates import issue
from tests.core.verification.test_verify import resaved
from tests.disks import Disk
from tests.pictures import comfy_png, scene
from tests.rights import without_roots_rights


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    return Settings(data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url)


@pytest.fixture(params=["a tiny disk", "a limit on files"])
def disk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Disk]:
    made = Disk(settings.data / "blobs", real=request.param == "a tiny disk")
    yield made
    made.close()


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


def picture(number: int) -> bytes:
    return comfy_png(scene(number), text_to_image())


def in_store(desk: Desk) -> set[str]:
    """Everything in the store; every file is whole and goes by its digest."""
    folder = desk.settings.data / "blobs"
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "filler"]
    assert [path.name for path in files if digest_of(path.read_bytes()) != path.name] == []
    return {path.name for path in files}


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for one in folders:
        one.chmod(0o555)
    with without_roots_rights():
        assert not os.access(folder, os.W_OK, effective_ids=True)
        yield
    for one in folders:
        one.chmod(0o755)


class Work:
    """Everything that writes into the store, for pictures that are there already: one unsealed, one soon invalid."""

    def __init__(self, house: House) -> None:
        self.house, desk = house, house.desk
        kept = desk.settings.keys.rename(desk.settings.data / "keys-away")
        self.unsealed = house.render(picture(1), render_code="R-0001")
        kept.rename(desk.settings.keys)
        issue(desk.settings, "seal", 20)
        self.ending = house.render(picture(2), render_code="R-0002")
        self.other = house.render(picture(3), render_code="R-0003")
        self.mail = resaved(desk.blobs.get(self.other.sha256))
        keys.rotate(desk.settings.keys, "Studio")

    def each(self) -> dict[str, Callable[[], object]]:
        desk, mia = self.house.desk, self.house.mia
        wish = Wish("public", "Sam")
        return {
            "finish": lambda: core_files.finish(desk, made(), picture(9), "a.png", 0),
            "seal": lambda: reseal.seal(desk, self.unsealed),
            "renew": lambda: reseal.renew(desk, self.ending),
            "export": lambda: export.leave(desk, [self.ending, self.other], wish, by=mia),
            "restore": lambda: restore.restore(desk, self.mail, "mail.jpg", by=mia),
        }

    def rows(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What the three stand for now."""
        every = map(self.now, (self.unsealed, self.ending, self.other))
        return [(one.sha256, one.seal_state, one.seal) for one in every]

    def now(self, asset: Asset) -> Asset:
        with self.house.desk.reading() as session:
            found = assets.by_id(session, asset.id or 0)
        assert found is not None
        return found


def stays_as_it_was(work: Work, expected: type[StoreError], code: str) -> None:
    """Everything is tried twice; what is said has a code and says what to do; nothing is half done and nothing piles up."""
    desk = work.house.desk
    before = work.rows()
    store: list[set[str]] = []
    for _ in range(2):
        for name, act in work.each().items():
            with pytest.raises(expected) as told:
                act()
            assert (name, told.value.code) == (name, code)
            assert told.value.hint
        assert reseal.seal_due(desk) == 0, "the sweeper goes on to its other work"
        store.append(in_store(desk))
    assert store[0] == store[1]
    assert work.rows() == before
    with desk.reading() as session:
        assert [exports.of_asset(session, one.id or 0) for one in (work.ending, work.other)] == [[], []]


def goes_on(work: Work) -> None:
    assert reseal.seal_due(work.house.desk) == 1
    assert work.now(work.unsealed).seal_state == SEALED
    for name, act in work.each().items():
        if name != "seal":
            act()
    assert work.now(work.ending).seal["renews"] == work.ending.sha256
    in_store(work.house.desk)


def test_on_a_full_disk_nothing_is_sealed_stored_or_exported_and_it_goes_on_when_there_is_room(disk: Disk, house: House) -> None:
    work = Work(house)
    assert work.unsealed.seal_state == UNSEALED
    with disk.full():
        stays_as_it_was(work, DiskFull, "disk-full")
    goes_on(work)


def test_a_read_only_store_is_read_and_nothing_else(house: House) -> None:
    work = Work(house)
    with read_only(house.desk.settings.data / "blobs"):
        assert house.desk.blobs.get(work.other.sha256)
        stays_as_it_was(work, StoreError, "store-error")
    goes_on(work)


def test_a_file_without_its_manifest_is_not_left_behind(disk: Disk, house: House) -> None:
    """There is room for the file, and none for the manifest beside it."""
    made = Sealed(os.urandom(8 << 10), SEALED, manifest=os.urandom(32 << 10))
    with disk.full(), pytest.raises(DiskFull):
        core_files.put_sealed(house.desk, made)
    assert in_store(house.desk) == set()
    copied = Sealed(b"somebody's own file", SEALED)
    core_files.take_back(house.desk, copied, house.desk.blobs.put(copied.data))
    assert in_store(house.desk) == {digest_of(copied.data)}, "what has no new seal may be somebody else's"
