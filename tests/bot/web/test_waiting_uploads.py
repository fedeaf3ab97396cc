"""What is put into the room and never sent: a quota for each member, words before it bites, and deletion after a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.files import waiting
from core.settings import Settings
from storage.clock import now
from storage.files import waiting_uploads
from storage.tables import WaitingUpload
from tests.bot.web.test_files import keep_asset, send_file
from tests.web import Web

KIB = 1024


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"waiting_uploads_mb": 1})


def let_a_day_pass(web: Web) -> None:
    with web.desk.writing() as session:
        for one in waiting_uploads.before(session, now() + timedelta(hours=1), 100):
            one.at = now() - timedelta(hours=waiting.HOURS + 2)
            session.add(one)


def test_beyond_the_quota_nothing_is_kept_and_it_was_said_before(web: Web) -> None:
    mia = web.client("Mia")
    first = mia.post("/uploads", content=b"a" * 500 * KIB).json()
    second = mia.post("/uploads", content=b"b" * 400 * KIB).json()
    assert first["warning"] == ""
    assert "that you did not send" in second["warning"]
    refused = mia.post("/uploads", content=b"c" * 200 * KIB)
    assert refused.status_code == 409
    assert "deleted after 24 hours" in refused.json()["hint"]
    assert web.client("Ana").post("/uploads", content=b"d" * 200 * KIB).is_success
    assert len(list(web.desk.blobs.every())) == 3


def test_what_is_sent_counts_no_more_and_stays(web: Web) -> None:
    for at in range(3):
        send_file(web, "Mia", bytes([at]) * 500 * KIB, f"{at}.bin")
    let_a_day_pass(web)
    assert waiting.delete_old(web.desk) == 0
    assert len(list(web.desk.blobs.every())) == 3


def test_what_nobody_sends_is_deleted_after_a_day_and_the_quota_is_free_again(web: Web) -> None:
    mia = web.client("Mia")
    mia.post("/uploads", content=b"a" * 900 * KIB).raise_for_status()
    assert waiting.delete_old(web.desk) == 0
    let_a_day_pass(web)
    assert waiting.delete_old(web.desk) == 1
    assert list(web.desk.blobs.every()) == []
    assert mia.post("/uploads", content=b"b" * 900 * KIB).is_success


def test_bytes_that_something_else_needs_are_never_deleted(web: Web) -> None:
    """Nobody gets a stored file deleted by uploading its very bytes and leaving them."""
    mia = web.client("Mia")
    data = b"the bytes of an asset" * 100
    keep_asset(web, data, "image/png", "a.png")
    mia.post("/uploads", content=data).raise_for_status()
    mia.post("/uploads", content=b"sent elsewhere").raise_for_status()
    send_file(web, "Ana", b"sent elsewhere", "x.bin")
    let_a_day_pass(web)
    assert waiting.delete_old(web.desk) == 0
    assert len(list(web.desk.blobs.every())) == 2
    with web.desk.reading() as session:
        assert session.get(WaitingUpload, 1) is None
