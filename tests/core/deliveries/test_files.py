"""Files go to a DAM: exported, in the right place, whole, with what is known of them beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest

from core import files
from core.deliveries import destinations
from core.errors import BadInput
from core.provenance import xmp
from core.review import verdicts
from storage.blobs import open_bucket
from storage.files import exports
from storage.tables import DeliveryState, Judgement, Via
from tests.core.deliveries.conftest import Office
from tests.dav import PASSWORD, USER, webdav


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A WebDAV server and its folder."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    with webdav(folder) as url:
        yield url, folder


@pytest.fixture
def incoming(office: Office, tmp_path: Path) -> tuple[Office, Path]:
    """A folder that may be delivered into."""
    folder = tmp_path / "incoming"
    folder.mkdir()
    return office.with_settings(delivery_folders=(folder,)), folder


def below(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_an_approved_file_is_put_into_a_webdav_folder(office: Office, cloud: tuple[str, Path]) -> None:
    url, folder = cloud
    office.add("cloud", url, via=Via.WEBDAV, password=PASSWORD, options={"user": USER, "sidecar": "both"})
    asset = office.picture()
    office.decide(asset, Judgement.APPROVED, "the hero")
    office.deliver()
    place = f"Acme/{office.project.slug}/sh010/{asset.code}.png"
    assert below(folder) == [place, f"{place}.json", f"{place}.xmp"]
    [(held, _)] = office.deliveries("cloud")
    assert (held.state, held.there) == (DeliveryState.DELIVERED, place)
    data = (folder / place).read_bytes()
    read = files.examine(data, "a.png")
    assert "prompt" not in read.words, "the profile for clients"
    beside = json.loads((folder / f"{place}.json").read_bytes())
    assert (beside["event"], beside["asset"]["id"], beside["change"]["note"]) == ("asset.approved", asset.code, "the hero")
    fields = xmp.read((folder / f"{place}.xmp").read_text())
    assert fields["Iptc4xmpExt:DigitalSourceType"].endswith("trainedAlgorithmicMedia")
    with office.desk.reading() as session:
        [export] = exports.of_asset(session, asset.id)
    assert (export.recipient, export.profile) == ("cloud", "client")


def test_the_same_asset_is_put_at_the_same_place_again(office: Office, cloud: tuple[str, Path]) -> None:
    url, folder = cloud
    wish = {"user": USER, "profile": "team", "sidecar": "json", "path": "{client}/{asset}"}
    office.add("cloud", url, via=Via.WEBDAV, password=PASSWORD, kinds="asset.approved,asset.tagged", options=wish)
    asset = office.picture()
    office.decide(asset, Judgement.APPROVED)
    office.deliver()
    verdicts.tag(office.desk, asset, "hero", by=office.ana)
    office.deliver()
    place = f"Acme/{asset.code}.png"
    assert below(folder) == [place, f"{place}.json"]
    assert json.loads((folder / f"{place}.json").read_bytes())["asset"]["tags"] == ["hero"]


@pytest.mark.parametrize(("password", "said"), [("wrong", "401: it does not know this name and password"), (PASSWORD, "")])
def test_a_test_says_whether_the_folder_can_be_written(office: Office, cloud: tuple[str, Path], password: str, said: str) -> None:
    url, folder = cloud
    office.add("cloud", url, via=Via.WEBDAV, password=password, options={"user": USER})
    destinations.try_out(office.desk, "cloud", by=office.kit)
    office.deliver()
    assert said in office.attempts("cloud")[0].problem
    assert below(folder) == ([] if said else ["slate-test.txt"])


def test_a_server_that_is_away_gets_it_later_and_one_copy_is_made(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "cloud"
    folder.mkdir()
    with webdav(folder) as url:
        pass
    office.add("cloud", url, via=Via.WEBDAV, password=PASSWORD, options={"user": USER})
    asset = office.picture()
    office.decide(asset, Judgement.APPROVED)
    office.deliver()
    assert "does not answer" in office.attempts("cloud")[0].problem
    with webdav(folder) as url:
        with office.desk.writing() as session:
            one = destinations.find(session, "cloud")
            one.url = url
            session.add(one)
        office.let_time_pass()
        office.deliver()
    assert len(below(folder)) == 2
    with office.desk.reading() as session:
        assert len(exports.of_asset(session, asset.id)) == 1


def test_a_file_appears_whole_in_a_folder(incoming: tuple[Office, Path]) -> None:
    office, folder = incoming
    office.add("drop", str(folder), via=Via.FOLDER, options={"sidecar": "none"})
    asset = office.picture()
    office.decide(asset, Judgement.APPROVED)
    office.deliver()
    assert below(folder) == [f"Acme/{office.project.slug}/sh010/{asset.code}.png"]


def test_a_link_in_the_folder_leads_nowhere_else(incoming: tuple[Office, Path], tmp_path: Path) -> None:
    office, folder = incoming
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.symlink(elsewhere, folder / "Acme")
    office.add("drop", str(folder), via=Via.FOLDER)
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    assert list(elsewhere.iterdir()) == []
    assert "would lie outside" in office.attempts("drop")[0].problem


@pytest.mark.parametrize("place", ["/etc", "relative", "/"])
def test_only_folders_that_a_setting_names_are_written(incoming: tuple[Office, Path], place: str) -> None:
    office, _ = incoming
    with pytest.raises(BadInput, match="may not be delivered"):
        office.add("drop", place, via=Via.FOLDER)


def test_a_folder_that_is_gone_is_said_and_nothing_is_lost(incoming: tuple[Office, Path]) -> None:
    office, folder = incoming
    office.add("drop", str(folder), via=Via.FOLDER)
    folder.rmdir()
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    assert office.attempts("drop")[0].problem == f"There is no folder {folder}."
    folder.mkdir()
    office.let_time_pass()
    office.deliver()
    assert len(below(folder)) == 2


def test_a_file_goes_into_a_bucket(office: Office, s3_url: str, s3_endpoint: str) -> None:
    office = office.with_settings(s3_endpoint=s3_endpoint)
    office.add("bucket", s3_url, via=Via.S3, options={"path": "{asset}"})
    asset = office.picture()
    office.decide(asset, Judgement.APPROVED)
    office.deliver()
    bucket, _, prefix = s3_url.removeprefix("s3://").partition("/")
    store = open_bucket(bucket, prefix, s3_endpoint)
    [page] = list(obstore.list(store))
    assert sorted(str(one["path"]) for one in page) == [f"{asset.code}.png", f"{asset.code}.png.xmp"]
