"""Whatever leaves is what was stored: damaged and missing files are said to be so."""

from __future__ import annotations

import pytest

from bot.web.files import send
from core.desk import Desk
from core.errors import BlobDamaged, BlobMissing
from core.files import stored
from storage.blobs import FolderBlobs
from tests.pictures import encoded, scene
from tests.storage.test_blobs import damage


def test_a_damaged_file_is_not_given_out_and_says_so(desk: Desk) -> None:
    assert isinstance(desk.blobs, FolderBlobs)
    digest = desk.blobs.put(encoded(scene(1)))
    assert send(desk, digest, "image/png", "a.png").status_code == 200
    damage(desk.blobs.path(digest))
    with pytest.raises(BlobDamaged, match="damaged in the store"):
        send(desk, digest, "image/png", "a.png")
    with pytest.raises(BlobDamaged, match="The file of A-7Q0D is damaged") as told:
        stored.read(desk, digest, name="A-7Q0D")
    assert "backup" in told.value.hint


def test_a_file_that_is_gone_is_named(desk: Desk) -> None:
    with pytest.raises(BlobMissing, match="The file of A-7Q0D is not in the store any more"):
        stored.read(desk, "0" * 64, name="A-7Q0D")
