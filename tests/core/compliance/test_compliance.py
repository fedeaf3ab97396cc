"""The report says item by item what was checked and what was found; it tells what no machine can say, and never sums up."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from core.compliance import collect
from core.compliance import report as core_report
from core.compliance.rules import SECTIONS, ComplianceReport, Status
from core.errors import BadInput, NotFound, Refused
from core.exports import export
from core.exports.export import Wish
from storage.blobs import BlobError, FolderBlobs
from storage.tables import Asset
from tests.core.exports.test_export import SECRETS, House, secretive
from tests.pictures import comfy_png, scene, with_chunk


@pytest.fixture
def house(desk: object) -> House:
    return House(desk)  # type: ignore[arg-type]


def report(house: House, asset: Asset) -> ComplianceReport:
    return collect.report(house.desk, asset.code, [asset], by=house.mia)


def status(house: House, asset: Asset, name: str) -> Status:
    items = {item.name: item for item in report(house, asset).assets[0].items}
    return items[name].status


def test_every_section_is_there_and_a_sound_picture_passes_what_a_machine_can_check(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    export.leave(house.desk, [asset], Wish("client", "Sam"), by=house.mia)

    (checked,) = report(house, asset).assets

    assert {item.section for item in checked.items} == set(SECTIONS)
    failed = {item.name for item in checked.items if item.status is Status.FAIL}
    assert failed == {"time stamp", "watermark"}, [item for item in checked.items if item.status is Status.FAIL]
    passed = {item.name for item in checked.items if item.status is Status.PASS}
    assert {
        "signature",
        "(A) provider's name",
        "(E) created or altered",
        "one source type",
        "one prompt",
        "fingerprint registered",
    } <= passed
    assert status(house, asset, "deep-fake") is Status.HUMAN


def test_a_file_that_was_changed_a_lost_one_and_an_unsealed_one_fail_where_they_should(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    changed = with_chunk(house.desk.blobs.get(asset.sha256), b"tEXt", b"Author\0x")
    edited = asset.model_copy(update={"sha256": house.desk.blobs.put(changed)})
    assert status(house, edited, "signature") is Status.FAIL
    assert status(house, edited, "pixel digest") is Status.PASS

    lost = asset.model_copy(update={"sha256": "0" * 64})
    assert report(house, lost).count(Status.FAIL) == 1

    off = replace(house.desk, settings=house.desk.settings.model_copy(update={"seal": False}))
    house.desk = off
    unsealed = house.render(comfy_png(scene(2), secretive()), render_code="R-UNSE")
    assert status(house, unsealed, "manifest") is Status.FAIL
    assert status(house, unsealed, "(C) time and date") is Status.PASS


def test_what_only_a_person_can_say_is_kept_with_their_name_and_the_newest_counts(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    collect.say(house.desk, asset, "deep-fake", "perhaps", by=house.mia)
    collect.say(house.desk, asset, "deep-fake", "no, a product shot", by=house.mia)

    item = next(one for one in report(house, asset).assets[0].items if one.name == "deep-fake")

    assert item.status is Status.PASS
    assert f"no, a product shot ({SECRETS['person']}" in item.text
    with pytest.raises(Refused):
        collect.say(house.desk, asset, "artistic", "yes", by=house.vic)
    with pytest.raises(NotFound):
        collect.say(house.desk, asset, "legal", "yes", by=house.mia)
    with pytest.raises(BadInput):
        collect.say(house.desk, asset, "artistic", "  ", by=house.mia)


def test_it_never_says_that_anything_is_complied_with(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    made = report(house, asset)

    texts = [made.sentence, core_report.table(made), str(made)]

    for text in texts:
        assert "compliant" not in text.casefold()
        assert "complies" not in text.casefold()
    assert made.rule_set == "2026-11-23"
    assert core_report.pdf(made).startswith(b"%PDF-")
    rows = list(csv.DictReader(io.StringIO(core_report.table(made))))
    assert len(rows) == len(made.assets[0].items)
    assert {row["status"] for row in rows} <= {one.value for one in Status}


def test_a_whole_project_is_checked_by_period(house: House) -> None:
    made = [house.render(comfy_png(scene(n), secretive()), render_code=f"R-{n:04}") for n in range(3)]
    found = collect.of_period(house.desk, house.project, made[1].created_at, None, by=house.mia)
    assert [one.id for one in found] == [made[2].id, made[1].id]


class Away(FolderBlobs):
    """A store that does not answer for some files."""

    away: frozenset[str] = frozenset()

    def get(self, digest: str) -> bytes:
        if digest in self.away:
            raise BlobError("the store does not answer")
        return super().get(digest)

    def has(self, digest: str) -> bool:
        if digest in self.away:
            raise BlobError("the store does not answer")
        return super().has(digest)


def test_what_could_not_be_read_is_unknown_and_neither_passed_nor_failed(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    (left,) = export.leave(house.desk, [asset], Wish("client", "Sam"), by=house.mia)
    assert status(house, asset, f"{left.export.code} (client)") is Status.PASS
    store = Away(house.desk.blobs.root)  # type: ignore[attr-defined]
    house.desk = replace(house.desk, blobs=store)

    store.away = frozenset({left.asset.sha256, str(asset.seal["manifest"])})
    assert status(house, asset, f"{left.export.code} (client)") is Status.UNKNOWN
    assert status(house, asset, "manifest kept beside") is Status.UNKNOWN
    store.away = frozenset({asset.sha256})
    outage = report(house, asset)
    assert (outage.count(Status.PASS), outage.count(Status.FAIL), outage.count(Status.UNKNOWN)) == (0, 0, 1)

    torn = asset.model_copy(update={"sha256": house.desk.blobs.put(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)})
    store.away = frozenset()
    unread = {item.name: item.status for item in report(house, torn).assets[0].items}
    assert {unread[name] for name in ("pixel digest", "(A) provider's name", "(C) time and date")} == {Status.UNKNOWN}
