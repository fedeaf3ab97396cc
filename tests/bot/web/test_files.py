"""Bytes in and out: limits while they stream, receipts, and files only for those who see what they belong to."""

from __future__ import annotations

import pytest

from bot.messages.sync import catch_up
from bot.web.files import kind_of
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.settings import Settings
from storage.files import assets
from storage.files.assets import AssetDraft
from storage.tables import Asset, Origin
from tests.shop import carry_out_commands
from tests.web import Web, picture


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_upload_mb": 1})


def keep_asset(web: Web, data: bytes, mime: str, filename: str) -> Asset:
    digest = web.desk.blobs.put(data)
    with web.desk.writing() as session:
        made = Asset(
            origin=Origin.UPLOAD, member_id=web.member("Mia").id or 0, project_id=web.channel().project_id,
            sha256=digest, source_sha256=digest, filename=filename, mime=mime, size=len(data),
        )  # fmt: skip
        return assets.add(session, AssetDraft(made))


def send_file(web: Web, name: str, data: bytes, filename: str) -> tuple[int, str]:
    """The row of a message with the file, and the file's address."""
    client = web.client(name)
    receipt = client.post("/uploads", params={"name": filename}, content=data).json()["receipt"]
    client.post("/c/general/say", json={"text": "look", "key": f"k-{filename}-0", "receipts": [receipt]}).raise_for_status()
    with web.desk.reading() as session:
        from storage.chat import room

        last = room.changed_since(session, web.channel().id or 0, 0, seen_by=web.member(name).id or 0)[-1]
    return last.id or 0, f"/files/m{last.id}/{last.attachments[0]['sha256']}"


def test_an_upload_travels_with_its_message(web: Web) -> None:
    data = picture()
    _, address = send_file(web, "Mia", data, "C:\\photos\\..\\shoe.png")
    got = web.client("Ana").get(address)
    assert got.content == data
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-disposition"] == "inline; filename*=UTF-8''shoe.png"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in got.headers["cache-control"]
    assert web.client().get(address).status_code == 401


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("evil.html", b"<script>alert(1)</script>"),
        ("evil.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("evil.png", b"<html>not a picture</html>"),
        ("doc.pdf", b"%PDF-1.7"),
    ],
)
def test_what_is_no_picture_film_or_sound_is_only_ever_saved(web: Web, filename: str, data: bytes) -> None:
    _, address = send_file(web, "Mia", data, filename)
    got = web.client("Mia").get(address)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment;")


def test_an_upload_beyond_the_limit_is_refused_while_it_comes_in(web: Web) -> None:
    mia = web.client("Mia")
    told = mia.post("/uploads", content=b"x" * (1024 * 1024 + 1))
    assert told.status_code == 413
    assert "1 MiB" in told.json()["message"]
    chunked = mia.post("/uploads", content=(b"x" * 65536 for _ in range(40)))
    assert chunked.status_code == 413
    assert mia.post("/uploads", content=b"").status_code == 422
    assert web.client().post("/uploads", content=b"x").status_code == 401


def test_a_receipt_is_good_for_its_owner_only(web: Web) -> None:
    mia, ana = web.client("Mia"), web.client("Ana")
    receipt = mia.post("/uploads", content=picture()).json()["receipt"]
    for forged in (receipt, receipt[:-1] + "x", "nonsense"):
        told = ana.post("/c/general/say", json={"text": "mine", "key": "forged-01", "receipts": [forged]})
        assert told.json()["error"] == "bad-input"


def test_files_of_a_private_message_and_foreign_digests_stay_closed(web: Web) -> None:
    data = picture("navy")
    row, address = send_file(web, "Mia", data, "a.png")
    ana = web.client("Ana")
    other = web.desk.blobs.put(b"somebody's secret")
    assert ana.get(f"/files/m{row}/{other}").status_code == 404
    assert ana.get("/files/m9999/" + "0" * 64).status_code == 404
    with web.desk.writing() as session:
        from storage.chat import room

        message = room.message(session, row)
        assert message is not None
        room.edit(session, message, only_for=web.member("Mia").id)
    assert ana.get(address).status_code == 404


def test_an_assets_file_is_served_by_its_digest_and_films_can_be_sought(web: Web) -> None:
    mia = web.client("Mia")
    film = b"\x00\x00\x00\x18ftypisom" + bytes(5000)
    asset = keep_asset(web, film, "video/mp4", "film.mp4")
    part = mia.get(f"/files/{asset.code}/{asset.sha256}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"ftyp", "video/mp4")
    assert mia.get(f"/files/{asset.code}/{'0' * 64}").status_code == 404
    assert mia.get(f"/files/A-ZZZZ/{asset.sha256}").status_code == 404
    saved = mia.get(f"/files/{asset.code}/{asset.sha256}", params={"download": "1"})
    assert saved.headers["content-disposition"].startswith("attachment;")


def test_a_dropped_picture_that_is_known_is_named_once(web: Web) -> None:
    mia = web.client("Mia")
    asset = keep_asset(web, picture("red"), "image/png", "red.png")
    receipt = mia.post("/uploads", params={"name": "mail.png"}, content=picture("red")).json()["receipt"]
    mia.post("/c/general/say", json={"text": "/whatis", "key": "key-00001", "receipts": [receipt]}).raise_for_status()
    carry_out_commands(web.desk)
    catch_up(web.desk, speak={"room": RoomChat()})
    assert mia.get("/c/general").text.count(f"This is {asset.code}: the very same file.") == 1


def test_bytes_that_were_lost_are_told_as_lost(web: Web) -> None:
    mia = web.client("Mia")
    asset = keep_asset(web, picture("red"), "image/png", "red.png")
    web.desk.blobs.delete(asset.sha256)
    told = mia.get(f"/files/{asset.code}/{asset.sha256}")
    assert (told.status_code, told.json()["error"]) == (410, "blob-missing")


def test_the_live_preview_is_there_while_it_lasts(web: Web, desk: Desk) -> None:
    mia = web.client("Mia")
    assert mia.get("/previews/R-PF3D").status_code == 204
    assert mia.get("/previews/nonsense").status_code == 204
    desk.queue.keep_preview(1, picture())
    got = mia.get("/previews/R-PF3D")
    assert (got.headers["content-type"], got.headers["cache-control"]) == ("image/png", "no-store")


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"RIFF....WAVEfmt ", "audio/wav"),
        (b"....ftypavif", "image/avif"),
        (b"....ftypisom", "video/mp4"),
        (b"", "application/octet-stream"),
        (b"MZ", "application/octet-stream"),
    ],
)
def test_a_files_kind_is_told_by_its_bytes(data: bytes, mime: str) -> None:
    assert kind_of(data) == mime
